import { expect, test } from "vitest";
import { StarvedStreams } from "../../../../src/oracle/rules/liveness/starved-streams.js";
import type { World } from "../../../../src/world/world.js";
import { breaks } from "../states.js";

const STREAM = 7;
const MUTED_MS = 10_000;

interface Stage {
  readonly rule: StarvedStreams;
  /** Time passes, and nodes take turns. */
  pass(ms: number): void;
  /** The node falls and comes back before anybody takes a turn. */
  restart(): void;
}

/** A stream over two partitions with this many credits, as the leader of the first is muted. */
function stage(
  credits: number,
  second: { readonly ready?: number; readonly isServing?: boolean } = {},
  partitionIds: readonly number[] = [],
): Stage {
  const { ready = 3, isServing = true } = second;
  const replica = (partitionId: number, size: number, serves: boolean): object => ({
    isServing: serves,
    machine: { kind: "partition", topic: "t", partitionId, partition: { ready: { size } } },
  });
  const groups = new Map([
    [1, replica(0, 9, true)],
    [2, replica(1, ready, isServing)],
  ]);
  const host = { context: { groups } };
  const node = { incarnations: 1 };
  const queue = { nowUs: MUTED_MS * 1000 };
  const world = {
    queue,
    nodes: [{ number: 1, process: { host } }],
    node: () => node,
    host: () => host,
    plan: {
      topics: [{ topic: "t", partitions: 2 }],
      faults: [{ kind: "net.mute", topic: "t", atMs: MUTED_MS, untilMs: MUTED_MS + 10_000 }],
    },
  };
  const rule = new StarvedStreams();
  rule.attach(world as unknown as World);
  const streamId = STREAM;
  rule.streamTold(1, {
    kind: "stream.filter",
    streamId,
    topic: "t",
    partitionIds,
    visibilityMs: 1,
  });
  rule.streamTold(1, { kind: "stream.credits", streamId, credits });
  const pass = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 100) {
      rule.afterTurn();
      queue.nowUs += 100_000;
    }
    rule.afterTurn();
  };
  const restart = (): void => {
    node.incarnations += 1;
  };
  return { rule, pass, restart };
}

test("L14: open credits, messages ready in a partition that works, and nothing given is noticed", () => {
  const error = breaks("L14", () => stage(2).pass(4_200));
  expect(error.message).toContain("stream 7 at n1 has 2 credits open and gets nothing");
  expect(error.first?.atUs).toBe(MUTED_MS * 1000);
});

test("L14: a stream that is served in time, at its end, or has no credit left is fine", () => {
  const served = stage(9);
  for (let n = 0; n < 3; n += 1) {
    served.pass(3_000);
    served.rule.itemWritten(1, STREAM);
  }
  const full = stage(1);
  full.rule.itemWritten(1, STREAM);
  full.pass(9_000);
  const over = stage(1);
  over.rule.streamTold(1, { kind: "stream.cancel", streamId: STREAM });
  over.pass(9_000);
  const ended = stage(1);
  ended.rule.clientEffect(1, { kind: "stream.end", streamId: STREAM });
  ended.pass(9_000);
});

test("L14: where nothing else is ready, leads, or is wanted, nobody is starved", () => {
  stage(1, { ready: 0 }).pass(9_000);
  stage(1, { isServing: false }).pass(9_000);
  stage(1, {}, [0]).pass(9_000);
  const fallen = stage(1);
  fallen.restart();
  fallen.pass(9_000);
  breaks("L14", () => stage(1, {}, [1]).pass(9_000));
});

test("L14: a leader that is heard again is nobody's excuse, and nobody's fault", () => {
  const { rule, pass } = stage(9);
  pass(3_000);
  rule.itemWritten(1, STREAM);
  pass(3_900);
  rule.itemWritten(1, STREAM);
  // 6.9 s have passed, and the end of the fault comes before the bound.
  pass(9_000);
});
