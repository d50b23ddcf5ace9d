// Reads of log blocks that are no longer in memory (FetchLog, D-54): asked for by token; an answer is
// checked against the log as it is then. What does not fit because the log was cut meanwhile is dropped and asked
// for again; what does not fit a log that was not is damage, or it would be asked for again for ever (rev-F7).
// Invariant:
//   LRD1 each read that was submitted is answered once, by its token.

import { assert } from "../lib/assert.js";
import type { LogIndex, Member } from "../lib/brands.js";
import { decodeBlock, type Block } from "../wire/blocks.js";
import type { Crc32 } from "../lib/crc32.js";
import { MalformedInput } from "../lib/bytes.js";
import { blockKey } from "../wire/disk-records.js";
import type { Replica } from "../member/replica.js";
import { damageSentence } from "./boot.js";
import type { DiskEntry } from "./disk.js";

type ReadPurpose =
  { readonly type: "replicate"; readonly peer: Member } | { readonly type: "apply" };

export interface LogRead {
  readonly token: number;
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly bytesMax: number;
}

interface Outstanding {
  readonly replica: Replica;
  readonly purpose: ReadPurpose;
  readonly fromIndex: number;
  /** How often the log had been cut, and how far it was synced, when the read was asked for. */
  readonly cuts: number;
  readonly durableIndex: LogIndex;
}

/** For apply; what a follower lacks is read in pieces of one append. */
const APPLY_READ_BYTES = 1 << 20;

export class LogReads {
  private readonly outstanding = new Map<number, Outstanding>();
  private queue: LogRead[] = [];
  private nextToken = 1;

  request(replica: Replica, purpose: ReadPurpose, fromIndex: number): void {
    const token = this.nextToken;
    this.nextToken += 1;
    const { cuts, durableIndex, settings } = replica.raft;
    this.outstanding.set(token, { replica, purpose, fromIndex, cuts, durableIndex });
    const from = blockKey(replica.id, replica.raft.log.rangeAt(fromIndex).first);
    const bytesMax = purpose.type === "apply" ? APPLY_READ_BYTES : settings.appendBytesMax;
    this.queue.push({ token, from, to: blockKey(replica.id, 2 ** 47), bytesMax });
  }

  /** Reads to submit in this turn. */
  take(): readonly LogRead[] {
    const { queue } = this;
    this.queue = [];
    return queue;
  }

  get size(): number {
    return this.outstanding.size;
  }

  finish(token: number): Outstanding {
    const found = this.outstanding.get(token);
    assert(found !== undefined, "LRD1: a read is answered once");
    this.outstanding.delete(token);
    return found;
  }
}

/**
 * The blocks among the values that are still the ones in the replica's log; or the sentence with which the node
 * has to stop: a block that cannot be read back, is not there or is another one is damage of the own disk.
 */
export function currentBlocks(
  read: Outstanding,
  { entries, done }: { readonly entries: readonly DiskEntry[]; readonly done: boolean },
): Block[] | string {
  const { replica, durableIndex } = read;
  const { log, host, cuts } = replica.raft;
  const blocks: Block[] = [];
  // The entry that has to come next. Of a log that was cut nobody knows what the disk held at the time.
  let due = cuts === read.cuts ? read.fromIndex : Infinity;
  for (const { value } of entries) {
    const block = readBlock(value, host.crc);
    if (typeof block === "string") {
      return damageSentence(`a log block of group ${replica.id} cannot be read back: ${block}`);
    }
    const isOurs = block.group === replica.id && log.holds(block);
    if (due <= durableIndex) {
      const { first, last } = log.rangeAt(due);
      if (!isOurs || block.first !== first) return damageSentence(notThere(replica, due));
      due = last + 1;
    }
    if (block.first > log.lastIndex) break;
    if (isOurs) blocks.push(block);
  }
  return done && due <= durableIndex ? damageSentence(notThere(replica, due)) : blocks;
}

function notThere(replica: Replica, index: LogIndex): string {
  return `entry ${index} in the log of group ${replica.id} is not there any more, or not as it was written`;
}

/** Or what is wrong with it. */
function readBlock(value: Uint8Array, crc: Crc32): Block | string {
  try {
    return decodeBlock(value, crc);
  } catch (error) {
    if (error instanceof MalformedInput) return error.message;
    throw error;
  }
}
