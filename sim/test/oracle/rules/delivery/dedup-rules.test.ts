import type { Intent, MachineEvent } from "@disheap/core";
import { expect, test } from "vitest";
import { DedupRules } from "../../../../src/oracle/rules/delivery/dedup-rules.js";
import { breaks, Entries, events } from "../states.js";

const enqueue = (sequenceLo: number, producerId = "p"): Intent => ({
  kind: "enqueue",
  priorityHi: 0,
  priorityLo: 7,
  payload: Uint8Array.of(1),
  producer: { producerId, epochHi: 0, epochLo: 1, sequenceHi: 0, sequenceLo },
  maxRetries: undefined,
  delayMs: 0,
});
const duplicate = (index: number, offset = 0): MachineEvent => ({
  kind: "message.duplicate",
  index,
  offset,
});

/** Entry 1 makes message 1.0 of sequence 5; then what `rest` says. */
function play(...rest: readonly (readonly [number, readonly MachineEvent[], readonly Intent[]])[]) {
  const rule = new DedupRules();
  const entries = new Entries();
  rule.entry(entries.next(1, [events.enqueued({ index: 1 })], [enqueue(5)]));
  for (const [stampMs, list, intents] of rest) rule.entry(entries.next(stampMs, list, intents));
}

test("Q8: repeats are told the first message, new ones make their own", () => {
  play(
    [2, [duplicate(1)], [enqueue(5)]],
    [
      3,
      [events.enqueued({ index: 3, offset: 1 }), duplicate(1), duplicate(3, 1)],
      [{ kind: "tick" }, enqueue(6), enqueue(5), enqueue(6)],
    ],
    [4, [events.enqueued({ index: 4 })], [enqueue(5, "other")]],
    [5, [], [enqueue(7)]],
  );
});

test("Q8: after 24 hours of group time a repeat may be new", () => {
  play([24 * 3_600_000 + 1, [events.enqueued()], [enqueue(5)]]);
});

test("Q8: a second message of one triple, a wrong first message, a repeat of nothing", () => {
  const error = breaks("Q8", () => play([2, [events.enqueued()], [enqueue(5)]]));
  expect(error.message).toContain(
    "producer p, sequence 0:5, group 1 made message 1.0 and again 2.0",
  );
  breaks("Q8", () => play([2, [duplicate(1, 3)], [enqueue(5)]]));
  breaks("Q8", () => play([2, [duplicate(1)], [enqueue(6)]]));
});
