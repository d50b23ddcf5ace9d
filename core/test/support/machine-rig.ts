// A partition machine driven by real entries: intents are encoded into a block and applied from its
// bytes, as on every replica.

import type { Mode, TopicSettings } from "../../src/contract/api.js";
import type { MachineEvent } from "../../src/delivery/events.js";
import type { IntentResult } from "../../src/machine/results.js";
import { Partition } from "../../src/delivery/partition.js";
import { LEVEL_1 } from "../../src/machine/levels/level-1.js";
import type { Level } from "../../src/machine/levels/level.js";
import { eachEntry, encodeBlock, EntryKind } from "../../src/wire/blocks.js";
import { encodeIntent, type Intent, type TokenFields } from "../../src/wire/intents.js";

export const SETTINGS: TopicSettings = {
  mode: "MIN",
  partitions: 1,
  replicationFactor: 3,
  topKBound: 100,
  retentionMs: 86_400_000,
  visibilityMs: 30_000,
  maxRetries: 3,
  maxPayloadBytes: 1 << 20,
  compression: false,
  dlqEnabled: true,
  dlqRetentionMs: 604_800_000,
};

/** What an init entry of this build names. */
export const BEGIN = { level: LEVEL_1.number, draft: LEVEL_1.draft };

/** How a partition begins, but for its settings. */
export const INIT = {
  kind: "partition.init",
  ...BEGIN,
  macKey: Uint8Array.from({ length: 16 }, (_, i) => 17 * i + 1),
} as const;

/** The newest level with other bounds, so that few steps reach them. */
export function levelWith(changes: Partial<Level>): Level {
  return { ...LEVEL_1, ...changes };
}

export interface EntryOptions {
  readonly stampMs: number;
  readonly seedHi?: number;
  readonly seedLo?: number;
}

export class MachineRig {
  readonly partition: Partition;
  readonly events: MachineEvent[] = [];
  index = 0;

  constructor(group = 1, mode: Mode = "MIN", changes: Partial<Level> = {}) {
    this.partition = new Partition(group, mode, () => levelWith(changes));
    this.partition.listener = (event) => this.events.push(event);
  }

  /** Applies one entry and returns the results of its intents. */
  apply(options: EntryOptions, intents: readonly Intent[]): IntentResult[] {
    this.index += 1;
    const { stampMs, seedHi = 1, seedLo = 2 } = options;
    const kind = intents.length === 0 ? EntryKind.noop : EntryKind.command;
    const entry = { kind, stampMs, seedHi, seedLo, intents: intents.map(encodeIntent) };
    const block = encodeBlock(this.partition.group, this.index, 1, 1, [entry]);
    const results: IntentResult[] = [];
    eachEntry(block, this.index, this.index, (view) => this.partition.apply(view, results));
    return results;
  }

  init(stampMs: number, settings: Partial<TopicSettings> = {}): void {
    const all = { ...SETTINGS, mode: this.partition.mode, ...settings };
    this.apply({ stampMs }, [{ ...INIT, settings: all }]);
  }

  token(index: number, offset: number, fence: number): TokenFields & { readonly mac: Uint8Array } {
    return { index, offset, fence, mac: this.partition.mac(index, offset, fence) };
  }
}
