import { afterEach, expect, it, vi } from "vitest";
import { Producer } from "../src/producer.js";

afterEach(() => {
  vi.useRealTimers();
});

it("counts every topic by itself from 1, under one id and epoch", () => {
  const producer = new Producer("host");
  const triples = ["a", "b", "a", "a"].map((topic) => producer.next(topic));
  expect(triples.map(({ sequence }) => sequence)).toEqual([1n, 1n, 2n, 3n]);
  for (const { producerId, epoch } of triples) {
    expect([producerId, epoch]).toEqual([producer.id, producer.epoch]);
  }
});

it("bears the name it was given, the process, and what tells it from all others", () => {
  const ids = Array.from({ length: 50 }, () => new Producer("host").id);
  for (const id of ids) expect(id).toMatch(new RegExp(`^host-${process.pid}-[0-9a-f]{8}$`));
  expect(new Set(ids).size).toBe(50);
});

it("has the seconds since 1970 as its epoch", () => {
  vi.useFakeTimers({ now: 1_700_000_000_999 });
  expect(new Producer().epoch).toBe(1_700_000_000n);
});
