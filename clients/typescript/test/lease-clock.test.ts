// What is known of leases from deliveries and extensions, whatever the clocks of two machines show.
import { describe, expect, it } from "vitest";
import { type Lease, LeaseClock } from "../src/lease-clock.js";

const hourMs = 3_600_000;
/** How far the cluster's clock is from the monotonic one of this process. */
const offsets = [0, 1_700_000_000_000, -hourMs];
const visibilityMs = 10_000;

/** A delivery that was granted at `grantedMs` and arrives at `nowMs`, both monotonic. */
function arrive(
  clock: LeaseClock,
  { grantedMs, nowMs, offsetMs = 0, partition = 0, leftMs }: Arrival,
): { lease: Lease; isNews: boolean } {
  const deadlineMs = grantedMs + offsetMs + visibilityMs;
  return clock.arrived({ partition, deadlineMs, leftMs }, nowMs);
}

interface Arrival {
  grantedMs: number;
  nowMs: number;
  offsetMs?: number;
  partition?: number;
  leftMs?: number;
}

describe.each(offsets)("with clocks that are %d ms apart", (offsetMs) => {
  it("a lease lasts as long as was asked for, from its arrival on", () => {
    const clock = new LeaseClock(visibilityMs);
    const { lease } = arrive(clock, { grantedMs: 500, nowMs: 500, offsetMs });
    expect(clock.endMs(lease)).toBe(500 + visibilityMs);
  });

  it("a lease lasts as long as the node said", () => {
    const clock = new LeaseClock(undefined);
    const { lease } = arrive(clock, { grantedMs: 0, nowMs: 500, offsetMs, leftMs: 9_800 });
    expect(clock.endMs(lease)).toBe(500 + 9_800);
  });

  it("one that came later than the quickest has less left by as much", () => {
    const clock = new LeaseClock(visibilityMs);
    arrive(clock, { grantedMs: 0, nowMs: 20, offsetMs });
    const { lease, isNews } = arrive(clock, { grantedMs: 100, nowMs: 4_120, offsetMs });
    expect(clock.endMs(lease)).toBe(100 + 20 + visibilityMs);
    expect(isNews).toBe(false);
  });

  it("what was left as the frame was made tells as well, once another came quicker", () => {
    const clock = new LeaseClock(undefined);
    arrive(clock, { grantedMs: 0, nowMs: 20, offsetMs, leftMs: visibilityMs });
    const { lease } = arrive(clock, { grantedMs: 100, nowMs: 4_120, offsetMs, leftMs: 9_900 });
    expect(clock.endMs(lease)).toBe(100 + 20 + visibilityMs);
  });

  it("a quicker one is news to those before it", () => {
    const clock = new LeaseClock(visibilityMs);
    const late = arrive(clock, { grantedMs: 0, nowMs: 4_000, offsetMs });
    expect([late.isNews, clock.endMs(late.lease)]).toEqual([false, 4_000 + visibilityMs]);
    expect(arrive(clock, { grantedMs: 5_000, nowMs: 5_010, offsetMs }).isNews).toBe(true);
    expect(clock.endMs(late.lease)).toBe(10 + visibilityMs);
    // Not worth the while.
    expect(arrive(clock, { grantedMs: 5_000, nowMs: 5_000, offsetMs }).isNews).toBe(false);
  });

  it("each partition has a clock of its own", () => {
    const clock = new LeaseClock(visibilityMs);
    arrive(clock, { grantedMs: 0, nowMs: 0, offsetMs: offsetMs + 5_000 });
    const { lease } = arrive(clock, { grantedMs: 0, nowMs: 0, offsetMs, partition: 1 });
    expect(clock.endMs(lease)).toBe(visibilityMs);
  });
});

describe("an extension", () => {
  it("adds to what there was", () => {
    const clock = new LeaseClock(visibilityMs);
    const { lease } = arrive(clock, { grantedMs: 0, nowMs: 0 });
    clock.extended(lease, 3_000, 5_000);
    clock.extended(lease, 4_000, 8_000);
    expect(clock.endMs(lease)).toBe(visibilityMs + 7_000);
  });

  it("of what seemed to be over proves as much as was asked for, from then on", () => {
    const clock = new LeaseClock(visibilityMs);
    const { lease } = arrive(clock, { grantedMs: 0, nowMs: 0 });
    clock.extended(lease, 3_000, 20_000);
    expect(clock.endMs(lease)).toBe(23_000);
  });

  it("counts once, however many prove the same: those of ten deliveries at once tell no more than one", () => {
    const clock = new LeaseClock(visibilityMs);
    arrive(clock, { grantedMs: 0, nowMs: 0 });
    // The cluster's clock has fallen back by eight seconds, so all of these seem to be that old.
    const ten = Array.from(
      { length: 10 },
      () => arrive(clock, { grantedMs: 20_000, nowMs: 20_000, offsetMs: -8_000 }).lease,
    );
    expect(ten.map((lease) => clock.endMs(lease))).toEqual(ten.map(() => 22_000));
    const askedMs = 25_000;
    for (const lease of ten) clock.extended(lease, 1_000, askedMs);
    const { lease } = arrive(clock, { grantedMs: askedMs, nowMs: askedMs, offsetMs: -8_000 });
    // Deadlines of then were not over then; nothing more is proven.
    expect(clock.endMs(lease)).toBe(askedMs + 5_000);
  });

  it("after the first tells nothing of the clock: a repeat may have added more than is known", () => {
    const clock = new LeaseClock(visibilityMs);
    const { lease } = arrive(clock, { grantedMs: 0, nowMs: 0 });
    const other = arrive(clock, { grantedMs: 0, nowMs: 0 }).lease;
    clock.extended(lease, 1_000, 1_000);
    clock.extended(lease, 1_000, 15_000);
    expect(clock.endMs(other)).toBe(visibilityMs);
    expect(clock.endMs(arrive(clock, { grantedMs: 15_000, nowMs: 16_000 }).lease)).toBe(25_000);
  });

  it("does not let a lease live for longer than a cluster does", () => {
    const clock = new LeaseClock(visibilityMs);
    const { lease } = arrive(clock, { grantedMs: 0, nowMs: 0 });
    clock.extended(lease, 12 * hourMs, 0);
    expect(clock.endMs(lease)).toBe(12 * hourMs);
  });
});

describe("what is learned", () => {
  it("is forgotten: a cluster's clock that fell back shortens leases for a minute at most", () => {
    const clock = new LeaseClock(visibilityMs);
    const back = (nowMs: number): number => {
      const { lease } = arrive(clock, { grantedMs: nowMs, nowMs, offsetMs: -8_000 });
      return clock.endMs(lease) - nowMs;
    };
    arrive(clock, { grantedMs: 0, nowMs: 0 });
    expect([back(1_000), back(31_000), back(62_000)]).toEqual([2_000, 2_000, visibilityMs]);
  });

  it("is forgotten with the stream, but not for how long a lease was as it came", () => {
    const clock = new LeaseClock(undefined);
    const { lease } = arrive(clock, { grantedMs: 0, nowMs: 0, leftMs: visibilityMs });
    clock.reopened();
    expect([clock.visibilityMs, clock.endMs(lease)]).toEqual([undefined, visibilityMs]);
  });

  it("of the visibility is the largest that was left, and nothing where it was asked for", () => {
    const clock = new LeaseClock(undefined);
    for (const leftMs of [900, 980, 600]) arrive(clock, { grantedMs: 0, nowMs: 0, leftMs });
    expect(clock.visibilityMs).toBe(980);
    const asked = new LeaseClock(50);
    asked.learn(9_000);
    // The least that a cluster gives.
    expect(asked.visibilityMs).toBe(100);
  });

  it("where nobody says it, the least is sure, until it is told", () => {
    const clock = new LeaseClock(undefined);
    const { lease } = arrive(clock, { grantedMs: 0, nowMs: 7 });
    expect([lease.leftMs, clock.endMs(lease)]).toEqual([undefined, 107]);
    clock.learn(0);
    expect(clock.visibilityMs).toBeUndefined();
  });
});
