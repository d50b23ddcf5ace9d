// Rows that wait to be sent, in lanes of those that can be in one call.
import { follows, laneOf } from "./columns.js";
import { frameBytesOf, type Row, windowBytesOf } from "./row.js";

/** What a frame, and the node, have room for; taking rows uses it up. */
export interface Room {
  frameBytes: number;
  windowBytes: number;
  rowsMax: number;
}

export class Lanes {
  readonly #lanes = new Map<string, Row[]>();

  get isEmpty(): boolean {
    return this.#lanes.size === 0;
  }

  push(row: Row): void {
    const key = laneOf(row);
    const lane = this.#lanes.get(key);
    if (lane === undefined) this.#lanes.set(key, [row]);
    else lane.push(row);
  }

  /** The rows of the next call, as many as there is room for; none when no lane has a row that fits. */
  take(room: Room): Row[] {
    for (const [key, lane] of this.#lanes) {
      const count = fitting(lane, room);
      if (count === 0) continue;
      const rows = lane.splice(0, count);
      // The next call is of another lane, if there is one.
      this.#lanes.delete(key);
      if (lane.length > 0) this.#lanes.set(key, lane);
      return rows;
    }
    return [];
  }

  /** Takes out what has waited since before `sinceMs`. */
  takeOlder(sinceMs: number): Row[] {
    const old: Row[] = [];
    for (const [key, lane] of this.#lanes) {
      const found = lane.findIndex((row) => row.sinceMs > sinceMs);
      old.push(...lane.splice(0, found < 0 ? lane.length : found));
      if (lane.length === 0) this.#lanes.delete(key);
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
