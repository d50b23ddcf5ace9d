// Log replication and commitment as the Raft paper has them (extended version, sections 5.3 and 5.4.2).

import { describe, expect, test } from "vitest";
import { MalformedInput } from "../../src/lib/bytes.js";
import { crc32 } from "../../src/lib/crc32.js";
import { fold32, mix32 } from "../../src/lib/hash.js";
import { linkUp, onAppend, onAppendReply } from "../../src/raft/replication.js";
import { BLOCK_HEADER_BYTES, encodeBlock, EntryKind } from "../../src/wire/blocks.js";
import { append, between, blocksOf, HEAD, RaftNet, repliesTo } from "../support/raft-net.js";

describe("5.3 log replication", () => {
  test("an entry is committed once a majority has it synced, the own copy included", () => {
    const net = new RaftNet(3);
    const leader = net.elect(1, (l) => l.to !== 3);
    const committed = leader.group.commitIndex;
    const index = leader.propose();
    net.take((l) => l.to === 3);
    net.deliver();
    net.node(2).sync();
    net.deliver();
    // Two have it, one of them not synced: that is the leader itself.
    expect(leader.group.commitIndex).toBe(committed);
    leader.sync();
    expect(leader.group.commitIndex).toBe(index);
  });

  test("a single voter commits only what is synced (raft-C8)", () => {
    const net = new RaftNet(1);
    const leader = net.elect(1);
    const before = leader.group.commitIndex;
    const index = leader.propose();
    expect(leader.group.commitIndex).toBe(before);
    leader.sync();
    expect(leader.group.commitIndex).toBe(index);
  });

  test("followers learn what is committed from the next append", () => {
    const net = new RaftNet(3);
    const leader = net.elect(1);
    leader.propose();
    net.settle();
    expect(net.node(2).group.commitIndex).toBeLessThan(leader.group.commitIndex);
    net.spreadCommit(1);
    expect(net.nodes.map((n) => n.group.commitIndex)).toEqual([2, 2, 2]);
  });

  test("entries whose predecessor the follower lacks or has in another term are refused", () => {
    const net = new RaftNet(3);
    const n = net.node(1);
    n.load([1, 1, 2], 3);
    n.receive(2, append(3, { prevIndex: 4, prevTerm: 2 }));
    n.receive(2, append(3, { prevIndex: 3, prevTerm: 3 }));
    n.receive(2, append(3, { prevIndex: 0, prevTerm: 0 }));
    n.sync();
    const replies = repliesTo(net, 2).map(
      (m) => m.kind === "append.reply" && [m.accepted, m.index],
    );
    // The hints: the end of the log, and the start of the conflicting term.
    expect(replies).toEqual([
      [false, 4],
      [false, 3],
      [true, 0],
    ]);
    expect(n.terms).toEqual([1, 1, 2]);
  });

  test("an acknowledgement names the last index its append validated, not the end of the log (raft-B3)", () => {
    const net = new RaftNet(3);
    const n = net.node(1);
    n.load([1, 1, 1, 1], 1);
    n.receive(2, append(2, { prevIndex: 2, prevTerm: 1, commit: 4 }));
    n.sync();
    expect(repliesTo(net, 2)).toMatchObject([{ accepted: true, index: 2 }]);
    // And commits no further (raft-B1).
    expect(n.group.commitIndex).toBe(2);
  });

  // Figure 7: the leader of term 8 and what its followers may hold.
  const figure7 = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
  test.each([
    ["a", [1, 1, 1, 4, 4, 5, 5, 6, 6]],
    ["b", [1, 1, 1, 4]],
    ["c", [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6]],
    ["d", [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7]],
    ["e", [1, 1, 1, 4, 4, 4, 4]],
    ["f", [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]],
  ])("figure 7 (%s): the follower's log becomes the leader's", (_, terms) => {
    const net = new RaftNet(3);
    net.node(1).load(figure7, 7);
    net.node(2).load(terms, 7);
    net.node(3).load(figure7, 7);
    const leader = net.elect(1);
    net.settle();
    expect(leader.terms).toEqual([...figure7, 8]);
    expect(net.node(2).terms).toEqual([...figure7, 8]);
    net.node(2).restart();
    expect(net.node(2).terms).toEqual([...figure7, 8]);
  });

  test("a late append whose entries agree cuts nothing off (raft-B2, seed-S09)", () => {
    const net = new RaftNet(3);
    const leader = net.elect(1);
    leader.propose();
    const late = net.letters.filter((l) => l.to === 2 && l.message.kind === "append");
    net.settle();
    leader.propose();
    leader.propose();
    net.settle();
    const { terms } = net.node(2);
    for (const l of late) net.node(2).receive(1, l.message);
    expect(late.length).toBeGreaterThan(0);
    expect(net.node(2).terms).toEqual(terms);
    expect(net.node(2).group.isDirty).toBe(false);
  });

  test("what is committed is never cut off (R4)", () => {
    const net = new RaftNet(3);
    const n = net.node(2);
    const leader = net.elect(1);
    leader.propose();
    net.settle();
    net.spreadCommit(1);
    const forged = append(9, { prevIndex: 1, prevTerm: 1, blocks: blocksOf([1, 9], 2) });
    expect(() => n.receive(3, forged)).toThrow(/^R4/);
    expect(n.group.commitIndex).toBe(2);
  });

  test("match only grows, whatever order acknowledgements come in (raft-C5)", () => {
    const net = new RaftNet(3);
    const leader = net.elect(1);
    for (let i = 0; i < 3; i += 1) leader.propose();
    net.sync();
    net.deliver((l) => l.message.kind === "append");
    net.sync();
    const replies = net.take(between(2, 1));
    const match = (): number => leader.group.progress.get(2)?.match ?? 0;
    for (const l of [...replies].reverse()) {
      const before = match();
      leader.receive(2, l.message);
      expect(match()).toBeGreaterThanOrEqual(before);
    }
    expect(match()).toBe(4);
    const refusal = { kind: "append.reply" as const, ...HEAD, term: leader.group.term };
    const late = { accepted: false, index: 1, prevIndex: 2, wallMs: 0 };
    linkUp(leader.group, 2);
    leader.receive(2, { ...refusal, seq: 4, ...late });
    expect([match(), leader.group.progress.get(2)?.held]).toEqual([4, 4]);
  });

  test("at most `inflightAppendsMax` appends are out, and lost ones are sent again", () => {
    const net = new RaftNet(3, { inflightAppendsMax: 2 });
    const leader = net.elect(1);
    net.settle();
    for (let i = 0; i < 6; i += 1) leader.propose();
    expect(net.take(between(1, 2)).length).toBe(2);
    net.take(between(1, 3));
    leader.tick(net.settings.askTicks);
    net.settle();
    expect(net.node(2).terms).toEqual(leader.terms);
    expect(leader.group.commitIndex).toBe(7);
  });
});

describe("5.4.2 entries of earlier terms", () => {
  test("figure 8: an old entry on a majority is committed only with one of the own term (raft-C1)", () => {
    const net = new RaftNet(5, { appendBlocksMax: 1 });
    // (a) n1 led in term 2 and reached n2 with index 2; (b) n5 led in term 3 with its own index 2.
    net.node(1).load([1, 2], 3);
    net.node(2).load([1, 2], 3);
    net.node(3).load([1], 3);
    net.node(4).load([1], 3);
    net.node(5).load([1, 3], 3, 5);
    const leader = net.elect(1, (l) => l.message.kind !== "append" && l.to !== 5 && l.from !== 5);
    expect(leader.terms).toEqual([1, 2, 4]);
    // (c) n1 leads in term 4 and brings index 2 to n3; its own entry reaches nobody.
    for (let i = 0; i < 6; i += 1) {
      leader.tick(net.settings.askTicks);
      for (const { from, to, message } of net.take(() => true)) {
        const isOwn = message.kind === "append" && message.prevIndex >= 2;
        const cut = isOwn ? { ...message, blocks: [] } : message;
        if (to <= 3) net.node(to).receive(from, cut);
      }
      net.sync();
    }
    expect([2, 3].map((peer) => leader.group.progress.get(peer)?.match)).toEqual([2, 2]);
    expect([net.node(3).terms, leader.group.durableIndex]).toEqual([[1, 2], 3]);
    // Index 2 is on a majority, and not committed.
    expect(leader.group.commitIndex).toBe(0);
    // (e) With an entry of term 4 on a majority both are, and n5 cannot win any more.
    leader.tick(net.settings.askTicks);
    net.settle((l) => l.to !== 5 && l.to !== 4);
    expect(leader.group.commitIndex).toBe(3);
    expect(() => net.elect(5, (l) => l.to !== 1 && l.from !== 1)).toThrow("must lead");
  });

  test("figure 8 (d): what was not committed may be overwritten everywhere", () => {
    const net = new RaftNet(5);
    net.node(1).load([1, 2], 4);
    net.node(2).load([1, 2], 4);
    net.node(3).load([1, 2], 4);
    net.node(4).load([1], 4);
    net.node(5).load([1, 3], 4);
    const leader = net.elect(5, (l) => l.to !== 1 && l.from !== 1);
    leader.tick(net.settings.askTicks);
    net.settle();
    expect(net.nodes.map((n) => n.terms)).toEqual(net.nodes.map(() => [1, 3, leader.group.term]));
  });
});

describe("what apply relies on is seen to when a block arrives (D-89)", () => {
  const entry = { kind: EntryKind.command, seedHi: 0, seedLo: 0, intents: [] };
  const whole = encodeBlock(1, 1, 1, 0, [
    { ...entry, stampMs: 5 },
    { ...entry, stampMs: 6 },
  ]);

  test("a block whose entries fill it is taken", () => {
    const node = new RaftNet(3).node(2);
    onAppend(node.group, 1, append(1, { blocks: [{ bytes: whole.bytes, use: 2 }] }));
    expect(node.group.log.lastIndex).toBe(2);
  });

  test("one whose stamps go back is refused, and the log stays as it was", () => {
    const back = encodeBlock(1, 1, 1, 0, [
      { ...entry, stampMs: 6 },
      { ...entry, stampMs: 5 },
    ]);
    const node = new RaftNet(3).node(2);
    const message = append(1, { blocks: [{ bytes: back.bytes, use: 2 }] });
    expect(() => onAppend(node.group, 1, message)).toThrow(MalformedInput);
    expect(node.group.log.lastIndex).toBe(0);
  });

  test("an append behind a log that is empty and yet has a term is refused", () => {
    const node = new RaftNet(3).node(2);
    const message = append(1, { prevTerm: 1, blocks: [{ bytes: whole.bytes, use: 2 }] });
    expect(() => onAppend(node.group, 1, message)).toThrow(MalformedInput);
    expect(node.group.log.lastIndex).toBe(0);
  });

  test("one whose entries end before it does is refused", () => {
    const bytes = encodeBlock(1, 1, 1, 0, [{ ...entry, stampMs: 5 }]).bytes;
    // The entry says that it is a byte shorter than the block has room for; the checksum is right.
    const view = new DataView(bytes.buffer);
    view.setUint32(BLOCK_HEADER_BYTES, view.getUint32(BLOCK_HEADER_BYTES, true) - 1, true);
    const head = crc32(bytes, 0, BLOCK_HEADER_BYTES - 4);
    const rest = crc32(bytes, BLOCK_HEADER_BYTES, bytes.length);
    const sum = fold32(fold32(mix32(head), rest), bytes.length);
    view.setUint32(BLOCK_HEADER_BYTES - 4, sum, true);
    const node = new RaftNet(3).node(2);
    const message = append(1, { blocks: [{ bytes, use: 1 }] });
    expect(() => onAppend(node.group, 1, message)).toThrow("do not fill it");
    expect(node.group.log.lastIndex).toBe(0);
  });

  test("an acknowledgement of more than the log holds is refused", () => {
    const net = new RaftNet(3);
    const leader = net.elect(1);
    const reply = {
      kind: "append.reply" as const,
      group: 1,
      incarnation: leader.group.incarnation,
      term: leader.group.term,
      seq: 1,
      accepted: true,
      index: leader.group.log.lastIndex + 1,
      prevIndex: 0,
      wallMs: 0,
    };
    expect(() => onAppendReply(leader.group, 2, reply)).toThrow(MalformedInput);
  });
});
