// What a stream remembers of handled grants is bounded for the stream as a whole.

import { expect, test } from "vitest";
import { EdgeStream } from "../../../src/edge/streams/edge-stream.js";
import { Outbox } from "../../../src/edge/streams/outbox.js";

function stream(partitions: number): EdgeStream {
  const places = Array.from({ length: partitions }, (_, partition) => ({
    partition,
    group: partition + 1,
    incarnation: 1,
    voters: [1],
  }));
  return new EdgeStream({
    number: 1,
    clientStream: 1,
    topic: "jobs",
    places,
    visibilityMs: 1000,
    outbox: new Outbox(),
    nowMs: 0,
  });
}

test.each([
  [1, 4096],
  [10, 4090],
  [100, 12_800],
])("over %s partitions it remembers %s handled grants", (partitions, most) => {
  const one = stream(partitions);
  for (const source of one.sources) {
    for (let index = 1; index <= 5_000; index += 1) source.handled.mark(index, 1);
  }
  expect(one.sources.reduce((sum, { handled }) => sum + handled.size, 0)).toBe(most);
  // The newest are known one by one; what fell out counts as handled.
  const [source] = one.sources;
  expect([1, 5_000, 5_001].map((index) => source.handled.wasHandled(index, 1))).toEqual([
    true,
    true,
    false,
  ]);
});

test("a closed stream remembers none of its requests", () => {
  const one = stream(1);
  const serial = one.nextSerial(5);
  expect(one.sentAt(serial)).toBe(5);
  one.closeAt(9);
  expect([one.sentAt(serial), one.isClosed, one.closedMs]).toEqual([undefined, true, 9]);
});
