// One group's log as its blocks are read at start, in key order: each must follow the one before, be of
// the term that the next one names, and end where the hard state says. What is wrong is told once all of
// the store was read, so that a broken chain of batches is named first.

import { MalformedInput } from "../lib/bytes.js";
import { RaftLog } from "../raft/log.js";
import type { Block } from "../wire/blocks.js";
import type { HardState } from "../wire/disk-records.js";

export class LogRestore {
  private readonly group: number;
  private readonly hardState: HardState | undefined;
  private readonly tailBytesMax: number;
  private readonly log = new RaftLog();
  private problem: string | undefined;

  constructor(group: number, hardState: HardState | undefined, tailBytesMax: number) {
    this.group = group;
    this.hardState = hardState;
    this.tailBytesMax = tailBytesMax;
  }

  take(block: Block): void {
    if (this.problem !== undefined || this.hardState === undefined) return;
    this.problem = this.problemOf(block, this.hardState);
    if (this.problem !== undefined) return;
    const last = Math.min(block.first + block.count - 1, this.hardState.lastIndex);
    this.log.restore(block, last, this.tailBytesMax);
  }

  private problemOf(block: Block, hardState: HardState): string | undefined {
    const { log } = this;
    const { first, prevTerm } = block;
    if (first > log.lastIndex + 1) return `lacks entries ${log.lastIndex + 1} to ${first - 1}`;
    if (first > hardState.lastIndex) {
      return `holds entry ${first}, beyond its end ${hardState.lastIndex}`;
    }
    // Each block names the term before it: one that fell back to an older value is noticed.
    if (prevTerm !== log.lastTerm) return `holds an older block before entry ${first}`;
    // A term below the one before it cannot be: the block is older than what it follows.
    if (block.term < log.lastTerm) return `holds an older block at entry ${first}`;
    return undefined;
  }

  /** All blocks were taken; throws `MalformedInput` with what is wrong. */
  finish(): RaftLog {
    const { log, hardState } = this;
    const problem = this.problem ?? (hardState && endProblem(log, hardState));
    if (problem !== undefined) {
      throw new MalformedInput(`the log of group ${this.group} ${problem}`);
    }
    return log;
  }
}

function endProblem(log: RaftLog, { lastIndex, lastTerm }: HardState): string | undefined {
  if (log.lastIndex !== lastIndex) return `ends at ${log.lastIndex}, not at ${lastIndex}`;
  if (log.lastTerm !== lastTerm) return `ends in term ${log.lastTerm}, not in ${lastTerm}`;
  return undefined;
}
