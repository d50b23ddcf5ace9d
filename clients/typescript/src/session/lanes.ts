// Rows that wait to be sent, in lanes of those that can be in one call.
import { follows, shareLane } from "./columns.js";
import { frameBytesOf, type Row, windowBytesOf } from "./row.js";

/** What a frame, and the node, have room for; taking rows uses it up. */
export interface Room {
  frameBytes: number;
  windowBytes: number;
  rowsMax: number;
}

export class Lanes {
  /** In the order in which their next call is due; none is empty. */
  readonly #lanes: Row[][] = [];

  get isEmpty(): boolean {
    return this.#lanes.length === 0;
  }

  push(row: Row): void {
    for (const lane of this.#lanes) {
      const [first] = lane;
      if (first === undefined || !shareLane(first, row)) continue;
      lane.push(row);
      return;
    }
    this.#lanes.push([row]);
  }

  /** The rows of the next call, as many as there is room for; none when no lane has a row that fits. */
  take(room: Room): Row[] {
    for (const [place, lane] of this.#lanes.entries()) {
      const count = fitting(lane, room);
      if (count === 0) continue;
      this.#lanes.splice(place, 1);
      if (count === lane.length) return lane;
      const rows = lane.splice(0, count);
      // The next call is of another lane, if there is one.
      this.#lanes.push(lane);
      return rows;
    }
    return [];
  }

  /** Takes out what has waited since before `sinceMs`. */
  takeOlder(sinceMs: number): Row[] {
    const old: Row[] = [];
    for (const lane of this.#lanes.splice(0)) {
      const found = lane.findIndex((row) => row.sinceMs > sinceMs);
      old.push(...lane.splice(0, found < 0 ? lane.length : found));
      if (lane.length > 0) this.#lanes.push(lane);
    }
    return old;
  }
}

function fitting(lane: readonly Row[], room: Room): number {
  let count = 0;
  for (const row of lane) {
    const last = lane[count - 1];
    if (count >= room.rowsMax || (last !== undefined && !follows(last, row))) break;
    const frameBytes = frameBytesOf(row);
    const windowBytes = windowBytesOf(row);
    if (frameBytes > room.frameBytes || windowBytes > room.windowBytes) break;
    room.frameBytes -= frameBytes;
    room.windowBytes -= windowBytes;
    count += 1;
  }
  return count;
}
