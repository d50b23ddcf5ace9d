// A start holds the tails of the logs and what says which blocks there are, not the logs; and what
// the store held of deleted topics is let go.

import { describe, expect, test } from "vitest";
import { hashBytes } from "../../src/lib/hash.js";
import { StoreReader, type RestoredStore } from "../../src/store/boot.js";
import { encodeBlock, EntryKind } from "../../src/wire/blocks.js";
import {
  blockKey,
  encodeHardState,
  encodeNodeRecord,
  encodeTurnRecord,
  hardStateKey,
  Tag,
  tagKey,
  turnKey,
} from "../../src/wire/disk-records.js";
import { HostRig } from "../support/host-rig.js";
import { heldBy } from "../support/reachable.js";

const GROUP = 1;
const ENTRIES = 20_000;
const PAYLOAD = new Uint8Array(1_000);
const TAIL_BYTES = 64 << 10;
/** Typed arrays of which a few are always there: the last page of columns, windows, chains. */
const ROOM_BYTES = 256 << 10;

/** Reads a log of 20 MB with a chain of as many batches. */
function readLongLog(): { reader: StoreReader; store: RestoredStore } {
  const reader = new StoreReader(TAIL_BYTES);
  const hard = encodeHardState({ term: 1, vote: 1, lastIndex: ENTRIES, lastTerm: 1 });
  const hardStateHash = hashBytes(0x68617264, hard);
  reader.take(tagKey(Tag.node), encodeNodeRecord(1));
  const turn = encodeTurnRecord({
    n: 1,
    boots: 1,
    oldest: 1,
    previousHash: 0,
    previousHash2: 0,
    operationsHash: 0,
    dirty: [{ group: GROUP, lastIndex: ENTRIES, hardStateHash }],
    dirtyBefore: [],
  });
  reader.take(turnKey(1), turn);
  reader.take(hardStateKey(GROUP), hard);
  const entry = { kind: EntryKind.command, stampMs: 1, seedHi: 0, seedLo: 0, intents: [PAYLOAD] };
  for (let index = 1; index <= ENTRIES; index += 1) {
    const { bytes } = encodeBlock(GROUP, index, 1, index === 1 ? 0 : 1, [entry]);
    reader.take(blockKey(GROUP, index), bytes);
  }
  return { reader, store: reader.finish() };
}

describe("a store of 20 MB", () => {
  const { reader, store } = readLongLog();
  const held = heldBy(reader, store);

  test("leaves the tail of the log in memory", () => {
    expect(held.blockBytes).toBeGreaterThan(TAIL_BYTES / 2);
    expect(held.blockBytes).toBeLessThanOrEqual(TAIL_BYTES);
    expect(held.bufferBytes).toBeLessThan(TAIL_BYTES + 24 * ENTRIES + ROOM_BYTES);
  });

  test("costs at most 32 bytes for each block below the tail, and no object", () => {
    const log = store.groups.get(GROUP)?.log;
    expect(log?.lastIndex).toBe(ENTRIES);
    expect(log?.tableBytes).toBeLessThan(32 * ENTRIES);
    expect(held.objects).toBeLessThan(1_000);
  });
});

describe("a node that started over its store", () => {
  const LIMITS = { logTailBytesMax: 8 << 10 };
  const settings = { partitions: 1, replicationFactor: 1 };

  function rest(rig: HostRig): void {
    for (let i = 0; i < 80; i += 1) {
      rig.pass(50);
      rig.settle();
    }
  }

  /** Messages went into both topics; the second was deleted. */
  function used(): HostRig {
    const rig = new HostRig({ limits: LIMITS });
    rig.start();
    rest(rig);
    for (const topic of ["kept", "gone"]) {
      rig.ask({ op: "topic.create", topic, settings });
      rest(rig);
      for (let i = 0; i < 200; i += 1) {
        const message = { topic, payload: PAYLOAD, priorityHi: 0, priorityLo: 0 };
        rig.ask({ op: "enqueue", ...message });
      }
    }
    rig.ask({ op: "topic.delete", topic: "gone", force: true, confirmationToken: "" });
    rest(rig);
    return rig;
  }

  test("holds the tails of the groups that are left, and nothing of a deleted topic", () => {
    const rig = used();
    const again = new HostRig({ store: rig.store, limits: LIMITS });
    again.start();
    // The chain of reads that applies the log goes on from turn to turn.
    for (let i = 0; i < 4; i += 1) rest(again);
    const { groups } = again.host.context;
    expect(groups.size).toBe(2);
    const tails = [...groups.values()].map(({ raft }) => raft.log.heldBytes);
    const held = heldBy(again.host).blockBytes;
    expect(held).toBe(tails[0] + tails[1]);
    expect(held).toBeLessThanOrEqual(2 * LIMITS.logTailBytesMax);
    // All of it is still there to be read.
    const [, partition] = [...groups.values()];
    expect(partition.raft.appliedIndex).toBeGreaterThan(200);
  });
});
