// Which rows make a call together, and how many.
import { EnqueueReq } from "@disheap/proto";
import { describe, expect, it } from "vitest";
import { Lanes, type Room } from "../../src/session/lanes.js";
import { nameOf, type Row } from "../../src/session/row.js";

const plenty: Room = { frameBytes: 1e6, windowBytes: 1e6, rowsMax: 100 };
const nothing = { resolve: () => undefined, reject: () => undefined };

function enqueue(
  topic: string,
  sequence: number,
  options: { bytes?: number; sinceMs?: number } = {},
): Row {
  const { bytes = 1, sinceMs = 0 } = options;
  const payload = Buffer.alloc(bytes);
  const triple = { producerId: "p", epoch: 1n, sequence: BigInt(sequence) };
  const request = EnqueueReq.create({ topic, payload, ...triple });
  return { kind: "enqueue", name: `${topic} ${sequence}`, topic, request, sinceMs, ...nothing };
}

function ack(topic: string, messageId: string): Row {
  return {
    kind: "ack",
    name: messageId,
    topic,
    messageId,
    leaseToken: "t",
    sinceMs: 0,
    ...nothing,
  };
}

function nack(messageId: string, backoffMs: number, reason?: string): Row {
  const base = { kind: "nack", name: messageId, topic: "a", messageId, leaseToken: "t" } as const;
  return { ...base, sinceMs: 0, backoffMs, reason, ...nothing };
}

function all(rows: readonly Row[], room = plenty): string[][] {
  const lanes = new Lanes();
  for (const row of rows) lanes.push(row);
  const calls: string[][] = [];
  for (let taken = lanes.take({ ...room }); taken.length > 0; taken = lanes.take({ ...room })) {
    calls.push(taken.map(nameOf));
  }
  return calls;
}

describe("a call", () => {
  it("is of one topic, in the order of the rows", () => {
    const rows = [enqueue("a", 1), enqueue("b", 1), enqueue("a", 2), ack("a", "x")];
    expect(all(rows)).toEqual([["a 1", "a 2"], ["b 1"], ["x"]]);
  });

  it("has sequences without a gap", () => {
    const rows = [enqueue("a", 1), enqueue("a", 2), enqueue("a", 4), enqueue("a", 5)];
    expect(all(rows)).toEqual([
      ["a 1", "a 2"],
      ["a 4", "a 5"],
    ]);
  });

  it("settles in one way", () => {
    const rows = [nack("x", 0), nack("y", 5), nack("z", 0), nack("w", 0, "why"), ack("a", "v")];
    expect(all(rows)).toEqual([["x", "z"], ["y"], ["w"], ["v"]]);
  });

  it("has no more rows than a call may have", () => {
    const rows = [1, 2, 3].map((sequence) => enqueue("a", sequence));
    expect(all(rows, { ...plenty, rowsMax: 2 })).toEqual([["a 1", "a 2"], ["a 3"]]);
  });

  it("leaves what the window or the frame has no room for, and lets settles pass", () => {
    const lanes = new Lanes();
    for (const row of [enqueue("a", 1, { bytes: 60 }), enqueue("a", 2, { bytes: 60 })])
      lanes.push(row);
    lanes.push(ack("a", "x"));
    const room = { ...plenty, windowBytes: 100 };
    const names = () => lanes.take(room).map(({ name }) => name);
    expect([names(), names(), names()]).toEqual([["a 1"], ["x"], []]);
    expect(room.windowBytes).toBe(40);
    expect(lanes.take({ ...plenty, frameBytes: 60 })).toEqual([]);
    expect(lanes.take(plenty).map(({ name }) => name)).toEqual(["a 2"]);
    expect(lanes.isEmpty).toBe(true);
  });
});

it("what has waited too long is taken out of every lane", () => {
  const lanes = new Lanes();
  for (const sinceMs of [1, 2, 3]) lanes.push(enqueue("a", sinceMs, { sinceMs }));
  lanes.push(enqueue("b", 1, { sinceMs: 2 }));
  expect(lanes.takeOlder(2).map(({ name }) => name)).toEqual(["a 1", "a 2", "b 1"]);
  expect(lanes.take({ ...plenty }).map(({ name }) => name)).toEqual(["a 3"]);
});
