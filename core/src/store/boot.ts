// Start-up: reads the whole store in chunks, verifies the batch chain (D-36) and restores the groups'
// logs. What was read is checked as it comes and let go: beside the tails of the logs and the columns
// that say which blocks there are, nothing grows with the store. In this version a gap stops the node
// with a sentence; repair from peers comes with membership. What another version wrote is whole, and is
// never called damaged (D-86): who believes that and empties the folder loses a good replica.

import { crc32, type Crc32 } from "../lib/crc32.js";
import { hashBytes } from "../lib/hash.js";
import { MalformedInput, UnknownVersion } from "../lib/bytes.js";
import type { RaftLog } from "../raft/log.js";
import { decodeBlock } from "../wire/blocks.js";
import {
  blockKeyParts,
  decodeHardState,
  decodeNodeRecord,
  keyNumber,
  Tag,
  type HardState,
} from "../wire/disk-records.js";
import { DiskBatchChain, type ChainEnd } from "./disk-batch-chain.js";
import { LogRestore } from "./log-restore.js";

/** One group as the store holds it. */
export interface RestoredGroup {
  readonly hardState: HardState;
  readonly log: RaftLog;
}

export interface RestoredStore {
  readonly boots: number;
  readonly chain: ChainEnd;
  /** Who takes a group takes it out: nothing else lets go of the tail of its log. */
  readonly groups: Map<number, RestoredGroup>;
}

/** This node cannot start on the store; the message says what was found and what to do. */
export class UnusableStore extends Error {}

/** It cannot be trusted. */
export class DamagedStore extends UnusableStore {
  override readonly name = "DamagedStore";
}

/** It is whole, in a format that this version does not know. */
export class OtherVersionsStore extends UnusableStore {
  override readonly name = "OtherVersionsStore";
}

const WHAT_TO_DO =
  "This node must not vote with it; the other nodes keep serving. Stop whatever restarts this node and keep " +
  "the data directory for analysis. Do not start this node with an emptied one: an emptied folder does not come " +
  "back as this member, because it has forgotten its votes and what it acknowledged. A replacement node can " +
  "join once membership changes are available.";

/** What was found, at start or later, and what to do. */
export function damageSentence(found: string): string {
  return `The data directory is damaged: ${found}. ${WHAT_TO_DO}`;
}

function damaged(found: string): DamagedStore {
  return new DamagedStore(damageSentence(found));
}

/** The store's own exceptions go on as they are. */
function judged(error: unknown): unknown {
  if (error instanceof UnknownVersion) {
    return new OtherVersionsStore(
      `The data directory was written by another version of Disheap: ${error.message}. Start that version; ` +
        "its data is whole, so do not move the data directory away.",
    );
  }
  return error instanceof MalformedInput ? damaged(error.message) : error;
}

export class StoreReader {
  private boots = 0;
  private readonly chain = new DiskBatchChain();
  private readonly hardStates = new Map<number, { state: HardState; hash: number }>();
  private readonly logs = new Map<number, LogRestore>();
  private readonly tailBytesMax: number;
  private readonly crc: Crc32;

  /** Of each group's log at most `tailBytesMax` bytes are held. */
  constructor(tailBytesMax: number, crc: Crc32 = crc32) {
    this.tailBytesMax = tailBytesMax;
    this.crc = crc;
  }

  /** Takes one entry of the scan; entries come in key order. */
  take(key: Uint8Array, value: Uint8Array): void {
    try {
      this.read(key, value);
    } catch (error) {
      throw judged(error);
    }
  }

  private read(key: Uint8Array, value: Uint8Array): void {
    switch (key[0]) {
      case Tag.node:
        this.boots = decodeNodeRecord(value);
        break;
      case Tag.turn:
        this.chain.take(keyNumber(key), value);
        break;
      case Tag.hardState:
        this.hardStates.set(keyNumber(key), {
          state: decodeHardState(value),
          hash: hashBytes(0x68617264, value),
        });
        break;
      case Tag.block:
        this.takeBlock(key, value);
        break;
      default:
        throw new UnknownVersion(`a record of kind ${key[0]} is unknown`);
    }
  }

  private takeBlock(key: Uint8Array, value: Uint8Array): void {
    const { group, first } = blockKeyParts(key);
    const block = decodeBlock(value, this.crc);
    if (block.group !== group || block.first !== first) {
      throw new MalformedInput(`a log block of group ${group} lies under a wrong key`);
    }
    this.logOf(group).take(block);
  }

  /** Hard states come before blocks: a log without one ends before its first entry. */
  private logOf(group: number): LogRestore {
    let log = this.logs.get(group);
    if (log === undefined) {
      log = new LogRestore(group, this.hardStates.get(group)?.state, this.tailBytesMax);
      this.logs.set(group, log);
    }
    return log;
  }

  /** Verifies everything against everything; throws `UnusableStore`. */
  finish(): RestoredStore {
    try {
      return this.restored();
    } catch (error) {
      throw judged(error);
    }
  }

  private restored(): RestoredStore {
    const chain = this.chain.finish(this.boots);
    this.verifyMentions();
    if (chain.lastDiskBatch === 0 && this.hardStates.size > 0) {
      throw damaged("the batch chain is missing");
    }
    const groups = new Map<number, RestoredGroup>();
    for (const [group, { state }] of this.hardStates) {
      groups.set(group, { hardState: state, log: this.logOf(group).finish() });
    }
    for (const group of this.logs.keys()) {
      if (!this.hardStates.has(group)) throw damaged(`group ${group} has a log and no hard state`);
    }
    return { boots: this.boots, chain, groups };
  }

  private verifyMentions(): void {
    for (const [group, mention] of this.chain.newest) {
      const stored = this.hardStates.get(group);
      if (!stored) throw damaged(`the hard state of group ${group} is missing`);
      if (stored.hash !== mention.hardStateHash || stored.state.lastIndex !== mention.lastIndex) {
        throw damaged(`the hard state of group ${group} is not the newest one that was written`);
      }
    }
  }
}
