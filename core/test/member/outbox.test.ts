// What waits for a link: a budget a turn, and nothing of a run of appends that is over.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { crc32 } from "../../src/lib/crc32.js";
import { Outbox } from "../../src/member/outbox.js";
import { decodeFrame, FrameBuilder } from "../../src/wire/frames.js";
import type { PeerMessage } from "../../src/wire/messages.js";
import { vote } from "../support/raft-net.js";

const HEAD = { clusterHi: 1, clusterLo: 2, sender: 1, senderIncarnation: 1 };

function append(group: number, seq: number, bytes = 0): PeerMessage {
  const blocks = bytes === 0 ? [] : [{ bytes: new Uint8Array(bytes), use: 1 }];
  const [prevIndex, prevTerm, commit] = [0, 0, 0];
  return {
    kind: "append",
    group,
    incarnation: 1,
    term: 1,
    seq,
    isStart: false,
    prevIndex,
    prevTerm,
    commit,
    blocks,
  };
}

/** The numbers of the appends that leave, by frame. */
function take(outbox: Outbox, bytesMax: number): number[][] {
  const frames = outbox.take(new FrameBuilder(HEAD, crc32), bytesMax, () => undefined);
  return frames.map(({ frame }) => {
    const { messages } = decodeFrame(frame, crc32);
    return messages.flatMap((m) => (m.kind === "append" ? [m.seq] : []));
  });
}

/** Whatever keeps elections, beats and acknowledgements alive. */
const URGENT = [
  "pre-vote",
  "pre-vote.reply",
  "vote",
  "vote.reply",
  "timeout-now",
  "append.untaken",
  "append.reply",
  "beat",
  "beat.reply",
  "ping",
  "pong",
];

test("what elections, beats and acknowledgements need is urgent, and no other kind of message", () => {
  const bytes = readFileSync(new URL("../wire/message-bytes.json", import.meta.url), "utf8");
  const kinds = Object.keys(JSON.parse(bytes) as object) as PeerMessage["kind"][];
  const urgent = kinds.filter((kind) => {
    const outbox = new Outbox();
    outbox.push({ kind } as PeerMessage);
    expect(outbox.isEmpty).toBe(false);
    return !outbox.hasBulk;
  });
  expect(urgent).toEqual(URGENT);
  expect(kinds.length).toBeGreaterThan(urgent.length);
});

test("a turn that asks twice for frames gives a link its budget of bulk once", () => {
  const outbox = new Outbox();
  outbox.beginTurn();
  for (let seq = 1; seq <= 4; seq += 1) outbox.push(append(1, seq, 1_000));
  expect(take(outbox, 1_500)).toEqual([[1, 2]]);
  expect(take(outbox, 1_500)).toEqual([]);
  // What is urgent has no budget to wait for.
  outbox.push(vote(1));
  expect(take(outbox, 1_500)).toEqual([[]]);
  outbox.beginTurn();
  expect(take(outbox, 1_500)).toEqual([[3, 4]]);
});

test("appends of a run that is over do not leave; those of other groups keep their order", () => {
  const outbox = new Outbox();
  outbox.beginTurn();
  for (const [group, seq] of [
    [1, 1],
    [2, 2],
    [1, 3],
    [2, 4],
  ]) {
    outbox.push(append(group, seq, 10));
  }
  outbox.mark();
  outbox.push(append(1, 5, 10));
  outbox.dropAppends(1);
  outbox.push(append(1, 6, 10));
  // The step that this happened in is discarded: what came before it stays, without what was dropped.
  outbox.cut();
  outbox.push(append(1, 7, 10));
  expect(take(outbox, 1_500)).toEqual([[2, 4, 7]]);
});
