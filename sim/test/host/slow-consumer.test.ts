import { expect, test } from "vitest";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";
import { Reader } from "./reader.js";

function stage(partitions: number): QuietWorld {
  const q = quietWorld(3, { disconnectGraceMs: 2_000 });
  q.advance(2_000);
  createTopic(q, "jobs", partitions);
  q.advance(1_000);
  return q;
}

function enqueue(q: QuietWorld, count: number): void {
  for (let i = 0; i < count; i += 1) {
    const message = { topic: "jobs", payload: Uint8Array.of(i), priorityHi: 0, priorityLo: i };
    q.ask(1, { op: "enqueue", ...message });
  }
}

for (const partitions of [1, 3]) {
  const where = `${partitions} partition${partitions === 1 ? "" : "s"}`;

  test(`${where}: a cancel gives back what the transport did not take, at once and without an attempt`, () => {
    const q = stage(partitions);
    const sleeper = new Reader(q, 2, 10);
    q.hub.stopReading(sleeper.stream, 2);
    enqueue(q, 6);
    q.advance(500);
    sleeper.send("stream.cancel");
    const other = new Reader(q, 3, 10);
    q.advance(1_000);
    expect(other.attempts).toEqual([1, 1, 1, 1]);
    // The two that the transport took were deliveries; their leases are cut to the grace.
    q.advance(5_000);
    expect(other.attempts).toEqual([1, 1, 1, 1, 2, 2]);
  });

  test(`${where}: a consumer that sleeps loses what waits after half its visibility, not more than once`, () => {
    const q = stage(partitions);
    const sleeper = new Reader(q, 2, 10, 4_000);
    q.hub.stopReading(sleeper.stream, 1);
    enqueue(q, 5);
    const other = new Reader(q, 3, 10, 30_000);
    q.advance(1_500);
    const early = other.items.length;
    q.advance(1_000);
    // All but the one that the sleeper's transport took, each for the first time.
    expect(early).toBeLessThan(4);
    expect(other.attempts).toEqual([1, 1, 1, 1]);
    q.advance(7_000);
    expect(other.attempts).toEqual([1, 1, 1, 1, 2]);
    enqueue(q, 5);
    q.advance(200);
    expect(other.items.length).toBe(10);
  });

  test(`${where}: a consumer that wakes up gets all its credits, in order, and no message twice`, () => {
    const q = stage(partitions);
    const sleeper = new Reader(q, 2, 8, 4_000);
    q.hub.stopReading(sleeper.stream, 1);
    enqueue(q, 8);
    q.advance(3_000);
    q.hub.readAgain(sleeper.stream);
    q.advance(1_000);
    expect(sleeper.attempts).toEqual(Array.from({ length: 8 }, () => 1));
    expect(new Set(sleeper.items.map((item) => item.messageId)).size).toBe(8);
  });

  test(`${where}: a half-closed stream ends when its items are written, not before`, () => {
    const q = stage(partitions);
    enqueue(q, 3);
    const sleeper = new Reader(q, 2, 3);
    q.hub.stopReading(sleeper.stream, 1);
    sleeper.send("stream.half-close");
    q.advance(1_000);
    expect(sleeper.end).toBeUndefined();
    q.hub.readAgain(sleeper.stream);
    q.advance(1_000);
    expect(sleeper.attempts).toEqual([1, 1, 1]);
    expect(sleeper.end).toBe("OK");
  });
}

test("a later filter gets the credits of what was not written for the old one", () => {
  const q = stage(1);
  const sleeper = new Reader(q, 2, 4);
  q.hub.stopReading(sleeper.stream, 1);
  enqueue(q, 4);
  q.advance(500);
  const filter = { streamId: sleeper.stream, topic: "jobs", partitionIds: [0] };
  q.hub.sendOnStream(sleeper.stream, { kind: "stream.filter", ...filter, visibilityMs: 60_000 });
  q.advance(500);
  q.hub.readAgain(sleeper.stream);
  q.advance(1_000);
  expect(sleeper.attempts).toEqual([1, 1, 1, 1]);
});
