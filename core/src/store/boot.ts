// Start-up: reads the whole store in chunks, verifies the batch chain (D-36) and restores the groups'
// logs. In this version a gap stops the node with a sentence; repair from peers comes with membership.

import { crc32, type Crc32 } from "../lib/crc32.js";
import { hashBytes } from "../lib/hash.js";
import { MalformedInput } from "../lib/bytes.js";
import { decodeBlock, type Block, type BlockHeader } from "../wire/blocks.js";
import {
  blockKeyParts,
  decodeHardState,
  decodeNodeRecord,
  decodeTurnRecord,
  keyNumber,
  Tag,
  turnRecordHash,
  type DirtyGroup,
  type HardState,
} from "../wire/disk-records.js";

/** One group as the store holds it: blocks in key order with their valid ends. */
export interface RestoredBlock {
  readonly header: BlockHeader;
  readonly size: number;
  /** Undefined below the tail: read from disk when needed. */
  block: Block | undefined;
  last: number;
}

export interface RestoredGroup {
  readonly hardState: HardState;
  readonly blocks: readonly RestoredBlock[];
}

export interface RestoredStore {
  readonly boots: number;
  readonly lastBatch: number;
  readonly lastHash: readonly [number, number];
  readonly lastDirty: readonly DirtyGroup[];
  readonly keptBatches: number[];
  readonly groups: ReadonlyMap<number, RestoredGroup>;
}

/** The store cannot be trusted; the message says what was found and what to do. */
export class DamagedStore extends Error {
  override readonly name = "DamagedStore";
}

const WHAT_TO_DO =
  "This node must not vote with it. Move its data directory away and keep it for analysis; the other " +
  "nodes keep serving. A replacement node can join once membership changes are available.";

function damaged(found: string): DamagedStore {
  return new DamagedStore(`The data directory is damaged: ${found}. ${WHAT_TO_DO}`);
}

interface GroupBlocks {
  readonly list: RestoredBlock[];
  heldBytes: number;
  /** Blocks below this place gave up their bytes. */
  heldFrom: number;
}

export class StoreReader {
  private boots = 0;
  private readonly turns: { n: number; bytes: Uint8Array }[] = [];
  private readonly hardStates = new Map<number, { state: HardState; hash: number }>();
  private readonly blocks = new Map<number, GroupBlocks>();
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
      if (error instanceof MalformedInput) throw damaged(error.message);
      throw error;
    }
  }

  private read(key: Uint8Array, value: Uint8Array): void {
    switch (key[0]) {
      case Tag.node:
        this.boots = decodeNodeRecord(value);
        break;
      case Tag.turn:
        this.turns.push({ n: keyNumber(key), bytes: value });
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
        throw damaged(`a record of unknown kind ${key[0]}`);
    }
  }

  /** Verifies everything against everything; throws `DamagedStore`. */
  finish(): RestoredStore {
    const last = this.verifyChain();
    const groups = new Map<number, RestoredGroup>();
    for (const [group, { state }] of this.hardStates) {
      groups.set(group, this.restoreGroup(group, state));
    }
    for (const group of this.blocks.keys()) {
      if (!this.hardStates.has(group)) throw damaged(`group ${group} has a log and no hard state`);
    }
    return {
      boots: this.boots,
      lastBatch: last.n,
      lastHash: last.hash,
      lastDirty: last.dirty,
      keptBatches: this.turns.map((t) => t.n),
      groups,
    };
  }

  /** Batch numbers without a gap, each naming the hash of the one before; then the newest mentions. */
  private verifyChain(): {
    n: number;
    hash: readonly [number, number];
    dirty: readonly DirtyGroup[];
  } {
    let previous:
      { n: number; hash: readonly [number, number]; dirty: readonly DirtyGroup[] } | undefined;
    const newest = new Map<number, DirtyGroup>();
    let oldest = 0;
    let boots = 0;
    for (const turn of this.turns) {
      const record = this.decodeTurn(turn);
      if (previous) {
        if (record.n !== previous.n + 1) {
          throw damaged(`batches ${previous.n + 1} to ${record.n - 1} are missing`);
        }
        const [a, b] = previous.hash;
        if (record.previousHash !== a || record.previousHash2 !== b) {
          throw damaged(`batch ${record.n} does not follow the batch ${previous.n} that is stored`);
        }
      }
      for (const d of record.dirtyBefore) if (!newest.has(d.group)) newest.set(d.group, d);
      for (const d of record.dirty) newest.set(d.group, d);
      oldest = record.oldest;
      boots = record.boots;
      previous = { n: record.n, hash: turnRecordHash(turn.bytes), dirty: record.dirty };
    }
    if (previous && this.turns[0].n !== oldest) {
      throw damaged(`batches ${oldest} to ${this.turns[0].n - 1} are missing`);
    }
    if (boots !== this.boots) {
      throw damaged(`the node record counts ${this.boots} starts, the newest batch ${boots}`);
    }
    this.verifyMentions(newest);
    if (!previous && this.hardStates.size > 0) throw damaged("the batch chain is missing");
    return previous ?? { n: 0, hash: [0, 0], dirty: [] };
  }

  private decodeTurn(turn: { n: number; bytes: Uint8Array }): ReturnType<typeof decodeTurnRecord> {
    try {
      const record = decodeTurnRecord(turn.bytes);
      if (record.n !== turn.n) throw new MalformedInput(`turn record ${turn.n} names ${record.n}`);
      return record;
    } catch (error) {
      if (error instanceof MalformedInput) throw damaged(error.message);
      throw error;
    }
  }

  private verifyMentions(newest: ReadonlyMap<number, DirtyGroup>): void {
    for (const [group, mention] of newest) {
      const stored = this.hardStates.get(group);
      if (!stored) throw damaged(`the hard state of group ${group} is missing`);
      if (stored.hash !== mention.hardStateHash || stored.state.lastIndex !== mention.lastIndex) {
        throw damaged(`the hard state of group ${group} is not the newest one that was written`);
      }
    }
  }

  private takeBlock(key: Uint8Array, value: Uint8Array): void {
    const { group, first } = blockKeyParts(key);
    const block = decodeBlock(value, this.crc);
    if (block.group !== group || block.first !== first) {
      throw new MalformedInput(`a log block of group ${group} lies under a wrong key`);
    }
    const blocks = this.blocks.get(group) ?? { list: [], heldBytes: 0, heldFrom: 0 };
    this.blocks.set(group, blocks);
    blocks.list.push({ header: block, size: value.length, block, last: first + block.count - 1 });
    blocks.heldBytes += value.length;
    while (blocks.heldBytes > this.tailBytesMax && blocks.heldFrom < blocks.list.length - 1) {
      const old = blocks.list[blocks.heldFrom];
      old.block = undefined;
      blocks.heldBytes -= old.size;
      blocks.heldFrom += 1;
    }
  }

  private restoreGroup(group: number, hardState: HardState): RestoredGroup {
    const list = this.blocks.get(group)?.list ?? [];
    let expected = 1;
    let term = 0;
    for (let i = 0; i < list.length; i += 1) {
      const { first, prevTerm } = list[i].header;
      const nextFirst = i + 1 < list.length ? list[i + 1].header.first : Infinity;
      if (first !== expected) {
        throw damaged(`the log of group ${group} lacks entries ${expected} to ${first - 1}`);
      }
      // Each block names the term before it: one that fell back to an older value is noticed.
      if (prevTerm !== term) {
        throw damaged(`the log of group ${group} holds an older block before entry ${first}`);
      }
      term = list[i].header.term;
      list[i].last = Math.min(list[i].last, nextFirst - 1, hardState.lastIndex);
      expected = list[i].last + 1;
    }
    if (expected !== hardState.lastIndex + 1) {
      throw damaged(
        `the log of group ${group} ends at ${expected - 1}, not at ${hardState.lastIndex}`,
      );
    }
    if (term !== hardState.lastTerm) {
      throw damaged(`the log of group ${group} ends in term ${term}, not in ${hardState.lastTerm}`);
    }
    return { hardState, blocks: list };
  }
}
