import { Partition, State, type Intent } from "@disheap/core";
import { expect, test } from "vitest";
import { Canon } from "../../../../src/oracle/rules/entries/canon.js";
import {
  Conservation,
  countsProblem,
  structureProblem,
} from "../../../../src/oracle/rules/delivery/conservation.js";
import { Ledger } from "../../../../src/oracle/rules/entries/ledger.js";
import { breaks, FakeWorld, INIT, fakeRaft, SETTINGS, view } from "../states.js";

const enqueue = (priorityLo: number, delayMs = 0): Intent => ({
  kind: "enqueue",
  priorityHi: 0,
  priorityLo,
  payload: Uint8Array.of(1),
  producer: undefined,
  maxRetries: undefined,
  delayMs,
});
const grant = (n: number): Intent => ({
  kind: "grant",
  edge: 1,
  edgeIncarnation: 1,
  stream: 1,
  round: 1,
  n,
  limit: n,
  visibilityMs: 1000,
  bound: undefined,
});

/** A real partition with ready, delayed, leased, dead and acknowledged messages behind it. */
function stage() {
  const world = new FakeWorld();
  const ledger = new Ledger([]);
  const rule = new Conservation(ledger);
  rule.attach(world);
  const canon = new Canon([ledger, rule]);
  const partition = new Partition(1, "MIN");
  const replicas = new Map([
    [1, { raft: fakeRaft(), machine: { kind: "partition" as const, partition } }],
  ]);
  world.hosts.set(1, {
    isReady: true,
    context: { incarnation: 1, wallMs: 0, groups: replicas },
  });
  let index = 0;
  const apply = (stampMs: number, ...intents: Intent[]): void => {
    index += 1;
    const entry = view(index, 1, stampMs, intents);
    partition.listener = (event) => canon.machineEvent(1, 1, index, stampMs, event);
    partition.apply(entry, undefined);
    canon.applied(1, 1, entry, partition.hash.hi, partition.hash.lo);
  };
  apply(1, { ...INIT, settings: { ...SETTINGS, maxRetries: 0 } });
  apply(2, enqueue(5), enqueue(4), enqueue(3), enqueue(2), enqueue(1, 9000), grant(3));
  const settle = (offset: number, kind: "ack" | "nack"): Intent => {
    const token = { index: 2, offset, fence: 1, mac: partition.mac(2, offset, 1) };
    return kind === "ack" ? { kind, token } : { kind, token, backoffMs: undefined };
  };
  apply(3, settle(3, "ack"), settle(2, "nack"));
  return { world, ledger, rule, partition, apply };
}

test("Q15: a real partition adds up, and its structures agree", () => {
  const { ledger, rule, partition, apply } = stage();
  for (let i = 0; i < 130; i += 1) apply(10 + i, { kind: "tick" });
  const record = ledger.group(1);
  expect(record?.tally).toEqual({
    enqueued: 5,
    granted: 3,
    acked: 1,
    nacked: 1,
    expired: 0,
    retried: 0,
    dead: 1,
    leased: 1,
    delayed: 1,
  });
  expect(partition.counts.totalMessages).toBe(3);
  rule.finish();
});

test("Q15: a counter that is off is noticed at the next entry", () => {
  const { partition, apply } = stage();
  partition.counts.inflightMessages += 1;
  const error = breaks("Q15", () => apply(4, { kind: "tick" }));
  expect(error.message).toContain("inflight_messages is 2, but the log adds up to 1");
});

test("Q15: every counter is compared", () => {
  const { ledger, partition } = stage();
  const record = ledger.group(1);
  if (!record) throw new Error("the ledger follows group 1");
  expect(countsProblem(partition, record)).toBeUndefined();
  for (const name of Object.keys(partition.counts) as (keyof typeof partition.counts)[]) {
    partition.counts[name] += 1;
    expect(countsProblem(partition, record), name).toBeDefined();
    partition.counts[name] -= 1;
  }
});

test("Q15: a structure that does not fit its states is noticed", () => {
  const slotIn = (p: Partition, state: number): number => {
    let found = -1;
    p.messages.forEach((slot) => {
      if (p.messages.state[slot] === state) found = slot;
    });
    return found;
  };
  const corruptions: ((p: Partition) => void)[] = [
    (p) => p.ready.remove(slotIn(p, State.ready)),
    (p) => p.timers.remove(slotIn(p, State.leased)),
    (p) => p.timers.push(slotIn(p, State.ready)),
    (p) => p.ready.push(slotIn(p, State.dead)),
    (p) => (p.messages.state[slotIn(p, State.delayed)] = State.ready),
    (p) => (p.messages.index[slotIn(p, State.leased)] = 77),
    (p) => (p.messages.timeMs[p.timers.first()] = 1e12),
    (p) => p.streams.forEach((s) => s.leases.add(slotIn(p, State.ready))),
  ];
  for (const corrupt of corruptions) {
    const { partition, rule } = stage();
    expect(structureProblem(partition)).toBeUndefined();
    corrupt(partition);
    breaks("Q15", () => rule.finish());
  }
});

test("Q15: the ready heap is in order under both modes", () => {
  const p = new Partition(1, "MAX");
  p.apply(view(1, 1, 1, [{ ...INIT, settings: SETTINGS }]), undefined);
  p.apply(view(2, 1, 2, [enqueue(1), enqueue(3), enqueue(2)]), undefined);
  expect(structureProblem(p)).toBeUndefined();
  p.messages.priorityLo[p.ready.first()] = 0;
  expect(structureProblem(p)).toContain("ready heap is out of order");
});
