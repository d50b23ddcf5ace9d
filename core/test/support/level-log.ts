// What the golden replay of a level records: entries of a partition and of the meta group that reach every
// kind of intent and every branch that a few hundred intents reach. Made once, when a draft is recorded;
// from then on the bytes count.

import type { Mode } from "../../src/contract/api.js";
import { hash32 } from "../../src/lib/hash.js";
import { EntryKind, encodeBlock, eachEntry, type Block } from "../../src/wire/blocks.js";
import { encodeIntent, type EnqueueIntent, type Intent } from "../../src/wire/intents.js";
import { ClusterMachine } from "../../src/cluster/cluster.js";
import { Partition } from "../../src/delivery/partition.js";
import { enqueueMany, settleMany } from "./batches.js";
import { BEGIN, INIT, SETTINGS } from "./machine-rig.js";

const GROUP = 1;
const HOUR_MS = 3_600_000;

export function newPartition(mode: Mode): Partition {
  return new Partition(GROUP, mode);
}

export function newCluster(): ClusterMachine {
  return new ClusterMachine({ topicCreated: () => undefined, topicDeleted: () => undefined });
}

/** Applies what it is given at once, because tokens and places of later intents follow from it. */
class Log {
  readonly blocks: Block[] = [];
  private readonly group: number;
  private readonly machine: Partition | ClusterMachine;
  private stampMs = 1000;

  constructor(group: number, machine: Partition | ClusterMachine) {
    this.group = group;
    this.machine = machine;
  }

  get nextIndex(): number {
    return this.blocks.length + 1;
  }

  add(afterMs: number, ...intents: readonly Intent[]): void {
    this.stampMs += afterMs;
    const index = this.nextIndex;
    const kind = intents.length === 0 ? EntryKind.noop : EntryKind.command;
    const entry = {
      kind,
      stampMs: this.stampMs,
      seedHi: hash32(1, index),
      seedLo: hash32(2, index),
      intents: intents.map(encodeIntent),
    };
    const block = encodeBlock(this.group, index, 1, 1, [entry]);
    eachEntry(block, index, index, (view) => this.machine.apply(view, []));
    this.blocks.push(block);
  }
}

function enqueue(priority: number, more: Partial<EnqueueIntent> = {}): EnqueueIntent {
  return {
    kind: "enqueue",
    priorityHi: priority < 0 ? -1 : 0,
    priorityLo: priority >>> 0,
    payload: Uint8Array.of(priority & 255, 2, 3),
    producer: undefined,
    maxRetries: undefined,
    delayMs: 0,
    ...more,
  };
}

const from = (producerId: string, sequence: number) => ({
  producer: { producerId, epochHi: 0, epochLo: 1, sequenceHi: 0, sequenceLo: sequence },
});

function grant(n: number, more: Partial<Extract<Intent, { kind: "grant" }>> = {}): Intent {
  return {
    kind: "grant",
    edge: 1,
    edgeIncarnation: 1,
    stream: 1,
    round: 1,
    n,
    limit: n,
    visibilityMs: 30_000,
    bound: undefined,
    ...more,
  };
}

/** A lease of now, or one that was, by draw. */
function tokenOf(p: Partition, draw: number) {
  const slots: number[] = [];
  p.messages.forEach((slot) => {
    if (p.messages.fence[slot] > 0) slots.push(slot);
  });
  if (slots.length === 0) return { index: 1, offset: 0, fence: 1, mac: p.mac(1, 0, 1) };
  const slot = slots[draw % slots.length];
  const [index, offset] = [p.messages.index[slot], p.messages.offset[slot]];
  const fence = Math.max(1, p.messages.fence[slot] - (draw % 7 === 0 ? 1 : 0));
  return { index, offset, fence, mac: p.mac(index, offset, fence) };
}

/** One of everything that can be asked of an open partition. */
function drawn(p: Partition, index: number, place: number): Intent {
  const draw = (what: number): number => hash32(3, index, place, what);
  const token = tokenOf(p, draw(1));
  const who = { edge: 1 + (draw(2) % 3), edgeIncarnation: 1, stream: 1 + (draw(3) % 3) };
  switch (draw(0) % 10) {
    case 0:
    case 1:
    case 2: {
      const delayMs = draw(4) % 4 === 0 ? draw(5) % 60_000 : 0;
      const triple = draw(6) % 2 === 0 ? from(`p${draw(7) % 3}`, draw(8) % 20) : {};
      const maxRetries = draw(9) % 3 === 0 ? draw(10) % 3 : undefined;
      return enqueue((draw(11) % 21) - 10, { delayMs, maxRetries, ...triple });
    }
    case 3:
    case 4: {
      const round = draw(7) % 4 === 0 ? Math.max(1, index - 6) : index;
      const bound = draw(5) % 3 === 0 ? { hi: 0, lo: draw(6) % 10 } : undefined;
      return grant(1 + (draw(4) % 4), { ...who, round, bound });
    }
    case 5: {
      const mac = draw(4) % 5 === 0 ? new Uint8Array(16) : token.mac;
      return { kind: "ack", token: { ...token, mac } };
    }
    case 6:
      return { kind: "nack", token, backoffMs: draw(4) % 2 === 0 ? draw(5) % 5000 : undefined };
    case 7:
      return { kind: "extend", token, extensionMs: draw(4) % (13 * HOUR_MS) };
    case 8:
      if (draw(4) % 2 === 0) return { kind: "release", token };
      return {
        kind: "release.undelivered",
        index: token.index,
        offset: token.offset,
        fence: token.fence,
      };
    default:
      if (draw(4) % 3 === 0) return { kind: "stream.close", ...who, graceMs: draw(5) % 9000 };
      return { kind: "tick" };
  }
}

/** Batches behind and before single intents, some of their rows repeated or refused, and what settles them. */
function batches(log: Log): void {
  const urgent = { priorityHi: -(2 ** 31) };
  const rows = [0, 1, 2, 3, 4, 5].map((i) => enqueue(i, { ...urgent, payload: new Uint8Array(i) }));
  const named = enqueueMany(rows.map((row, i) => ({ ...row, ...from("m", 7 + i) })));
  log.add(10, enqueue(1, from("m", 9)), enqueueMany(rows), named, enqueue(2));
  log.add(10, enqueueMany([enqueue(3, { maxRetries: 0 }), enqueue(4, { delayMs: 900 })]), named);
  const index = log.nextIndex;
  log.add(10, enqueueMany(rows), grant(20, { edge: 3, round: 200 }));
  const leases = [0, 1, 2, 3, 9].map((offset) => ({ index, offset, fence: 1, mac: undefined }));
  const all = <K extends "ack" | "release">(kind: K) => leases.map((token) => ({ kind, token }));
  const [a, b] = leases;
  log.add(10, settleMany([{ kind: "extend", token: a, extensionMs: 90_000 }]));
  log.add(10, settleMany([{ kind: "nack", token: b, backoffMs: 0 }]), settleMany(all("release")));
  log.add(10, grant(20, { edge: 3, round: 201 }), settleMany(all("ack")), settleMany(all("ack")));
}

export function partitionLog(mode: Mode): Block[] {
  const p = newPartition(mode);
  const log = new Log(GROUP, p);
  log.add(0);
  log.add(1, enqueue(1), grant(1), { kind: "partition.close" });
  log.add(1, { ...INIT, settings: { ...SETTINGS, mode, maxRetries: 1 } }, enqueue(3));
  log.add(1, enqueue(-3), enqueue(-(2 ** 31)), enqueue(0, { priorityHi: -(2 ** 31) }));
  log.add(1, { ...INIT, macKey: new Uint8Array(16), settings: SETTINGS });
  // Two of one producer, the first again, a forged token, an intent of the meta group.
  log.add(5, enqueue(2, from("p", 1)), enqueue(2, from("p", 2)), enqueue(9, from("p", 1)));
  log.add(5, grant(2), grant(2), grant(3, { round: 2, limit: 1 }));
  log.add(5, { kind: "ack", token: { index: 4, offset: 2, fence: 1, mac: new Uint8Array(16) } });
  log.add(5, { kind: "topic.deleted", topic: "t", firstGroup: 1 });
  // Equals of which the younger one lies in the slot that an acknowledged one left; a round that is over.
  const best = { priorityHi: mode === "MIN" ? -(2 ** 31) : 2 ** 31 - 1 };
  log.add(5, enqueue(1, best), enqueue(1, best), grant(1, { stream: 9, round: 7 }));
  const index = log.nextIndex - 1;
  log.add(5, { kind: "ack", token: { index, offset: 0, fence: 1, mac: p.mac(index, 0, 1) } });
  log.add(5, enqueue(1, best), grant(1, { stream: 9, round: 8 }));
  log.add(5, grant(1, { stream: 9, round: 7 }));
  for (let i = 0; i < 60; i += 1) {
    // The first entry of a new leader.
    if (i % 8 === 5) log.add(1);
    const index = log.nextIndex;
    const count = 1 + (hash32(4, index) % 6);
    const afterMs = hash32(5, index) % (i % 10 === 9 ? 90_000 : 3000);
    log.add(afterMs, ...Array.from({ length: count }, (_, place) => drawn(p, index, place)));
  }
  // A grant of an edge's next life, an edge replaced, leases that run out, what is forgotten after a while.
  log.add(10, grant(3, { edge: 1, edgeIncarnation: 2, round: 1, visibilityMs: 13 * HOUR_MS }));
  log.add(10, { kind: "edge.replaced", edge: 2, edgeIncarnation: 2, graceMs: 700 });
  const closed = { edge: 4, edgeIncarnation: 1, stream: 1 };
  log.add(10, grant(3, { ...closed, round: 1, visibilityMs: 9000 }));
  log.add(10, { kind: "stream.close", ...closed, graceMs: 8000 });
  log.add(10, { kind: "edge.replaced", edge: 4, edgeIncarnation: 2, graceMs: 700 });
  log.add(10, { kind: "extend", token: tokenOf(p, 2), extensionMs: 20 * HOUR_MS });
  for (const afterMs of [800, 6000, 700_000, 13 * HOUR_MS, 25 * HOUR_MS]) {
    log.add(afterMs, { kind: "tick" }, enqueue(4, from("q", 1)), grant(2, { edge: 3, round: 99 }));
  }
  batches(log);
  log.add(10, { kind: "partition.close" }, enqueue(1), grant(1), { kind: "partition.close" });
  return log.blocks;
}

export function clusterLog(): Block[] {
  const log = new Log(0, newCluster());
  const create = (topic: string, partitions: number, replicationFactor: number): Intent => ({
    kind: "topic.create",
    topic,
    settings: { ...SETTINGS, partitions, replicationFactor },
  });
  log.add(0);
  log.add(1, create("early", 1, 3), { kind: "cluster.init", ...BEGIN, members: [] });
  log.add(1, { kind: "cluster.init", ...BEGIN, members: [2, 2] });
  log.add(1, { kind: "cluster.init", ...BEGIN, members: [1, 2, 3, 4, 5] });
  log.add(1, { kind: "cluster.init", ...BEGIN, members: [9] });
  for (const factor of [0, 1, 2, 3, 4, 5, 9]) log.add(2000, create(`t${factor}`, 3, factor));
  log.add(1, create("t0", 1, 1), create("none", 0, 3), create("many", 65_537, 3));
  const [one, two] = [
    { topic: "t1", firstGroup: 4 },
    { topic: "t2", firstGroup: 99 },
  ];
  log.add(1, { kind: "topic.deleted", ...one }, { kind: "topic.deleting", ...two });
  log.add(1, { kind: "topic.deleting", ...one }, { kind: "topic.deleted", ...one });
  log.add(5000, create("t1", 2, 3), { kind: "tick" }, { kind: "partition.close" });
  return log.blocks;
}
