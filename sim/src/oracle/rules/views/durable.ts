// What a node's disk would hold after a crash now: hard state and the terms of log entries. Values are
// decoded once: the disk keeps the same bytes until they are replaced.

import { decodeBlock, decodeHardState, Tag, type HardState } from "@disheap/core";
import type { NodeView } from "./watched.js";

/** Entries that a log block may hold at most, as the search for an entry's block assumes. */
const BLOCK_ENTRIES_MAX = 65_535;

interface BlockHead {
  readonly first: number;
  readonly count: number;
  readonly term: number;
}

const hex = (value: number, bytes: number): string => value.toString(16).padStart(2 * bytes, "0");
const HARD_STATE = hex(Tag.hardState, 1);
const BLOCK = hex(Tag.block, 1);

export class DurableReader {
  private readonly hardStateKeys = new Map<number, string>();
  /** Per group: what the keys of its blocks begin with. */
  private readonly blockKeys = new Map<number, string>();
  private readonly hardStates = new WeakMap<Uint8Array, HardState>();
  private readonly blocks = new WeakMap<Uint8Array, BlockHead>();

  hardState(node: NodeView, group: number): HardState | undefined {
    let key = this.hardStateKeys.get(group);
    if (key === undefined) {
      key = HARD_STATE + hex(group, 4);
      this.hardStateKeys.set(group, key);
    }
    const bytes = node.disk.durableValue(key);
    if (!bytes) return undefined;
    let state = this.hardStates.get(bytes);
    if (!state) {
      state = decodeHardState(bytes);
      this.hardStates.set(bytes, state);
    }
    return state;
  }

  /** Term of the entry at `index` in the durable log; undefined when it is not there. */
  termAt(node: NodeView, group: number, index: number): number | undefined {
    const state = this.hardState(node, group);
    if (!state || index > state.lastIndex || index < 1) return undefined;
    let key = this.blockKeys.get(group);
    if (key === undefined) {
      key = BLOCK + hex(group, 4);
      this.blockKeys.set(group, key);
    }
    const lowest = Math.max(1, index - BLOCK_ENTRIES_MAX + 1);
    for (let first = index; first >= lowest; first -= 1) {
      const bytes = node.disk.durableValue(key + hex(first, 6));
      if (!bytes) continue;
      const { count, term } = this.head(bytes);
      // The first block at or below the index is the one that counts there (D-28).
      return first + count > index ? term : undefined;
    }
    return undefined;
  }

  private head(bytes: Uint8Array): BlockHead {
    let head = this.blocks.get(bytes);
    if (!head) {
      const { first, count, term } = decodeBlock(bytes);
      head = { first, count, term };
      this.blocks.set(bytes, head);
    }
    return head;
  }
}
