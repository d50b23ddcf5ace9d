// The machine against the specification of the queue, entry by entry: every result, event, state, order and counter,
// and its incremental state hash against one computed from scratch over a rebuilt copy (D-63). All bounds are small
// here, so that few steps reach them.

import {
  countsOf,
  digestOf,
  eventsInOrder,
  LIMITS,
  nextTimerMs,
  readyInOrder,
} from "@disheap/sim/spec";
import { SpecPartition, type Limits, type SpecResult } from "@disheap/sim/spec";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Mode } from "../../src/contract/api.js";
import type { MachineEvent } from "../../src/delivery/events.js";
import { State } from "../../src/delivery/message-store.js";
import { ladder } from "../../src/delivery/views.js";
import { LEVEL_1 } from "../../src/machine/levels/level-1.js";
import type { IntentResult } from "../../src/machine/results.js";
import type { RowIntent } from "../../src/wire/intent-rows.js";
import type { TokenFields } from "../../src/wire/intents.js";
import { packed, rowResults } from "../support/batches.js";
import { hashFromScratch, hiOf, loOf } from "../support/hash-from-scratch.js";
import { INIT, MachineRig, SETTINGS } from "../support/machine-rig.js";

const GROUP = 3;
const SMALL: Limits = {
  ...LIMITS,
  grantBytesMax: 4,
  entryLeasesMax: 3,
  entryGrantBytesMax: 6,
  timersPerEntryMax: 1,
  closedStreamsMax: 1,
  dedupPerProducerMax: 3,
  dedupWindowMs: 60_000,
  dedupSweepMax: 2,
  tombstonesMax: 4,
  tombstoneMs: 20_000,
};
/** The last fence but one. */
const WORN = 2 ** 32 - 2;

/** An intent before the run: leases are picked among those there are when its turn comes. */
type Plan =
  | { readonly type: "intent"; readonly intent: RowIntent }
  | {
      readonly type: "lease";
      readonly kind: "ack" | "nack" | "extend" | "release" | "release.undelivered";
      readonly pick: number;
      readonly isForged: boolean;
      readonly fenceShift: number;
      readonly ms: number | undefined;
    }
  /** The best ready message is one that was delivered four billion times, but for one. */
  | { readonly type: "wear" };

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
    bytes: fc.nat(3),
  })
  .map(({ priority: [priorityHi, priorityLo], bytes, ...rest }): Plan => {
    const payload = new Uint8Array(bytes);
    return {
      type: "intent",
      intent: { kind: "enqueue", priorityHi, priorityLo, payload, ...rest },
    };
  });

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
  { arbitrary: fc.constant<Plan>({ type: "wear" }), weight: 1 },
  { arbitrary: rare.map((intent): Plan => ({ type: "intent", intent })), weight: 1 },
);

const entry = fc.record({
  afterMs: fc.oneof(fc.constantFrom(0, 0, 1, 99, 100), fc.nat(4000), fc.constantFrom(40_000)),
  seedHi: fc.nat(4294967295),
  seedLo: fc.nat(4294967295),
  plans: fc.array(plan, { maxLength: 6 }),
  isPacked: fc.boolean(),
});
type Step = typeof entry extends fc.Arbitrary<infer T> ? T : never;

/** The intent of a plan, against the leases that were ever given out. */
function resolve(p: Plan, rig: MachineRig, given: readonly TokenFields[]): RowIntent | undefined {
  if (p.type === "intent") return p.intent;
  if (p.type === "wear") return undefined;
  if (given.length === 0) return undefined;
  const at = given[given.length - 1 - (p.pick % given.length)];
  const fence = at.fence + p.fenceShift;
  if (p.kind === "release.undelivered") {
    return { kind: p.kind, index: at.index, offset: at.offset, fence };
  }
  const token = rig.token(at.index, at.offset, fence);
  if (p.isForged && token.mac) token.mac[0] ^= 1;
  if (p.kind === "ack") return { kind: "ack", token };
  if (p.kind === "release") return { kind: "release", token };
  if (p.kind === "nack") return { kind: "nack", token, backoffMs: p.ms };
  return { kind: "extend", token, extensionMs: p.ms ?? 10 };
}

/** Both sides' newest fence of the best ready message becomes the last but one. */
function wear(rig: MachineRig, spec: SpecPartition): void {
  const [m] = readyInOrder(spec.state.messages, rig.partition.mode);
  const { partition } = rig;
  if (!m || m.fence >= WORN) return;
  const slot = partition.messages.find(m.index, m.offset);
  m.fence = WORN;
  const rows = partition as unknown as { change(slot: number, mutate: () => void): void };
  rows.change(slot, () => {
    partition.messages.fence[slot] = WORN;
  });
}

/** A result of the machine in the specification's words; what was granted is told by the events. */
function inWords(result: IntentResult, granted: MachineEvent[]): SpecResult {
  if (result.type === "refused") return { type: "refused", code: result.code } as SpecResult;
  if (result.type !== "granted") return result as SpecResult;
  const { slots, grantedInRound, isClosed } = result;
  // Slots are read when the entry is through: an ack in it may have freed them.
  const messages = granted.splice(0, slots.length).map(({ index, offset }) => ({ index, offset }));
  return { type: "granted", messages, grantedInRound, isClosed };
}

function compareMessages(rig: MachineRig, spec: SpecPartition): void {
  const m = rig.partition.messages;
  expect(m.size).toBe(spec.state.messages.length);
  for (const expected of spec.state.messages) {
    const slot = m.find(expected.index, expected.offset);
    const { state, attempts, fence, timeMs, enqueuedMs, priority, maxRetries } = expected;
    expect({
      state: m.state[slot],
      attempts: m.attempts[slot],
      fence: m.fence[slot],
      timeMs: m.timeMs[slot],
      enqueuedMs: m.enqueuedMs[slot],
      hi: m.priorityHi[slot],
      lo: m.priorityLo[slot],
      maxRetries: m.maxRetries[slot],
    }).toEqual({
      state: State[state],
      attempts,
      fence,
      timeMs,
      enqueuedMs,
      hi: hiOf(priority),
      lo: loOf(priority),
      maxRetries,
    });
    // Q15: the heaps agree with the states.
    expect(rig.partition.ready.has(slot)).toBe(state === "ready");
    expect(rig.partition.timers.has(slot)).toBe(state === "leased" || state === "delayed");
  }
}

function compareOrder(rig: MachineRig, spec: SpecPartition, mode: Mode): void {
  const expanded = ladder(rig.partition, 100).rungs.flatMap((r) =>
    Array.from({ length: r.count }, () => [r.hi, r.lo]),
  );
  const ready = readyInOrder(spec.state.messages, mode);
  expect(expanded).toEqual(ready.map(({ priority }) => [hiOf(priority), loOf(priority)]));
}

/** What both remember of producers, and in which order it will be forgotten. */
function compareProducers(rig: MachineRig, spec: SpecPartition): void {
  expect(rig.partition.dedup.size).toBe(spec.state.producers.length);
  for (const p of spec.state.producers) {
    expect(rig.partition.dedup.knows(p)).toBe(true);
  }
}

function isAuthentic(rig: MachineRig, { index, offset, fence, mac }: TokenFields): boolean {
  const right = rig.partition.mac(index, offset, fence);
  return mac !== undefined && right.every((byte, i) => byte === mac[i]);
}

/** What a batch's rows are told of: that an extension was done, not how long. */
function inBatches(result: SpecResult): SpecResult {
  return result.type === "extended" ? { type: "settled" } : result;
}

/** The machine and the specification side by side. */
class Pair {
  readonly rig: MachineRig;
  readonly spec: SpecPartition;
  readonly mode: Mode;
  private readonly given: TokenFields[] = [];
  private readonly events: MachineEvent[] = [];
  private stampMs = 0;

  constructor(mode: Mode) {
    this.mode = mode;
    const rig = new MachineRig(GROUP, mode, SMALL);
    this.rig = rig;
    rig.init(0);
    this.spec = new SpecPartition((t) => isAuthentic(rig, t), SMALL);
    const settings = { ...SETTINGS, mode };
    const intents = [{ ...INIT, settings }];
    this.spec.apply({ index: 1, stampMs: 0, seedHi: 1, seedLo: 2, intents });
  }

  /** `isPacked`: the machine gets the rows in batches, the specification one by one. */
  step({ afterMs, seedHi, seedLo, plans, isPacked }: Step): void {
    const { rig, spec } = this;
    if (plans.some((p) => p.type === "wear")) wear(rig, spec);
    this.stampMs += afterMs;
    const { stampMs } = this;
    const rows = plans
      .map((p) => resolve(p, rig, this.given))
      .filter((i): i is RowIntent => i !== undefined);
    const at = { index: rig.index + 1, stampMs, seedHi, seedLo };
    const expected = spec.apply({ ...at, intents: rows });
    rig.events.length = 0;
    const intents = isPacked ? packed(rows, ({ token }) => isAuthentic(rig, token)) : rows;
    const found = rowResults(intents, rig.apply({ stampMs, seedHi, seedLo }, intents));
    expect(eventsInOrder(rig.events)).toEqual(eventsInOrder(expected.events));
    const granted = rig.events.filter((e) => e.kind === "message.granted");
    for (const e of granted) this.given.push(rig.token(e.index, e.offset, e.fence));
    const said = isPacked ? expected.results.map(inBatches) : expected.results;
    const words = found.map((result) => inWords(result, granted));
    expect(isPacked ? words.map(inBatches) : words).toEqual(said);
    this.events.push(...expected.events);
    this.compareStates();
  }

  private compareStates(): void {
    const { rig, spec, mode, stampMs } = this;
    compareMessages(rig, spec);
    compareOrder(rig, spec, mode);
    compareProducers(rig, spec);
    expect(rig.partition.counts).toMatchObject(countsOf(spec.state.messages, this.events));
    expect(rig.partition.nextTimerMs).toBe(nextTimerMs(spec.state));
    const { hi, lo } = hashFromScratch(GROUP, mode, stampMs, digestOf(spec.state));
    expect([rig.partition.hash.hi, rig.partition.hash.lo]).toEqual([hi, lo]);
  }
}

test("the numbers of the specification are those of level 1", () => {
  for (const [name, bound] of Object.entries(LIMITS)) {
    expect(LEVEL_1[name as keyof Limits], name).toBe(bound);
  }
});

test.each(["MIN", "MAX"] as const)(
  "%s: every result, event, state, order, counter and hash is what the specification says",
  (mode) => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 25 }), (entries) => {
        const pair = new Pair(mode);
        for (const step of entries) pair.step(step);
      }),
      { numRuns: 300 },
    );
  },
);
