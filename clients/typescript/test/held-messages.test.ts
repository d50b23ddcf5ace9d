// When a delivery stops taking room: as it is settled, or once its lease has surely ended.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { HeldMessages } from "../src/held-messages.js";
import type { Message } from "../src/message.js";

/** Room is freed by time no earlier than this. */
const LAPSE_MIN_MS = 30_000;
const DAY_MS = 24 * 3_600_000;

let freed: number;
beforeEach(() => {
  vi.useFakeTimers();
  freed = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

const holding = (visibilityMs?: number, keepLeaseMs = 0): HeldMessages =>
  new HeldMessages({ visibilityMs, keepLeaseMs, onFreed: () => (freed += 1) });

/** All that is looked at: when the lease ends. */
function leased(ms: number): Message & { leaseDeadline: Date } {
  return { leaseDeadline: new Date(Date.now() + ms) } as never;
}

/** Nothing is freed until just before `ms`, and one is at that time. */
function expectFreedAfter(ms: number): void {
  const before = freed;
  vi.advanceTimersByTime(ms - 1);
  expect(freed).toBe(before);
  vi.advanceTimersByTime(1);
  expect(freed).toBe(before + 1);
}

it("a settled delivery frees its room once, and its time frees nothing more", () => {
  const held = holding();
  const message = leased(40_000);
  held.hold(message);
  held.release(message);
  held.release(message);
  vi.advanceTimersByTime(DAY_MS);
  expect(freed).toBe(1);
});

it("one that was never held frees nothing", () => {
  holding().release(leased(1));
  expect(freed).toBe(0);
});

it.each([
  ["the end of the lease", undefined, 40_000, 40_000],
  ["the least time, when the lease seems to be over", undefined, -DAY_MS, LAPSE_MIN_MS],
  ["the visibility, when the lease seems to be shorter", 50_000, 1_000, 50_000],
  ["the least time, when the visibility is shorter", 1_000, 1_000, LAPSE_MIN_MS],
])("one that nobody settles is freed after %s", (_, visibilityMs, leaseMs, after) => {
  holding(visibilityMs).hold(leased(leaseMs));
  expectFreedAfter(after);
  vi.advanceTimersByTime(DAY_MS);
  expect(freed).toBe(1);
});

it("an extension moves the time", () => {
  const held = holding();
  const message = leased(40_000);
  held.hold(message);
  vi.advanceTimersByTime(39_000);
  message.leaseDeadline = new Date(Date.now() + 60_000);
  held.extended(message);
  expectFreedAfter(60_000);
});

it("an extension of what was settled holds nothing", () => {
  const held = holding();
  const message = leased(40_000);
  held.hold(message);
  held.release(message);
  held.extended(message);
  expect(vi.getTimerCount()).toBe(0);
});

it("a clock that is a month behind the cluster's does not free all room at once", () => {
  holding().hold(leased(30 * DAY_MS));
  vi.advanceTimersByTime(DAY_MS);
  expect(freed).toBe(0);
});

it("after clear no time frees anything, and nothing is held", () => {
  const held = holding();
  const message = leased(40_000);
  held.hold(message);
  held.clear();
  expect(vi.getTimerCount()).toBe(0);
  held.release(message);
  vi.advanceTimersByTime(DAY_MS);
  expect(freed).toBe(0);
});

it("does not keep the process alive", () => {
  vi.useRealTimers();
  const timers = vi.spyOn(globalThis, "setTimeout");
  const held = holding();
  held.hold(leased(40_000));
  const [timer] = timers.mock.results.map(({ value }) => value as NodeJS.Timeout);
  expect(timer?.hasRef()).toBe(false);
  held.clear();
  timers.mockRestore();
});
