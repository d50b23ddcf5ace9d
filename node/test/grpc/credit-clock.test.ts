import { expect, it } from "vitest";
import { CreditClock } from "../../src/grpc/credit-clock.js";

it("measures from the later of credit and enqueue, and leaves retries out", () => {
  let now = 0;
  const clock = new CreditClock(
    () => now,
    () => 1_000_000 + now,
  );
  clock.add(2);
  now = 100;
  clock.add(0);
  clock.add(1);
  now = 150;
  // Enqueued long before the credit at 0.
  expect(clock.take({ attempts: 1, enqueuedMs: 900_000 })).toBe(150);
  // Enqueued at 140, while the second credit waited.
  expect(clock.take({ attempts: 1, enqueuedMs: 1_000_140 })).toBe(10);
  expect(clock.take({ attempts: 2, enqueuedMs: 900_000 })).toBeUndefined();
  // More items than credits cannot happen; it must not invent a time either.
  expect(clock.take({ attempts: 1, enqueuedMs: 900_000 })).toBeUndefined();
});
