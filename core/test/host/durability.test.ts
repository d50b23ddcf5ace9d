// What leaves a node and when (D-52, D-53, D-56): nothing that vouches for a term, a vote or a log leaves
// before it is synced, answers to duplicates included.

import { describe, expect, test } from "vitest";
import { DEFAULT_TIMING } from "../../src/member/config.js";
import { keyNumber, Tag } from "../../src/wire/disk-records.js";
import type { PeerMessage } from "../../src/wire/messages.js";
import { HostRig } from "../support/host-rig.js";
import { append, blocksOf, vote } from "../support/raft-net.js";

/** Raft messages of the meta group, whose incarnation is 0. */
function meta<T extends PeerMessage>(message: T): T {
  return { ...message, group: 0, incarnation: 0 };
}

/** Blocks as a leader of the meta group would send them. */
function metaAppend(term: number, prevIndex: number, terms: readonly number[]): PeerMessage {
  const prevTerm = prevIndex === 0 ? 0 : terms[prevIndex - 1];
  const blocks = blocksOf(terms, prevIndex + 1, 0);
  return meta(append(term, { prevIndex, prevTerm, blocks }));
}

function started(nodes = 3): HostRig {
  const rig = new HostRig({ nodes });
  rig.start();
  rig.take();
  return rig;
}

describe("a start", () => {
  test("counts durably before the node says or hears anything", () => {
    const rig = new HostRig({ nodes: 3 });
    rig.open();
    expect([rig.host.isReady, rig.host.context.incarnation]).toEqual([false, 1]);
    rig.from(2, meta(vote(5)));
    rig.pass(10_000);
    expect(rig.sent).toEqual([]);
    rig.sync();
    expect(rig.host.isReady).toBe(true);
    const again = new HostRig({ nodes: 3, store: rig.store });
    again.start();
    expect(again.host.context.incarnation).toBe(2);
  });

  test("answers clients that it is not ready", () => {
    const rig = new HostRig({ nodes: 3 });
    rig.turn({ kind: "client.request", requestId: 7, request: { op: "stats" } });
    expect(rig.effects).toMatchObject([
      {
        kind: "client.reply",
        requestId: 7,
        result: { ok: false, failure: { code: "UNAVAILABLE" } },
      },
    ]);
  });
});

describe("votes", () => {
  test("leave when they are synced", () => {
    const rig = started();
    rig.from(2, meta(vote(5)));
    expect(rig.take("vote.reply")).toEqual([]);
    rig.sync();
    expect(rig.take("vote.reply")).toMatchObject([{ to: 2, message: { granted: true, term: 5 } }]);
  });

  test("asked for twice while in flight leave together, after the sync (seed-S43)", () => {
    const rig = started();
    rig.from(2, meta(vote(5)));
    rig.from(2, meta(vote(5)));
    rig.from(3, meta(vote(5)));
    expect(rig.take("vote.reply")).toEqual([]);
    rig.sync();
    expect(
      rig.take("vote.reply").map((s) => [s.to, "granted" in s.message && s.message.granted]),
    ).toEqual([
      [2, true],
      [2, true],
      [3, false],
    ]);
  });

  test("of a term that passed meanwhile never leave", () => {
    const rig = started();
    rig.from(2, meta(vote(5)));
    rig.from(3, meta(vote(9)));
    rig.settle();
    expect(
      rig.take("vote.reply").map((s) => [s.to, "term" in s.message && s.message.term]),
    ).toEqual([[3, 9]]);
  });

  test("survive a crash only if they were synced", () => {
    const rig = started();
    rig.from(2, meta(vote(5)));
    const crashed = new HostRig({ nodes: 3, store: new Map(rig.store) });
    crashed.start();
    crashed.from(3, meta(vote(5)));
    crashed.settle();
    expect(crashed.take("vote.reply")).toMatchObject([{ to: 3, message: { granted: true } }]);
    rig.settle();
    const kept = new HostRig({ nodes: 3, store: rig.store });
    kept.start();
    kept.from(3, meta(vote(5)));
    kept.settle();
    expect(kept.take("vote.reply")).toMatchObject([
      { to: 3, message: { granted: false, term: 5 } },
    ]);
  });

  test("are asked for when the own one is synced, and pre-votes at once", () => {
    const rig = started();
    rig.pass(DEFAULT_TIMING.electionMaxMs + DEFAULT_TIMING.tickMs);
    const asked = rig.take("pre-vote").at(-1)?.message;
    if (asked?.kind !== "pre-vote") throw new Error("a pre-vote must be asked for");
    const reply = { kind: "pre-vote.reply" as const, group: 0, incarnation: 0, ownTerm: 0 };
    rig.from(2, { ...reply, term: asked.term, token: asked.token, granted: true });
    expect(rig.take("vote")).toEqual([]);
    rig.sync();
    expect(rig.take("vote").map((s) => s.to)).toEqual([2, 3]);
  });
});

describe("acknowledgements of appends", () => {
  const indexOf = (s: { message: PeerMessage }): number =>
    s.message.kind === "append.reply" ? s.message.index : -1;

  test("leave when the entries are synced, those of a duplicate too (seed-S42)", () => {
    const rig = started();
    rig.from(2, metaAppend(1, 0, [1, 1]));
    rig.from(2, metaAppend(1, 0, [1, 1]));
    expect(rig.take("append.reply")).toEqual([]);
    rig.sync();
    expect(rig.take("append.reply").map(indexOf)).toEqual([2, 2]);
  });

  test("name what is durable then, not what arrived meanwhile", () => {
    const rig = started();
    rig.from(2, metaAppend(1, 0, [1]));
    rig.from(2, metaAppend(1, 1, [1, 1]));
    rig.sync();
    expect(rig.take("append.reply").map(indexOf)).toEqual([1]);
    rig.sync();
    expect(rig.take("append.reply").map(indexOf)).toEqual([2]);
  });

  test("of entries that were cut off before they were synced never vouch for them", () => {
    const rig = started();
    rig.from(2, metaAppend(1, 0, [1, 1, 1]));
    // Its batch is in flight when the leader of term 2 overwrites the tail.
    rig.from(3, metaAppend(2, 1, [1, 2]));
    rig.sync();
    expect(rig.take("append.reply")).toEqual([]);
    rig.sync();
    expect(rig.take("append.reply").map((s) => [s.to, indexOf(s)])).toEqual([[3, 2]]);
  });

  test("a beat of a new term is vouched for when the term is synced", () => {
    const rig = started();
    const items = [{ group: 0, incarnation: 0, term: 4, commit: 0 }];
    rig.from(2, { kind: "beat", round: 1, isStalled: false, items });
    expect(rig.take("beat.reply")).toEqual([]);
    rig.sync();
    expect(rig.take("beat.reply")).toMatchObject([{ to: 2, message: { round: 1 } }]);
    rig.from(2, { kind: "beat", round: 2, isStalled: false, items });
    expect(rig.take("beat.reply")).toMatchObject([{ to: 2, message: { round: 2 } }]);
  });
});

describe("batches", () => {
  test("one is in flight at a time, and what became dirty meanwhile goes into the next", () => {
    const rig = started();
    rig.from(2, metaAppend(1, 0, [1]));
    const first = rig.inFlight;
    for (let i = 2; i < 6; i += 1) rig.from(2, metaAppend(1, i - 1, Array<number>(i).fill(1)));
    expect(rig.inFlight).toBe(first);
    rig.sync();
    const blocks = rig.inFlight?.ops.filter((op) => op.key[0] === Tag.block) ?? [];
    expect(blocks).toHaveLength(4);
    rig.sync();
    expect(rig.inFlight).toBeUndefined();
  });

  test("each ends with its chain record, numbered without a gap", () => {
    const rig = started();
    for (let i = 1; i < 5; i += 1) {
      rig.from(2, metaAppend(1, i - 1, Array<number>(i).fill(1)));
      rig.settle();
    }
    const numbers = rig.history.map(({ batch }) => {
      const last = batch.ops[batch.ops.length - 1];
      expect(last.key[0]).toBe(Tag.turn);
      return keyNumber(last.key);
    });
    expect(numbers).toEqual([1, 2, 3, 4, 5]);
  });

  test("a completion out of order stops the node", () => {
    const rig = started();
    rig.from(2, metaAppend(1, 0, [1]));
    expect(() => rig.turn({ kind: "disk.written", token: 99 })).toThrow(/^D-40/);
  });

  test("a failed write stops the node with its sentence", () => {
    const rig = started();
    rig.turn({ kind: "disk.failed", token: 5, message: "the disk is full" });
    expect(rig.host.fatalMessage).toBe("the disk is full");
  });

  test("while one stands still for too long, the node's beats say so (D-29, D-90)", () => {
    const rig = started();
    rig.pass(DEFAULT_TIMING.electionMaxMs + DEFAULT_TIMING.tickMs);
    const asked = rig.take("pre-vote").at(-1)?.message;
    if (asked?.kind !== "pre-vote") throw new Error("a pre-vote must be asked for");
    const { token, term } = asked;
    const to = { group: 0, incarnation: 0, term };
    rig.from(2, { kind: "pre-vote.reply", ...to, ownTerm: 0, token, granted: true });
    rig.sync();
    rig.from(2, { kind: "vote.reply", ...to, granted: true });
    // The first entry of the term is on its way to the disk.
    expect(rig.inFlight).toBeDefined();
    const marks = (): Set<boolean> =>
      new Set(rig.take("beat").map((s) => s.message.kind === "beat" && s.message.isStalled));
    rig.pass(DEFAULT_TIMING.diskStallMs);
    expect(marks()).toEqual(new Set([false]));
    rig.pass(DEFAULT_TIMING.tickMs);
    rig.take();
    rig.pass(2 * DEFAULT_TIMING.beatMs);
    expect(marks()).toEqual(new Set([true]));
    rig.settle();
    rig.pass(DEFAULT_TIMING.beatMs);
    expect(marks()).toEqual(new Set([false]));
  });
});

describe("frames", () => {
  const frames = (rig: HostRig): number => rig.host.status().metrics.framesRefused;

  test("of another cluster, of strangers and damaged ones are refused and change nothing", () => {
    const rig = started();
    const good = rig.frameOf(2, [meta(vote(5))]);
    const damaged = good.slice();
    damaged[damaged.length - 1] ^= 1;
    const wrong = [
      rig.frameOf(2, [meta(vote(5))], { clusterLo: 1 }),
      rig.frameOf(9, [meta(vote(5))]),
      rig.frameOf(0, [meta(vote(5))]),
      damaged,
      new Uint8Array(3),
    ];
    wrong.forEach((frame, i) => {
      rig.turn({ kind: "peer.frame", peer: 2, frame });
      expect(frames(rig)).toBe(i + 1);
    });
    expect([rig.inFlight, rig.sent]).toEqual([undefined, []]);
    rig.turn({ kind: "peer.frame", peer: 2, frame: good });
    expect(rig.inFlight).toBeDefined();
  });

  test("of an earlier life of their sender are void", () => {
    const rig = started();
    const send = (senderIncarnation: number, term: number): void => {
      const frame = rig.frameOf(2, [meta(vote(term))], { senderIncarnation });
      rig.turn({ kind: "peer.frame", peer: 2, frame });
      rig.settle();
    };
    send(3, 5);
    send(2, 6);
    expect(rig.take("vote.reply").map((s) => "term" in s.message && s.message.term)).toEqual([5]);
    send(3, 7);
    expect(rig.take("vote.reply")).toHaveLength(1);
  });

  test("for another incarnation of a group are void", () => {
    const rig = started();
    rig.from(2, { ...meta(vote(5)), incarnation: 1 });
    expect([rig.inFlight, rig.sent]).toEqual([undefined, []]);
  });
});

test("a broken invariant stops its group, and nothing of that step leaves (D-40)", () => {
  const rig = started();
  rig.from(2, metaAppend(1, 0, [1, 1]));
  rig.settle();
  rig.from(2, meta(append(1, { prevIndex: 2, prevTerm: 1, commit: 2 })));
  rig.settle();
  rig.take();
  // A leader that does not hold what is committed.
  rig.from(3, metaAppend(9, 0, [9]));
  rig.settle();
  const [group] = rig.host.status().groups;
  expect(group).toMatchObject({ role: "stopped" });
  expect(group.stoppedBecause).toMatch(/^R4/);
  rig.from(2, meta(vote(20)));
  rig.pass(10_000);
  expect([rig.inFlight, rig.sent]).toEqual([undefined, []]);
});
