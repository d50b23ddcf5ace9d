import fc from "fast-check";
import { expect, test } from "vitest";
import { majorityReached } from "../../src/lib/majority.js";
import { nextStampMs } from "../../src/raft/group-time.js";
import { RaftNet } from "../support/raft-net.js";

const ms = fc.nat(2 ** 41);

test("goes on with elapsed time, steps forward to what a majority reached, and never back (Q7)", () => {
  expect(nextStampMs(1000, 50, 0)).toBe(1050);
  expect(nextStampMs(1000, 50, 1049)).toBe(1050);
  expect(nextStampMs(1000, 50, 9000)).toBe(9000);
  expect(nextStampMs(1000, -50, 0)).toBe(1000);
  fc.assert(
    fc.property(ms, fc.integer({ min: -1000, max: 100_000 }), ms, (last, elapsed, majority) => {
      const next = nextStampMs(last, elapsed, majority);
      expect(next).toBeGreaterThanOrEqual(last);
      expect(next).toBeLessThanOrEqual(Math.max(majority, last + Math.max(0, elapsed)));
    }),
  );
});

test("a majority of clocks beyond all bounds moves it to the year 6429 at most, where it still fits", () => {
  expect(nextStampMs(1000, 50, 2 ** 48 - 1)).toBe(2 ** 47);
  expect(nextStampMs(2 ** 47, 50, 2 ** 48 - 1)).toBe(2 ** 47 + 50);
});

test("is reached by a majority: at least that many readings are there, and no larger one is", () => {
  fc.assert(
    fc.property(fc.array(ms, { minLength: 1, maxLength: 7 }), (readings) => {
      const majority = Math.floor(readings.length / 2) + 1;
      const reached = majorityReached(readings);
      expect(readings.filter((r) => r >= reached).length).toBeGreaterThanOrEqual(majority);
      expect(readings.filter((r) => r > reached).length).toBeLessThan(majority);
    }),
  );
});

test("no minority of clocks, however wrong, moves it", () => {
  fc.assert(
    fc.property(fc.array(ms, { minLength: 3, maxLength: 7 }), ms, ms, (readings, a, b) => {
      const minority = Math.ceil(readings.length / 2) - 1;
      const wrong = readings.map((r, i) => (i < minority ? a * (b % 2) : r));
      const right = readings.slice(minority);
      const reached = majorityReached(wrong);
      expect(reached).toBeGreaterThanOrEqual(Math.min(...right));
      expect(reached).toBeLessThanOrEqual(Math.max(...right));
    }),
  );
});

test("a new leader goes on from the log's last stamp, counted from when it took over", () => {
  const net = new RaftNet(3);
  net.monoMs = 5000;
  const first = net.elect(1);
  net.node(1).wall = 1_000_000;
  net.node(2).wall = 1_000_300;
  net.node(3).wall = 9_000_000;
  first.propose();
  net.settle();
  net.monoMs += 40;
  // What 2 of 3 clocks have reached; the third is far ahead and moves nothing.
  expect(first.group.stampNowMs()).toBe(1_000_300);
  first.propose();
  net.settle();
  const last = first.group.log.lastStampMs;
  // All clocks of the majority fall back: time goes on all the same.
  for (const n of net.nodes) n.wall = 10;
  net.monoMs += 100_000;
  const second = net.elect(2, (l) => l.to !== 1 && l.from !== 1);
  net.monoMs += 25;
  expect(second.group.stampNowMs()).toBe(last + 25);
  net.monoMs += 25;
  expect(second.group.stampNowMs()).toBe(last + 50);
});
