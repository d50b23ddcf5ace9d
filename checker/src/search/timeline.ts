// A partition's operations laid out for the search: completed operations as call and return entries
// of one linked list in order of time, never-returned ones in a list of their own. Ranks number the
// completed operations by call, slots the never-returned ones.
import type { Operation } from "./model.js";

/** Entry 0 is the head; entries 1.. are calls and returns in order of time. */
export interface Timeline {
  /** Indexes (in the partition) of completed operations by rank. */
  readonly completed: Int32Array;
  /** Indexes (in the partition) of never-returned operations by slot. */
  readonly pending: Int32Array;
  readonly next: Int32Array;
  readonly prev: Int32Array;
  /** Rank of an entry's operation. */
  readonly rankOf: Int32Array;
  /** 1 for a return entry. */
  readonly isReturn: Uint8Array;
  readonly callEntry: Int32Array;
  readonly returnEntry: Int32Array;
  /** Per slot: the first entry that lies after its call, so it may be tried once that is reached. */
  readonly pendingFrom: Int32Array;
  /** Per rank: how many completed operations were called before this one returned. */
  readonly reach: Int32Array;
  /** Bytes of these arrays. */
  readonly bytes: number;
}

/** Per entry three integers and a flag; per operation at most five. */
const ENTRY_BYTES = 13;
const OPERATION_BYTES = 20;

interface Moment {
  readonly at: number;
  readonly isReturn: boolean;
  readonly rank: number;
}

/** A return at the same time as a call comes after it: the two operations overlap. */
function inTime(a: Moment, b: Moment): number {
  return a.at - b.at || Number(a.isReturn) - Number(b.isReturn);
}

function split<I, O>(operations: readonly Operation<I, O>[]): [number[], number[]] {
  const order = operations.map((_, index) => index);
  const call = (index: number) => operations[index]?.call ?? 0;
  order.sort((a, b) => call(a) - call(b) || a - b);
  const returned = (index: number) => Number.isFinite(operations[index]?.ret ?? Infinity);
  return [order.filter(returned), order.filter((index) => !returned(index))];
}

/** Lays out the operations of one partition. */
export function layOut<I, O>(operations: readonly Operation<I, O>[]): Timeline {
  const [completed, pending] = split(operations);
  const moments: Moment[] = completed.flatMap((index, rank) => {
    const operation = operations[index];
    if (operation === undefined) return [];
    return [
      { at: operation.call, isReturn: false, rank },
      { at: operation.ret, isReturn: true, rank },
    ];
  });
  moments.sort(inTime);
  const size = moments.length + 1;
  const timeline: Timeline = {
    completed: Int32Array.from(completed),
    pending: Int32Array.from(pending),
    next: Int32Array.from({ length: size }, (_, entry) => (entry + 1 < size ? entry + 1 : -1)),
    prev: Int32Array.from({ length: size }, (_, entry) => entry - 1),
    rankOf: new Int32Array(size).fill(-1),
    isReturn: new Uint8Array(size),
    callEntry: new Int32Array(completed.length),
    returnEntry: new Int32Array(completed.length),
    pendingFrom: new Int32Array(pending.length),
    reach: new Int32Array(completed.length),
    bytes: size * ENTRY_BYTES + operations.length * OPERATION_BYTES,
  };
  let calls = 0;
  moments.forEach((moment, at) => {
    const entry = at + 1;
    timeline.rankOf[entry] = moment.rank;
    timeline.isReturn[entry] = moment.isReturn ? 1 : 0;
    (moment.isReturn ? timeline.returnEntry : timeline.callEntry)[moment.rank] = entry;
    if (moment.isReturn) timeline.reach[moment.rank] = calls;
    else calls += 1;
  });
  let entry = 0;
  pending.forEach((index, slot) => {
    const call = operations[index]?.call ?? 0;
    // A call at the time of a return overlaps it, as for completed operations.
    while (entry < moments.length && isBefore(moments[entry], call)) entry += 1;
    timeline.pendingFrom[slot] = entry + 1;
  });
  return timeline;
}

function isBefore(moment: Moment | undefined, call: number): boolean {
  if (moment === undefined) return false;
  return moment.at < call || (moment.at === call && !moment.isReturn);
}
