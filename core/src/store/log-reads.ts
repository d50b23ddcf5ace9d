// Reads of log blocks that are no longer in memory (FetchLog, D-54): asked for by token; an answer is
// checked against the log as it is then, and what no longer fits is dropped and asked for again.

import { decodeBlock, type Block } from "../wire/blocks.js";
import type { Crc32 } from "../lib/crc32.js";
import { MalformedInput } from "../lib/bytes.js";
import { blockKey } from "../wire/disk-records.js";
import type { Replica } from "../member/replica.js";
import { damageSentence } from "./boot.js";
import type { DiskEntry } from "./disk.js";

export type ReadPurpose =
  { readonly type: "replicate"; readonly peer: number } | { readonly type: "apply" };

export interface LogRead {
  readonly token: number;
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly bytesMax: number;
}

interface Outstanding {
  readonly slot: Replica;
  readonly purpose: ReadPurpose;
  readonly fromIndex: number;
}

const READ_BYTES = 1 << 20;

export class LogReads {
  private readonly outstanding = new Map<number, Outstanding>();
  private queue: LogRead[] = [];
  private nextToken = 1;

  request(slot: Replica, purpose: ReadPurpose, fromIndex: number): void {
    const token = this.nextToken;
    this.nextToken += 1;
    this.outstanding.set(token, { slot, purpose, fromIndex });
    const from = blockKey(slot.id, slot.raft.log.rangeAt(fromIndex).first);
    this.queue.push({ token, from, to: blockKey(slot.id, 2 ** 47), bytesMax: READ_BYTES });
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

  finish(token: number): Outstanding | undefined {
    const found = this.outstanding.get(token);
    this.outstanding.delete(token);
    return found;
  }
}

/**
 * The blocks among the values that are still the ones in the slot's log; or the sentence with which the node
 * has to stop: a block that cannot be read back is damage of the own disk, not somebody's malformed input.
 */
export function currentBlocks(slot: Replica, entries: readonly DiskEntry[]): Block[] | string {
  const { log, host } = slot.raft;
  const blocks: Block[] = [];
  for (const { value } of entries) {
    const block = readBlock(value, host.crc);
    if (typeof block === "string") {
      return damageSentence(`a log block of group ${slot.id} cannot be read back: ${block}`);
    }
    if (block.first > log.lastIndex) break;
    if (log.holds(block)) blocks.push(block);
  }
  return blocks;
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
