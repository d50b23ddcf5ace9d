// What apply and the log rely on, seen to before a block that a peer sent is in anybody's log here (D-89): once it
// is committed it stops every replica, at every start.

import type { Term } from "../lib/brands.js";
import { MalformedInput } from "../lib/bytes.js";
import { BLOCK_HEADER_BYTES, eachEntry, type Block } from "../wire/blocks.js";
import { STAMP_MAX_MS } from "./group-time.js";
import type { RaftLog } from "./log.js";

/** Throws when the block, which begins right behind an index of the log, cannot be of the leader of `term`. */
export function checkBlock(log: RaftLog, block: Block, term: Term): void {
  const before = block.first - 1;
  const prevTerm = log.termAt(before);
  if (block.prevTerm !== prevTerm) {
    throw new MalformedInput(
      `block ${block.first} names term ${block.prevTerm} before it, and it is ${prevTerm}`,
    );
  }
  if (block.term < prevTerm || block.term > term) {
    throw new MalformedInput(
      `block ${block.first} of term ${block.term} is not between those of its log and its leader`,
    );
  }
  checkEntries(block, log.stampAt(before));
}

/** Its entries fill it exactly, and their stamps never go back, nor so far ahead that 48 bits would wrap. */
function checkEntries(block: Block, stampBeforeMs: number): void {
  let stampMs = stampBeforeMs;
  let end = BLOCK_HEADER_BYTES;
  eachEntry(block, block.first, block.first + block.count - 1, (entry) => {
    if (entry.stampMs < stampMs) {
      throw new MalformedInput(`the stamp of entry ${entry.index} goes back`);
    }
    stampMs = entry.stampMs;
    end = entry.to;
  });
  if (stampMs > STAMP_MAX_MS) {
    throw new MalformedInput(`the stamps of block ${block.first} are beyond all clocks`);
  }
  if (end !== block.bytes.length || stampMs !== block.lastStampMs) {
    throw new MalformedInput(`the entries of block ${block.first} do not fill it`);
  }
}
