// The machine against a naive model of the contract, entry by entry, and its incremental state hash
// against one computed from scratch over a rebuilt copy (D-63).

import fc from "fast-check";
import { expect, test } from "vitest";
import { DedupTable } from "../../src/delivery/dedup.js";
import { LeaseEnd } from "../../src/delivery/lease-end.js";
import type { IntentResult } from "../../src/machine/results.js";
import { MessageStore, State } from "../../src/delivery/message-store.js";
import { messageHash } from "../../src/delivery/message-hash.js";
import type { StateHash } from "../../src/machine/state-hash.js";
import { StreamTable } from "../../src/delivery/streams.js";
import { Tombstones } from "../../src/delivery/tombstones.js";
import { ladder } from "../../src/delivery/views.js";
import type { Mode } from "../../src/contract/api.js";
import type { Intent, TokenParts } from "../../src/wire/intents.js";
import { INIT, levelWith, MachineRig, SETTINGS } from "../support/machine-rig.js";
import { NaivePartition } from "../support/naive-partition.js";

const GROUP = 3;
const SMALL = levelWith({ dedupPerProducerMax: 3, tombstonesMax: 4, tombstoneMs: 20_000 });

/** An intent before the run: leases are picked among those there are when its turn comes. */
type Plan =
  | { readonly type: "intent"; readonly intent: Intent }
  | {
      readonly type: "lease";
      readonly kind: "ack" | "nack" | "extend" | "release" | "release.undelivered";
      readonly pick: number;
      readonly isForged: boolean;
      readonly fenceShift: number;
      readonly ms: number | undefined;
    };

const priority = fc.constantFrom(
  [-2147483648, 0] as const,
  [-1, 4294967295] as const,
  [0, 0] as const,
  [0, 1] as const,
  [2147483647, 4294967295] as const,
);
const edge = fc.constantFrom(1, 2);
const edgeIncarnation = fc.constantFrom(1, 1, 1, 2, 3);
const stream = fc.constantFrom(7, 8);
const graceMs = fc.constantFrom(0, 500, 5000);
const short = fc.constantFrom(0, 1, 100, 3000, 43_200_000, 50_000_000);

const enqueue = fc
  .record({
    priority,
    producer: fc.option(
      fc.record({
        producerId: fc.constantFrom("a", "b"),
        epochHi: fc.constant(0),
        epochLo: fc.constantFrom(1, 2),
        sequenceHi: fc.constantFrom(0, 2 ** 21),
        sequenceLo: fc.nat(5),
      }),
      { nil: undefined },
    ),
    maxRetries: fc.option(fc.nat(2), { nil: undefined }),
    delayMs: fc.constantFrom(0, 0, 0, 1, 2500),
  })
  .map(({ priority: [priorityHi, priorityLo], ...rest }): Plan => ({
    type: "intent",
    intent: { kind: "enqueue", priorityHi, priorityLo, payload: Uint8Array.of(1), ...rest },
  }));

const grant = fc
  .record({
    edge,
    edgeIncarnation,
    stream,
    round: fc.integer({ min: 0, max: 3 }),
    n: fc.nat(5),
    limit: fc.nat(4),
    visibilityMs: short,
    bound: fc.option(
      priority.map(([hi, lo]) => ({ hi, lo })),
      { nil: undefined },
    ),
  })
  .map((g): Plan => ({ type: "intent", intent: { kind: "grant", ...g } }));

const onLease = fc.record({
  type: fc.constant("lease" as const),
  kind: fc.constantFrom(
    "ack" as const,
    "ack" as const,
    "nack" as const,
    "extend" as const,
    "release" as const,
    "release.undelivered" as const,
    "release.undelivered" as const,
  ),
  pick: fc.nat(20),
  isForged: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  fenceShift: fc.constantFrom(0, 0, 0, 0, 1),
  ms: fc.option(short, { nil: undefined }),
});

const rare = fc.oneof(
  fc.record({ kind: fc.constant("stream.close" as const), edge, edgeIncarnation, stream, graceMs }),
  fc.record({ kind: fc.constant("edge.replaced" as const), edge, edgeIncarnation, graceMs }),
  fc.constant({ kind: "tick" as const }),
);

const plan: fc.Arbitrary<Plan> = fc.oneof(
  { arbitrary: enqueue, weight: 6 },
  { arbitrary: grant, weight: 6 },
  { arbitrary: onLease, weight: 6 },
  { arbitrary: rare.map((intent): Plan => ({ type: "intent", intent })), weight: 1 },
);

const entry = fc.record({
  afterMs: fc.oneof(fc.constantFrom(0, 0, 1, 99, 100), fc.nat(4000), fc.constantFrom(40_000)),
  seedHi: fc.nat(4294967295),
  seedLo: fc.nat(4294967295),
  plans: fc.array(plan, { maxLength: 6 }),
});

/** The intent of a plan, against the leases that were ever given out. */
function resolve(p: Plan, rig: MachineRig, given: readonly TokenParts[]): Intent | undefined {
  if (p.type === "intent") return p.intent;
  if (given.length === 0) return undefined;
  const at = given[given.length - 1 - (p.pick % given.length)];
  const fence = at.fence + p.fenceShift;
  if (p.kind === "release.undelivered") {
    return { kind: p.kind, index: at.index, offset: at.offset, fence };
  }
  const token = rig.token(at.index, at.offset, fence);
  if (p.isForged) token.mac[0] ^= 1;
  if (p.kind === "ack") return { kind: "ack", token };
  if (p.kind === "release") return { kind: "release", token };
  if (p.kind === "nack") return { kind: "nack", token, backoffMs: p.ms };
  return { kind: "extend", token, extensionMs: p.ms ?? 10 };
}

/** Slots and messages out of a result, so that both sides can be compared. */
function comparable(result: IntentResult, places: (slot: number) => number): unknown {
  if (result.type === "granted") return { ...result, slots: result.slots.map(places) };
  return result.type === "refused" ? { type: result.type, code: result.code } : result;
}

function compareMessages(rig: MachineRig, naive: NaivePartition): void {
  const m = rig.partition.messages;
  expect(m.size).toBe(naive.messages.length);
  for (const expected of naive.messages) {
    const slot = m.find(expected.index, expected.offset);
    const found = {
      state: m.state[slot],
      attempts: m.attempts[slot],
      fence: m.fence[slot],
      timeMs: m.timeMs[slot],
      enqueuedMs: m.enqueuedMs[slot],
      hi: m.priorityHi[slot],
      lo: m.priorityLo[slot],
      maxRetries: m.maxRetries[slot],
    };
    const { state, attempts, fence, timeMs, enqueuedMs, hi, lo, maxRetries } = expected;
    const code = State[state];
    expect(found).toEqual({ state: code, attempts, fence, timeMs, enqueuedMs, hi, lo, maxRetries });
    // Q15: the heaps agree with the states.
    expect(rig.partition.ready.has(slot)).toBe(state === "ready");
    expect(rig.partition.timers.has(slot)).toBe(state === "leased" || state === "delayed");
  }
}

function compareCounts(rig: MachineRig, naive: NaivePartition): void {
  const count = (state: string): number => naive.messages.filter((m) => m.state === state).length;
  expect(rig.partition.counts).toMatchObject({
    totalMessages: count("ready") + count("delayed") + count("leased"),
    inflightMessages: count("leased"),
    dlqMessages: count("dead"),
  });
  const timers = naive.messages.filter((m) => m.state === "leased" || m.state === "delayed");
  expect(rig.partition.nextTimerMs).toBe(Math.min(Infinity, ...timers.map((m) => m.timeMs)));
}

function compareOrder(rig: MachineRig, naive: NaivePartition): void {
  const expanded = ladder(rig.partition, 100).rungs.flatMap((r) =>
    Array.from({ length: r.count }, () => [r.hi, r.lo]),
  );
  expect(expanded).toEqual(naive.ready.map((m) => [m.hi, m.lo]));
}

/** The hash of a copy in which every row was put in once, in another order and in other slots. */
function hashFromScratch(rig: MachineRig, naive: NaivePartition, mode: Mode): StateHash {
  // Group time, MAC key and closed flag: a machine that saw only those.
  const bare = new MachineRig(GROUP, mode);
  bare.init(0);
  bare.apply({ stampMs: rig.partition.nowMs }, naive.isClosed ? [{ kind: "partition.close" }] : []);
  const { hash } = bare.partition;
  const copy = new MessageStore();
  for (const m of [...naive.messages].reverse()) {
    const slot = copy.add(m.index, m.offset);
    copy.enqueuedMs[slot] = m.enqueuedMs;
    copy.priorityHi[slot] = m.hi;
    copy.priorityLo[slot] = m.lo;
    copy.state[slot] = State[m.state];
    copy.attempts[slot] = m.attempts;
    copy.fence[slot] = m.fence;
    copy.maxRetries[slot] = m.maxRetries;
    copy.leaseEnd[slot] = LeaseEnd[m.ended === "no" ? "none" : m.ended];
    copy.timeMs[slot] = m.timeMs;
    copy.grantedMs[slot] = m.lease?.grantedMs ?? 0;
    copy.edge[slot] = m.lease?.edge ?? 0;
    copy.edgeIncarnation[slot] = m.lease?.edgeIncarnation ?? 0;
    copy.stream[slot] = m.lease?.stream ?? 0;
    copy.round[slot] = m.lease?.round ?? 0;
    copy.grantIndex[slot] = m.lease?.grantIndex ?? 0;
    hash.add(messageHash(copy, slot, 0x11), messageHash(copy, slot, 0x29));
  }
  const streams = new StreamTable({ level: SMALL }, hash);
  for (const [e, incarnation] of naive.edges) streams.replaceEdge(e, incarnation);
  for (const s of [...naive.streams].reverse()) {
    const state = streams.open(s.edge, naive.edges.get(s.edge) ?? 0, s.stream);
    if (!state) throw new Error("the rebuilt stream must open");
    streams.update(state, s.round, s.granted);
    if (s.isClosed) streams.close(state);
  }
  const dedup = new DedupTable({ level: SMALL }, hash);
  for (const f of naive.firsts) dedup.remember(f.triple, f, 0);
  const tombstones = new Tombstones({ level: SMALL }, hash);
  for (const t of naive.tombstones)
    tombstones.add(t.index, t.offset, t.fence, t.settled, t.stampMs);
  return hash;
}

test.each(["MIN", "MAX"] as const)(
  "%s: every result, state, order and hash is that of the naive model",
  (mode) => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 25 }), (entries) => {
        const rig = new MachineRig(GROUP, mode, SMALL);
        rig.init(0);
        const settings = { ...SETTINGS, mode };
        const naive = new NaivePartition(mode, SMALL, (t) => {
          const right = rig.partition.mac(t.index, t.offset, t.fence);
          return right.every((byte, i) => byte === t.mac[i]);
        });
        naive.apply({ index: 1, stampMs: 0, seedHi: 1, seedLo: 2 }, [{ ...INIT, settings }]);
        const given: TokenParts[] = [];
        let stampMs = 0;
        for (const { afterMs, seedHi, seedLo, plans } of entries) {
          stampMs += afterMs;
          const intents = plans
            .map((p) => resolve(p, rig, given))
            .filter((i): i is Intent => i !== undefined);
          const expected = naive.apply({ index: rig.index + 1, stampMs, seedHi, seedLo }, intents);
          // Slots are read when the entry is through: an ack in it may have freed them.
          rig.events.length = 0;
          const found = rig.apply({ stampMs, seedHi, seedLo }, intents);
          const granted = rig.events.filter((e) => e.kind === "message.granted");
          let at = 0;
          const places = (): number => {
            const e = granted[at];
            at += 1;
            return e.index * 16384 + e.offset;
          };
          expect(found.map((r) => comparable(r, places))).toEqual(
            expected.map((r) => comparable(r, (place) => place)),
          );
          for (const e of granted) given.push(rig.token(e.index, e.offset, e.fence));
          compareMessages(rig, naive);
          compareCounts(rig, naive);
          compareOrder(rig, naive);
          const { hi, lo } = hashFromScratch(rig, naive, mode);
          expect([rig.partition.hash.hi, rig.partition.hash.lo]).toEqual([hi, lo]);
        }
      }),
      { numRuns: 300 },
    );
  },
);
