// Damage found at start (D-36, S1, S2): whatever a disk lost, brought back or altered of what was synced
// before the newest batch, the node notices before it takes part.

import { beforeAll, describe, expect, test } from "vitest";
import {
  DamagedStore,
  OtherVersionsStore,
  StoreReader,
  type RestoredStore,
} from "../../src/store/boot.js";
import { crc32 } from "../../src/lib/crc32.js";
import { encodeHardState, hardStateKey, Tag } from "../../src/wire/disk-records.js";
import type { PeerMessage } from "../../src/wire/messages.js";
import { entriesOf, HostRig, type Store } from "../support/host-rig.js";
import { append, blocksOf } from "../support/raft-net.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function read(store: Store): RestoredStore {
  const reader = new StoreReader(1 << 20);
  for (const { key, value } of entriesOf(store)) reader.take(key, value);
  return reader.finish();
}

/** What the reader says of the store: nothing when it takes it. */
function complaint(store: Store): string {
  try {
    read(store);
    return "";
  } catch (error) {
    if (error instanceof DamagedStore) return error.message;
    throw error;
  }
}

function without(store: Store, key: string): Store {
  const copy = new Map(store);
  copy.delete(key);
  return copy;
}

/**
 * A follower's life with everything a log can go through: appends of two terms, a tail that is
 * overwritten and comes back longer, and a restart in between.
 */
function life(): HostRig {
  const first = new HostRig({ nodes: 3 });
  first.start();
  const write = (
    rig: HostRig,
    leader: number,
    term: number,
    from: number,
    terms: number[],
  ): void => {
    const prevTerm = from === 1 ? 0 : terms[from - 2];
    const blocks = blocksOf(terms, from, 0);
    const message = append(term, { prevIndex: from - 1, prevTerm, blocks });
    rig.from(leader, { ...message, group: 0, incarnation: 0 } as PeerMessage);
    rig.settle();
  };
  write(first, 2, 1, 1, [1, 1]);
  write(first, 2, 1, 3, [1, 1, 1]);
  write(first, 2, 1, 4, [1, 1, 1, 1, 1]);
  write(first, 3, 2, 4, [1, 1, 1, 2]);
  const second = new HostRig({ nodes: 3, store: first.store });
  second.start();
  write(second, 3, 2, 5, [1, 1, 1, 2, 2]);
  write(second, 2, 3, 5, [1, 1, 1, 2, 3, 3]);
  write(second, 2, 3, 7, [1, 1, 1, 2, 3, 3, 3]);
  second.history.unshift(...first.history);
  return second;
}

let rig: HostRig;
let store: Store;
/** Keys that the newest batch wrote: what becomes of it at a crash nothing on the disk can tell (D-39). */
let newest: Set<string>;

beforeAll(() => {
  rig = life();
  store = rig.store;
  const { batch } = rig.history[rig.history.length - 1];
  newest = new Set(batch.ops.map((op) => hex(op.key)));
});

describe("an intact store", () => {
  test("is taken as it was written", () => {
    const restored = read(store);
    expect([restored.boots, restored.chain.lastDiskBatch]).toEqual([2, rig.history.length]);
    const group = restored.groups.get(0);
    expect(group?.hardState).toMatchObject({ term: 3, lastIndex: 7, lastTerm: 3 });
    const log = group?.log;
    const indices = [1, 2, 3, 4, 5, 6, 7];
    expect(indices.map((i) => log?.termAt(i))).toEqual([1, 1, 1, 2, 3, 3, 3]);
    expect(indices.map((i) => log?.rangeAt(i))).toEqual(
      indices.map((i) => ({ first: i, last: i })),
    );
  });

  test("is empty for a new node", () => {
    expect(read(new Map())).toMatchObject({
      boots: 0,
      chain: { firstDiskBatch: 0, lastDiskBatch: 0 },
    });
  });

  test("holds only the tail of each log in memory", () => {
    const reader = new StoreReader(1);
    for (const { key, value } of entriesOf(store)) reader.take(key, value);
    const log = reader.finish().groups.get(0)?.log;
    const held = [1, 2, 3, 4, 5, 6, 7].map((index) => log?.blockAt(index) !== undefined);
    expect(held).toEqual([...Array<boolean>(6).fill(false), true]);
  });

  test("may lack the whole newest batch: it was never promised, as far as the disk can tell", () => {
    const { before } = rig.history[rig.history.length - 1];
    expect(read(before).groups.get(0)?.hardState.lastIndex).toBe(6);
  });
});

describe("damage is noticed", () => {
  test("any record that is gone", () => {
    const unnoticed = [...store.keys()].filter((key) => complaint(without(store, key)) === "");
    expect(unnoticed).toEqual([]);
  });

  test("any record that fell back to any older value it ever had", () => {
    const unnoticed: string[] = [];
    for (const [key, value] of store) {
      if (newest.has(key)) continue;
      for (const { before } of rig.history) {
        const older = before.get(key);
        if (older === undefined || older === value) continue;
        if (complaint(new Map(store).set(key, older)) === "") unnoticed.push(key);
      }
    }
    expect(unnoticed).toEqual([]);
  });

  test("any record that was deleted and is there again", () => {
    const unnoticed: string[] = [];
    const deleted = new Set<string>();
    for (const { before } of rig.history) {
      for (const [key, value] of before) {
        if (store.has(key)) continue;
        deleted.add(key);
        if (complaint(new Map(store).set(key, value)) === "") unnoticed.push(key);
      }
    }
    expect(unnoticed).toEqual([]);
    // The life above rewrites every deleted block later on; this one does not.
    expect([...deleted]).toEqual([]);
    const cut = new HostRig({ nodes: 3 });
    cut.start();
    const long = append(1, { blocks: blocksOf([1, 1, 1, 1], 1, 0) });
    cut.from(2, { ...long, group: 0, incarnation: 0 });
    cut.settle();
    const short = append(2, { prevIndex: 1, prevTerm: 1, blocks: blocksOf([1, 2], 2, 0) });
    const before = new Map(cut.store);
    cut.from(3, { ...short, group: 0, incarnation: 0 });
    cut.settle();
    const gone = [...before.keys()].filter((key) => !cut.store.has(key));
    expect(gone).toHaveLength(2);
    for (const key of gone) {
      const value = before.get(key);
      if (value) expect(complaint(new Map(cut.store).set(key, value))).not.toBe("");
    }
  });

  test("any batch that is gone as a whole, unless it is the newest", () => {
    const unnoticed = rig.history.slice(0, -1).filter(({ batch }) => {
      const rest = new Map<string, Uint8Array>();
      for (const h of rig.history) {
        if (h.batch === batch) continue;
        for (const op of h.batch.ops) {
          if (op.type === "put") rest.set(hex(op.key), op.value);
          else rest.delete(hex(op.key));
        }
      }
      return complaint(rest) === "";
    });
    expect(unnoticed.map((h) => h.batch.n)).toEqual([]);
  });

  test("a flipped bit in any record", () => {
    const unnoticed: string[] = [];
    for (const [key, value] of store) {
      for (let at = 0; at < value.length; at += 1) {
        const altered = value.slice();
        altered[at] ^= 1 << (at % 8);
        if (complaint(new Map(store).set(key, altered)) === "") unnoticed.push(`${key} byte ${at}`);
      }
    }
    expect(unnoticed).toEqual([]);
  });

  test("a record under another key", () => {
    const unnoticed: string[] = [];
    for (const [key, value] of store) {
      for (const [other, same] of store) {
        if (key === other || Buffer.compare(value, same) === 0) continue;
        if (complaint(new Map(store).set(other, value)) === "")
          unnoticed.push(`${key} at ${other}`);
      }
    }
    expect(unnoticed).toEqual([]);
  });
});

const key = (tag: number, at: number): string =>
  [...store.keys()].filter((k) => k.startsWith(hex(Uint8Array.of(tag))))[at];

/** The store with one value changed. */
function changed(at: string, change: (bytes: Uint8Array) => void): Store {
  const bytes = Uint8Array.from(store.get(at) ?? []);
  change(bytes);
  return new Map(store).set(at, bytes);
}

describe("what another version wrote is not damaged (D-86)", () => {
  /** A record as another version would write it: its version, and a checksum that is right. */
  const sealedAs = (version: number) => (bytes: Uint8Array) => {
    bytes[0] = version;
    const end = bytes.length - 4;
    new DataView(bytes.buffer).setUint32(end, crc32(bytes, 0, end), true);
  };
  /** Blocks of another version may look like anything behind their first byte. */
  const blockAs = (version: number) => (bytes: Uint8Array) => {
    bytes.fill(0x5a);
    bytes[0] = version;
  };
  test.each([
    ["the node record", () => changed(key(Tag.node, 0), sealedAs(2)), "version 2 of a node record"],
    ["a turn record", () => changed(key(Tag.turn, 1), sealedAs(0)), "version 0 of a turn record"],
    [
      "a hard state",
      () => changed(key(Tag.hardState, 0), sealedAs(9)),
      "version 9 of a hard state",
    ],
    ["a log block", () => changed(key(Tag.block, 1), blockAs(2)), "version 2 of a log block"],
    ["a kind of record", () => new Map(store).set("09", Uint8Array.of(1)), "a record of kind 9"],
    ["a later kind", () => new Map(store).set("fe", Uint8Array.of(1)), "a record of kind 254"],
  ])("%s", (_, written, says) => {
    const node = new HostRig({ nodes: 3, store: written() });
    node.open();
    const said = node.host.fatalMessage ?? "";
    expect(said).toContain("was written by another version of Disheap");
    expect(said).toContain(says);
    expect(said).toContain("Start that version");
    expect(said).toContain("do not move the data directory away");
    expect(said).not.toContain("is damaged");
    expect([node.host.isReady, node.inFlight, node.sent]).toEqual([false, undefined, []]);
    expect(() => read(written())).toThrow(OtherVersionsStore);
  });
});

describe("the sentence", () => {
  test("says what is wrong and what to do", () => {
    const said = complaint(without(store, key(Tag.turn, 3)));
    expect(said).toMatch(/^The data directory is damaged: batch(es)? 4/);
    expect(said).toContain("must not vote");
    expect(said).toContain("keep the data directory for analysis");
    expect(said).toContain("an emptied folder does not come back as this member");
  });

  test.each([
    ["a missing block", () => without(store, key(Tag.block, 2)), "lacks entries 3 to 3"],
    ["a missing last block", () => without(store, key(Tag.block, 6)), "ends at 6, not at 7"],
    ["a missing hard state", () => without(store, key(Tag.hardState, 0)), "hard state of group 0"],
    ["a missing node record", () => without(store, key(Tag.node, 0)), "counts 0 starts"],
    [
      "a block whose version byte alone is wrong",
      () => changed(key(Tag.block, 2), (bytes) => (bytes[0] = 2)),
      "block checksum differs",
    ],
    [
      "a hard state whose version byte alone is wrong",
      () => changed(key(Tag.hardState, 0), (bytes) => (bytes[0] = 2)),
      "wrong checksum",
    ],
    [
      "an older hard state",
      () => {
        const older = encodeHardState({ term: 3, vote: 0, lastIndex: 6, lastTerm: 3 });
        return new Map(store).set(hex(hardStateKey(0)), older);
      },
      "not the newest",
    ],
  ])("names %s", (_, damage, says) => {
    expect(complaint(damage())).toContain(says);
  });

  test("stops the node before it takes part", () => {
    const stopped = new HostRig({ nodes: 3, store: without(store, key(Tag.block, 2)) });
    stopped.open();
    expect(stopped.host.fatalMessage).toContain("lacks entries 3 to 3");
    expect([stopped.host.isReady, stopped.inFlight, stopped.sent]).toEqual([false, undefined, []]);
  });
});
