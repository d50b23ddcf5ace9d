// The state hash of a copy in which every row of the specification's digest was put in once, in another order and in
// other slots: what the machine's incremental hash must be (D-63).

import type { Digest, Message } from "@disheap/sim/spec";
import type { Mode } from "../../src/contract/api.js";
import { DedupTable } from "../../src/delivery/dedup.js";
import { LeaseEnd } from "../../src/delivery/lease-end.js";
import { messageHash } from "../../src/delivery/message-hash.js";
import { MessageStore, State } from "../../src/delivery/message-store.js";
import { StreamTable } from "../../src/delivery/streams.js";
import { Tombstones } from "../../src/delivery/tombstones.js";
import { LEVEL_1 } from "../../src/machine/levels/level-1.js";
import type { StateHash } from "../../src/machine/state-hash.js";
import { MachineRig } from "./machine-rig.js";
import { remember } from "./dedup-calls.js";

const ENDED = { acked: 1, nacked: 2, expired: 3, released: 4 } as const;
/** Bounds belong to what changes a state; a copy is only filled. */
const UNBOUNDED = { level: LEVEL_1 };

export function hiOf(priority: bigint): number {
  return Number(priority >> 32n);
}

export function loOf(priority: bigint): number {
  return Number(priority & 0xffff_ffffn);
}

export function hashFromScratch(
  group: number,
  mode: Mode,
  nowMs: number,
  digest: Digest,
): StateHash {
  // Group time, MAC key and closed flag: a machine that saw only those.
  const bare = new MachineRig(group, mode);
  bare.init(0);
  bare.apply({ stampMs: nowMs }, digest.isClosed ? [{ kind: "partition.close" }] : []);
  const { hash } = bare.partition;
  addMessages(digest.messages, hash);
  addStreams(digest, hash);
  const dedup = new DedupTable(UNBOUNDED, hash);
  for (const t of digest.triples) remember(dedup, t, { ...t, stampMs: 0 }, 0);
  const tombstones = new Tombstones(UNBOUNDED, hash);
  for (const e of digest.ended) tombstones.add(e.index, e.offset, e.fence, ENDED[e.how], e.stampMs);
  return hash;
}

function addMessages(messages: readonly Readonly<Message>[], hash: StateHash): void {
  const copy = new MessageStore();
  for (const m of [...messages].reverse()) {
    const slot = copy.add(m.index, m.offset);
    copy.enqueuedMs[slot] = m.enqueuedMs;
    copy.priorityHi[slot] = hiOf(m.priority);
    copy.priorityLo[slot] = loOf(m.priority);
    copy.state[slot] = State[m.state];
    copy.attempts[slot] = m.attempts;
    copy.fence[slot] = m.fence;
    copy.maxRetries[slot] = m.maxRetries;
    copy.leaseEnd[slot] = LeaseEnd[m.ended];
    copy.timeMs[slot] = m.timeMs;
    copy.grantedMs[slot] = m.lease?.grantedMs ?? 0;
    copy.edge[slot] = m.lease?.edge ?? 0;
    copy.edgeIncarnation[slot] = m.lease?.edgeIncarnation ?? 0;
    copy.stream[slot] = m.lease?.stream ?? 0;
    copy.round[slot] = m.lease?.round ?? 0;
    copy.grantIndex[slot] = m.lease?.grantIndex ?? 0;
    hash.add(messageHash(copy, slot, 0x11), messageHash(copy, slot, 0x29));
  }
}

function addStreams({ edges, streams: rows }: Digest, hash: StateHash): void {
  const streams = new StreamTable(UNBOUNDED, hash);
  for (const { edge, incarnation } of edges) streams.replaceEdge(edge, incarnation);
  for (const s of [...rows].reverse()) {
    const state = streams.open(s);
    if (!state) throw new Error("the rebuilt stream must open");
    streams.update(state, s.round, s.granted);
    if (s.isClosed) streams.close(state);
  }
}
