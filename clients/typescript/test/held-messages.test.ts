// When a delivery stops taking room: as it is settled, or once its lease has surely ended. When its lease is extended,
// and how long it may be handed out, by the monotonic clock.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DisheapLeaseError } from "../src/index.js";
import { type HeldOptions, HeldMessages } from "../src/held-messages.js";
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

const holding = (visibilityMs?: number, options: Partial<HeldOptions> = {}): HeldMessages =>
  new HeldMessages({
    visibilityMs,
    keepLeaseMs: 0,
    onFreed: () => (freed += 1),
    askVisibilityMs: () => Promise.resolve(undefined),
    ...options,
  });

/** All that is looked at: when the lease ends, by a clock that is `skewMs` ahead of this one. */
function leased(ms: number, skewMs = 0): Message {
  return { partition: 0, leaseDeadline: new Date(Date.now() + ms + skewMs) } as never;
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
  ["the least time, when the lease is nearly over", undefined, 1, LAPSE_MIN_MS],
  ["the visibility, when less is left of the lease", 50_000, 1_000, 50_000],
  ["the least time, when the visibility is shorter", 1_000, 1_000, LAPSE_MIN_MS],
])("one that nobody settles is freed after %s", (_, visibilityMs, leaseMs, after) => {
  holding(visibilityMs).hold(leased(leaseMs), leaseMs);
  expectFreedAfter(after);
  vi.advanceTimersByTime(DAY_MS);
  expect(freed).toBe(1);
});

it("an extension moves the time", () => {
  const held = holding();
  const message = leased(40_000);
  held.hold(message, 40_000);
  vi.advanceTimersByTime(39_000);
  held.extended(message, 59_000, performance.now());
  expectFreedAfter(60_000);
});

it("an extension of what was settled holds nothing", () => {
  const held = holding();
  const message = leased(40_000);
  held.hold(message);
  held.release(message);
  held.extended(message, 1_000, performance.now());
  expect(vi.getTimerCount()).toBe(0);
});

it("a visibility of a month, longer than any timer, does not free all room at once", () => {
  holding(30 * DAY_MS).hold(leased(30 * DAY_MS));
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

describe.each([
  ["as the cluster's", 0],
  ["an hour behind it", 3_600_000],
  ["5 s ahead of it", -5_000],
  ["an hour ahead of it", -3_600_000],
])("a wall clock %s", (_, skewMs) => {
  const keepLeaseMs = 60_000;
  let held: HeldMessages;

  /** Can be extended as often as it is asked for. */
  function extendable(leaseMs: number): Message & { asked: number[] } {
    const asked: number[] = [];
    const extend = async (ms: number): Promise<void> => {
      asked.push(ms);
      await Promise.resolve();
      held.extended(message, ms, performance.now());
    };
    const message = { ...leased(leaseMs, skewMs), asked, extend } as never as ReturnType<
      typeof extendable
    >;
    return message;
  }

  it.each([
    { name: "what was asked for", asked: 10_000, told: undefined },
    { name: "what the node said", asked: undefined, told: 10_000 },
  ])("does not count: a lease lasts for $name, and runs out a little before", async (lease) => {
    const { asked, told } = lease;
    const ranOut: Message[] = [];
    held = holding(asked, { onRunOut: (message) => ranOut.push(message) });
    const message = extendable(10_000);
    held.hold(message, told);
    vi.advanceTimersByTime(8_999);
    expect([await held.isLive(message), ranOut]).toEqual([true, []]);
    vi.advanceTimersByTime(1);
    expect([await held.isLive(message), ranOut]).toEqual([false, [message]]);
    expect([message.asked, freed]).toEqual([[], 1]);
  });

  it("does not count, nor a jump of it: extensions are halfway, for as long as it is kept", async () => {
    held = holding(10_000, { keepLeaseMs });
    const message = extendable(10_000);
    held.hold(message);
    vi.setSystemTime(Date.now() + DAY_MS);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(message.asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(message.asked).toEqual([10_000]);
    vi.setSystemTime(Date.now() - 2 * DAY_MS);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(message.asked.length).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect([message.asked.length, await held.isLive(message)]).toEqual([2, true]);
    await vi.advanceTimersByTimeAsync(DAY_MS);
    expect(message.asked.length).toBe(6);
  });

  it("does not count: what this process slept through is asked for, each once, before it is handed out", async () => {
    held = holding(10_000, { keepLeaseMs });
    const ten = Array.from({ length: 10 }, () => extendable(10_000));
    for (const message of ten) held.hold(message);
    // Asleep: time passes, and no timer fires.
    const now = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => now() + 11_000);
    vi.setSystemTime(Date.now() + 11_000);
    const twice = [...ten, ...ten];
    const live = await Promise.all(twice.map((message) => held.isLive(message)));
    expect(live).toEqual(twice.map(() => true));
    expect(ten.map(({ asked }) => asked)).toEqual(ten.map(() => [10_000]));
    // One that comes next has its own lease, and no more.
    const next = extendable(10_000);
    held.hold(next);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(next.asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(next.asked).toEqual([10_000]);
    vi.restoreAllMocks();
  });

  it("does not count: where nobody says how long leases are, that is asked, once for all", async () => {
    let asked = 0;
    const askVisibilityMs = (): Promise<number> => {
      asked += 1;
      return new Promise((resolve) => setTimeout(() => resolve(10_000), 500));
    };
    held = holding(undefined, { keepLeaseMs, askVisibilityMs });
    const [one, two] = [extendable(10_000), extendable(10_000)];
    for (const message of [one, two]) held.hold(message);
    expect(await held.isLive(one)).toBe(true);
    await vi.advanceTimersByTimeAsync(49);
    expect(asked).toBe(0);
    await vi.advanceTimersByTimeAsync(52);
    // More than the least has passed: nothing is sure until the answer.
    const isLive = held.isLive(two);
    const seen = vi.fn();
    void isLive.then(seen);
    await vi.advanceTimersByTimeAsync(400);
    expect(seen).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(4_498);
    expect([await isLive, asked, one.asked, two.asked]).toEqual([true, 1, [], []]);
    await vi.advanceTimersByTimeAsync(1);
    expect([one.asked, two.asked]).toEqual([[10_000], [10_000]]);
  });

  it("does not count: where nobody knows how long leases are, they are extended at once", async () => {
    held = holding(undefined, { keepLeaseMs });
    const message = extendable(10_000);
    held.hold(message);
    await vi.advanceTimersByTimeAsync(51);
    expect(message.asked).toEqual([1_000]);
    expect(await held.isLive(message)).toBe(true);
  });

  it("does not count: a quicker delivery tells that one before it was late", async () => {
    held = holding(10_000, { keepLeaseMs });
    // Granted six seconds ago.
    const late = extendable(4_000);
    held.hold(late);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(late.asked).toEqual([]);
    held.hold(extendable(10_000));
    await vi.advanceTimersByTimeAsync(0);
    expect(late.asked).toEqual([10_000]);
  });
});

describe("after its link broke, a delivery", () => {
  const keepLeaseMs = 60_000;
  let held: HeldMessages;
  let failing: Error | undefined;
  beforeEach(() => (failing = undefined));

  function extendable(): Message & { asked: number[] } {
    const asked: number[] = [];
    const extend = async (ms: number): Promise<void> => {
      const askedMs = performance.now();
      asked.push(ms);
      await Promise.resolve();
      if (failing !== undefined) throw failing;
      held.extended(message, ms, askedMs);
    };
    const message = { ...leased(30_000), asked, extend } as never as ReturnType<typeof extendable>;
    return message;
  }

  function adrift(options: Partial<HeldOptions> = { keepLeaseMs }): ReturnType<typeof extendable> {
    held = holding(30_000, options);
    const message = extendable();
    held.hold(message, 30_000);
    held.broke();
    return message;
  }

  it("is extended at once, then more often than its lease is shortened to", async () => {
    const message = adrift();
    await vi.advanceTimersByTimeAsync(0);
    expect(message.asked).toEqual([2_000]);
    await vi.advanceTimersByTimeAsync(8_000);
    expect(message.asked).toEqual([2_000, 2_000, 2_000, 2_000, 2_000]);
    expect(await held.isLive(message)).toBe(true);
    expect(message.asked.length).toBe(5);
  });

  it("is no longer extended than agreed", async () => {
    const message = adrift();
    await vi.advanceTimersByTimeAsync(DAY_MS);
    expect(message.asked.length).toBe(30);
    expect(freed).toBe(1);
  });

  it("is not handed out where the lease is lost", async () => {
    failing = new DisheapLeaseError("The lease is lost.", "FAILED_PRECONDITION");
    const message = adrift();
    expect(await held.isLive(message)).toBe(false);
    expect(freed).toBe(1);
  });

  it("waits, while nobody can say that its lease runs, and is tried again", async () => {
    failing = new Error("no node answers");
    const message = adrift();
    let isLive: boolean | undefined;
    void held.isLive(message).then((live) => (isLive = live));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(message.asked.length).toBeGreaterThanOrEqual(4);
    expect(isLive).toBeUndefined();
    failing = undefined;
    await vi.advanceTimersByTimeAsync(500);
    expect([isLive, freed]).toEqual([true, 0]);
  });

  it("is waited for by nobody once nothing is held any more", async () => {
    const message = adrift();
    message.extend = () => new Promise(() => undefined);
    const isLive = held.isLive(message);
    await vi.advanceTimersByTimeAsync(100);
    held.clear();
    expect(await isLive).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is not waited for between two tries either", async () => {
    failing = new Error("no node answers");
    const message = adrift();
    const isLive = held.isLive(message);
    await vi.advanceTimersByTimeAsync(100);
    held.clear();
    expect(await isLive).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is given up, for the one who waits for it, once its lease has surely ended", async () => {
    failing = new Error("no node answers");
    const message = adrift();
    let isLive: boolean | undefined;
    void held.isLive(message).then((live) => (isLive = live));
    await vi.advanceTimersByTimeAsync(31_000);
    expect([isLive, freed]).toEqual([false, 1]);
  });

  it("goes back at once where nobody extends it", () => {
    const ranOut: Message[] = [];
    const message = adrift({ onRunOut: (one) => ranOut.push(one) });
    vi.advanceTimersByTime(1);
    expect(ranOut).toEqual([message]);
    expect(message.asked).toEqual([]);
  });
});

describe("after its stream ended in order, a delivery", () => {
  const keepLeaseMs = 60_000;

  /** Its node lived a second ago. */
  function adrift(options: Partial<HeldOptions> = { keepLeaseMs }) {
    const held = holding(30_000, options);
    const asked: number[] = [];
    const extend = async (ms: number): Promise<void> => {
      const askedMs = performance.now();
      asked.push(ms);
      await Promise.resolve();
      held.extended(message, ms, askedMs);
    };
    const message = { ...leased(30_000), asked, extend } as never as Message;
    held.hold(message, 30_000);
    held.broke(performance.now() - 1_000);
    return { held, asked, message };
  }

  it("is extended two seconds after its node was known to live, and every two seconds then", async () => {
    const { held, asked, message } = adrift();
    await vi.advanceTimersByTimeAsync(999);
    expect([asked, held.isSurelyLive(message)]).toEqual([[], true]);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toEqual([2_000]);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(asked).toEqual([2_000, 2_000, 2_000, 2_000]);
    expect(held.isSurelyLive(message)).toBe(true);
  });

  it("keeps its whole lease where nobody extends it: the cluster leaves it as it is", async () => {
    const ranOut: Message[] = [];
    const { held, asked, message } = adrift({ onRunOut: (one) => ranOut.push(one) });
    await vi.advanceTimersByTimeAsync(20_000);
    expect([ranOut, asked, held.isSurelyLive(message)]).toEqual([[], [], true]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([ranOut, held.isSurelyLive(message)]).toEqual([[message], false]);
  });

  it("whose own link had broken before keeps what an extension said", async () => {
    const { held, asked, message } = adrift();
    await vi.advanceTimersByTimeAsync(1_000);
    held.broke();
    await vi.advanceTimersByTimeAsync(0);
    expect([asked.length, held.isSurelyLive(message)]).toEqual([1, true]);
    // Neither does a node that it did not come from speak for it.
    await vi.advanceTimersByTimeAsync(1_000);
    held.broke(performance.now());
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked.length).toBe(2);
  });
});

it("one whose settling failed is not extended any more, and holds its room while its lease lasts", async () => {
  const held = holding(10_000, { keepLeaseMs: 60_000 });
  let asked = 0;
  const extend = async (): Promise<void> => {
    asked += 1;
    await Promise.resolve();
  };
  const message = { ...leased(10_000), extend } as never;
  held.hold(message, 10_000);
  held.letGo(message);
  await vi.advanceTimersByTimeAsync(LAPSE_MIN_MS - 1);
  expect([asked, freed]).toEqual([0, 0]);
  await vi.advanceTimersByTimeAsync(1);
  expect([asked, freed]).toEqual([0, 1]);
});

it("an extension that failed, for anything but the lease, is tried again before it ends", async () => {
  const held = holding(10_000, { keepLeaseMs: 60_000 });
  let asked = 0;
  const extend = async (): Promise<void> => {
    asked += 1;
    await Promise.reject(new Error("no node answers"));
  };
  held.hold({ ...leased(10_000), extend } as never, 10_000);
  await vi.advanceTimersByTimeAsync(9_900);
  expect([asked, freed]).toEqual([10, 0]);
  await vi.advanceTimersByTimeAsync(600);
  expect(freed).toBe(1);
});
