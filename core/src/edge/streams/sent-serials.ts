// When the requests of a stream were sent, by their serial: a grant echoes the newest one its leader had
// seen, and its lease is counted from there (D-25). Remembered by age, not by number: a client that gives
// its credits back one by one makes hundreds of requests while one entry commits.
//   E5 no request counts as younger than it is; when there are too many, older ones share the time of the
//      one before them, which only shortens leases;
//   E6 serials only grow, and so stand in their order, for ever: also what was cleared never comes again.

import { assert } from "../../lib/assert.js";

const REMEMBERED_MAX = 1024;

export class SentSerials {
  private serials: number[] = [];
  private times: number[] = [];
  private newest = 0;

  /** A request left; what is older than `keepMs` is of no use any more. Serials only grow. */
  add(serial: number, nowMs: number, keepMs: number): void {
    assert(serial > this.newest, "E6: serials only grow");
    if (this.serials.length >= REMEMBERED_MAX) this.thin(nowMs - keepMs);
    this.serials.push(serial);
    this.times.push(nowMs);
    this.newest = serial;
  }

  /** When the request left, or somewhat earlier; undefined when nothing is known of it. */
  sentAt(serial: number): number | undefined {
    if (serial > this.newest) return undefined;
    let low = 0;
    let high = this.serials.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.serials[middle] <= serial) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? undefined : this.times[low - 1];
  }

  clear(): void {
    this.serials = [];
    this.times = [];
  }

  get size(): number {
    return this.serials.length;
  }

  /** Forgets what is too old, and every second one of the older half if that is not enough. */
  private thin(sinceMs: number): void {
    const young = this.times.findIndex((atMs) => atMs >= sinceMs);
    // The newest of the old ones stays: it stands for the serials up to the first young one.
    const from = young < 0 ? this.times.length - 1 : Math.max(0, young - 1);
    const half = from > REMEMBERED_MAX / 4 ? 0 : REMEMBERED_MAX / 2;
    const stays = (_: number, i: number): boolean => i >= from && (i >= half || i % 2 === from % 2);
    this.serials = this.serials.filter(stays);
    this.times = this.times.filter(stays);
  }
}
