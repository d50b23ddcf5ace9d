// How long the leases of a consumer still last. The clocks of two machines are never compared: they may be hours
// apart. What counts is the monotonic clock of this process, and it knows of a lease
//
// 1  what was left as it came, from its arrival on. A session says it (`lease_left_ms`); PopStream does not, so it is
//    the visibility that was asked for, or the topic's. The way here is not in it, so it is too much by the way.
// 2  how late it came. Deadline minus arrival is visibility plus offset of the clocks minus the way from the grant to
//    here. Visibility and offset are the same for all deliveries of a partition, so the largest difference of late is
//    that of the quickest one, and whatever is below it by some time came later by that time. What lay in a buffer
//    while this process was busy is seen by that. The visibility is the largest that was left of any, if nobody said
//    it. Each partition has a clock of its own.
// 3  what an extension proves: once it is granted, the lease lasts at least as long from when it was asked for, and its
//    old deadline was not over then. Where 2 said otherwise the cluster's clock has fallen back, and 2 is corrected.
//
// A difference is kept and replaced, never summed up, and not for long: clocks drift, and may be set.

import { leaseLifeMsMax, visibilityMsMin } from "./limits.js";

/** A difference counts for one to two of these. */
const windowMs = 30_000;
/** The quickest delivery so far is news to those that came before if it was quicker by so much. */
const newsMs = 50;

export interface Lease {
  readonly partition: number;
  /** As it came, by the cluster's clock. */
  readonly deadlineMs: number;
  /** Monotonic. */
  readonly arrivedMs: number;
  /** Of it as it came; undefined: not known yet. */
  leftMs: number | undefined;
  /** By extensions. */
  addedMs: number;
  /** It surely lasts until then, by the monotonic clock. */
  sureMs: number;
}

interface Window {
  sinceMs: number;
  /** The largest deadline minus arrival. */
  most: number;
  mostBefore: number;
}

export class LeaseClock {
  readonly #askedMs: number | undefined;
  readonly #windows = new Map<number, Window>();
  #visibilityMs: number | undefined;

  /** `askedMs`: the visibility that the consumer asks for. */
  constructor(askedMs: number | undefined) {
    this.#askedMs = askedMs && Math.min(Math.max(visibilityMsMin, askedMs), leaseLifeMsMax);
    this.#visibilityMs = this.#askedMs;
  }

  get visibilityMs(): number | undefined {
    return this.#visibilityMs;
  }

  /** It is at least this long; 0: that is not known. */
  learn(visibilityMs: number): void {
    if (this.#askedMs !== undefined || visibilityMs === 0) return;
    this.#visibilityMs = Math.max(this.#visibilityMs ?? 0, visibilityMs);
  }

  /** A new stream may give other leases. */
  reopened(): void {
    this.#visibilityMs = this.#askedMs;
    this.#windows.clear();
  }

  /** `leftMs`: what the node said. `isNews`: those that came before end earlier than it seemed. */
  arrived(
    delivery: {
      readonly partition: number;
      readonly deadlineMs: number;
      readonly leftMs?: number | undefined;
    },
    nowMs: number,
  ): { lease: Lease; isNews: boolean } {
    const { partition, deadlineMs, leftMs } = delivery;
    if (leftMs !== undefined) this.learn(leftMs);
    const before = this.#mostOf(partition);
    const difference = deadlineMs - nowMs;
    this.#add(partition, difference, nowMs);
    const lease = {
      partition,
      deadlineMs,
      arrivedMs: nowMs,
      leftMs: leftMs ?? this.#visibilityMs,
      addedMs: 0,
      sureMs: Number.NEGATIVE_INFINITY,
    };
    return { lease, isNews: before !== undefined && difference > before + newsMs };
  }

  /** When it ends, by the monotonic clock. */
  endMs(lease: Lease): number {
    const { arrivedMs, deadlineMs, addedMs, sureMs } = lease;
    const most = this.#mostOf(lease.partition);
    const visibilityMs = this.#visibilityMs;
    let endMs = arrivedMs + (lease.leftMs ?? visibilityMsMin);
    if (most !== undefined && visibilityMs !== undefined) {
      endMs = Math.min(endMs, deadlineMs - most + visibilityMs);
    }
    return Math.min(Math.max(endMs + addedMs, sureMs), arrivedMs + leaseLifeMsMax);
  }

  /** It was extended by `ms`, which was asked for at `askedMs`. */
  extended(lease: Lease, ms: number, askedMs: number): void {
    const visibilityMs = this.#visibilityMs;
    const window = this.#windows.get(lease.partition);
    // A repeated extension may have added more than is known here, so only the first one tells of the deadline.
    if (lease.addedMs === 0 && window !== undefined && visibilityMs !== undefined) {
      const mostMax = lease.deadlineMs + visibilityMs - askedMs;
      window.most = Math.min(window.most, mostMax);
      window.mostBefore = Math.min(window.mostBefore, mostMax);
    }
    lease.addedMs += ms;
    lease.sureMs = Math.max(lease.sureMs, askedMs + ms);
  }

  #mostOf(partition: number): number | undefined {
    const window = this.#windows.get(partition);
    return window && Math.max(window.most, window.mostBefore);
  }

  #add(partition: number, difference: number, nowMs: number): void {
    const window = this.#windows.get(partition);
    const ageMs = window === undefined ? Number.POSITIVE_INFINITY : nowMs - window.sinceMs;
    if (window === undefined || ageMs >= windowMs) {
      const isOld = ageMs >= 2 * windowMs;
      const mostBefore = window === undefined || isOld ? Number.NEGATIVE_INFINITY : window.most;
      this.#windows.set(partition, { sinceMs: nowMs, most: difference, mostBefore });
    } else {
      window.most = Math.max(window.most, difference);
    }
  }
}
