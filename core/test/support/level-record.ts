// The recording of a level: its rules, the bytes of the records on disk, and a log with what applying it
// leads to. The file stands beside the draft number that it speaks of.

import type { ClusterMachine } from "../../src/cluster/cluster.js";
import type { Partition } from "../../src/delivery/partition.js";
import { hashBytes } from "../../src/lib/hash.js";
import { LEVEL_1 } from "../../src/machine/levels/level-1.js";
import type { Level } from "../../src/machine/levels/level.js";
import type { IntentResult } from "../../src/machine/results.js";
import { decodeBlock, eachEntry, type Block } from "../../src/wire/blocks.js";
import {
  blockKey,
  encodeHardState,
  encodeNodeRecord,
  encodeTurnRecord,
  hardStateKey,
  turnKey,
} from "../../src/wire/disk-records.js";
import { clusterLog, newCluster, newPartition, partitionLog } from "./level-log.js";

/** Per entry: its block, the state hash after it, a hash of its results. */
export interface RecordedEntry {
  readonly block: string;
  readonly state: string;
  readonly results: string;
}

export interface Recording {
  readonly rules: Level;
  readonly records: Readonly<Record<string, string>>;
  readonly min: readonly RecordedEntry[];
  readonly max: readonly RecordedEntry[];
  readonly cluster: readonly RecordedEntry[];
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const hex = (value: number): string => value.toString(16).padStart(8, "0");

/** A result without the text for people, and with places instead of this replica's slots. */
function textOf(result: IntentResult, machine: Partition | ClusterMachine): string {
  if (result.type === "refused") return `refused ${result.code}`;
  if (result.type !== "granted" || !("messages" in machine)) return JSON.stringify(result);
  const { index, offset } = machine.messages;
  return JSON.stringify({ ...result, slots: result.slots.map((s) => [index[s], offset[s]]) });
}

/** Applies the blocks to a new machine; what each led to. */
function replay(blocks: readonly Block[], machine: Partition | ClusterMachine): RecordedEntry[] {
  return blocks.map((block) => {
    const results: IntentResult[] = [];
    eachEntry(block, block.first, block.first, (view) => machine.apply(view, results));
    const text = Buffer.from(results.map((r) => textOf(r, machine)).join("\n"));
    return {
      block: base64(block.bytes),
      state: hex(machine.hash.hi) + hex(machine.hash.lo),
      results: hex(hashBytes(1, text)) + hex(hashBytes(2, text)),
    };
  });
}

/** Each recorded log on a new machine of its kind. */
export const REPLAYS = {
  min: (blocks: readonly Block[]) => replay(blocks, newPartition("MIN")),
  max: (blocks: readonly Block[]) => replay(blocks, newPartition("MAX")),
  cluster: (blocks: readonly Block[]) => replay(blocks, newCluster()),
} as const;

export function blocksOf(entries: readonly RecordedEntry[]): Block[] {
  return entries.map(({ block }) => decodeBlock(Uint8Array.from(Buffer.from(block, "base64"))));
}

/** One of each record on disk that is not a block. */
export function recordsNow(): Record<string, string> {
  const dirty = [{ group: 3, lastIndex: 2 ** 40 + 5, hardStateHash: 77 }];
  const turn = { n: 5, boots: 2, oldest: 1, previousHash: 8, previousHash2: 9, operationsHash: 4 };
  return {
    node: base64(encodeNodeRecord(6)),
    hardState: base64(encodeHardState({ term: 7, vote: 2, lastIndex: 2 ** 40, lastTerm: 6 })),
    turn: base64(encodeTurnRecord({ ...turn, dirty, dirtyBefore: [] })),
    keys: [turnKey(5), hardStateKey(3), blockKey(3, 9)].map(base64).join(" "),
  };
}

export function recordNow(): Recording {
  return {
    rules: LEVEL_1,
    records: recordsNow(),
    min: REPLAYS.min(partitionLog("MIN")),
    max: REPLAYS.max(partitionLog("MAX")),
    cluster: REPLAYS.cluster(clusterLog()),
  };
}
