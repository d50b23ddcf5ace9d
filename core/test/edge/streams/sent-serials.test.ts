import fc from "fast-check";
import { expect, test } from "vitest";
import { SentSerials } from "../../../src/edge/streams/sent-serials.js";

test("rev-B7: a request is remembered by its age, however many follow it", () => {
  const sent = new SentSerials();
  for (let serial = 1; serial <= 1_000; serial += 1) sent.add(serial, 5_000 + serial, 30_000);
  expect([1, 64, 500, 1_000].map((serial) => sent.sentAt(serial))).toEqual([
    5_001, 5_064, 5_500, 6_000,
  ]);
  expect([0, 1_001].map((serial) => sent.sentAt(serial))).toEqual([undefined, undefined]);
});

test("a second of requests, one a millisecond, loses little of a lease of half a minute", () => {
  const sent = new SentSerials();
  let worst = 0;
  for (let serial = 1; serial <= 60_000; serial += 1) {
    sent.add(serial, serial, 30_000);
    if (serial % 97 !== 0) continue;
    const known = sent.sentAt(Math.max(1, serial - 1_000)) ?? -Infinity;
    worst = Math.max(worst, Math.max(1, serial - 1_000) - known);
  }
  expect(worst).toBeLessThan(3_000);
});

test("E5: no request counts as younger than it is, and the memory is bounded", () => {
  const steps = fc.array(
    fc.record({ gap: fc.nat({ max: 400 }), times: fc.integer({ min: 1, max: 300 }) }),
    {
      minLength: 1,
      maxLength: 40,
    },
  );
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 20_000 }), (list, keepMs) => {
      const sent = new SentSerials();
      const times = [0];
      let nowMs = 0;
      for (const { gap, times: count } of list) {
        nowMs += gap;
        for (let i = 0; i < count; i += 1) {
          times.push(nowMs);
          sent.add(times.length - 1, nowMs, keepMs);
        }
      }
      expect(sent.size).toBeLessThanOrEqual(1_024);
      const wrong = times.filter((sentMs, serial) => {
        const known = serial === 0 ? sentMs : sent.sentAt(serial);
        // Forgotten only what is of no use any more.
        return known === undefined ? nowMs - sentMs <= keepMs : known > sentMs;
      });
      expect(wrong).toEqual([]);
      expect(sent.sentAt(times.length - 1)).toBe(nowMs);
    }),
  );
});
