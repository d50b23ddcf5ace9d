import { Partition, encodeLeaseToken, type Intent, type MachineEvent } from "@disheap/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Reference, ruleOf } from "../../../../src/oracle/rules/entries/reference.js";
import { decodeIntents } from "../../../../src/oracle/rules/entries/canon.js";
import { enqueue, grant } from "../../intents.js";
import { breaks, Entries, events, handed, INIT, item, SETTINGS, view } from "../states.js";

const { enqueued, granted, acked, expired } = events;
const mac = new Uint8Array(16);

const settle = (kind: "ack", offset = 0, fence = 1): Intent => ({
  kind,
  token: { index: 2, offset, fence, mac },
});

test("the reference agrees with a right log and names the rule of a difference", () => {
  const play = (list: MachineEvent[], given = true): void => {
    const rule = new Reference();
    const entries = new Entries();
    rule.entry(entries.init());
    rule.entry(entries.next(1, [enqueued()], [enqueue()]));
    rule.entry(entries.next(2, [granted({ deadlineMs: 1002 })], [grant()]));
    const leaseToken = encodeLeaseToken({ group: 1, index: 2, offset: 0, fence: 1, mac });
    const effect = handed(item({ leaseToken }));
    if (given) rule.clientEffect(1, effect);
    rule.entry(entries.next(3, list, [settle("ack")]));
  };
  play([acked()]);
  const error = breaks("Q4", () => play([]));
  expect(error.message).toContain('must do "entry 4 of group 1: message 2.0 acked, fence 1"');
  expect(error.message).toContain('did "nothing more"');
  // Nobody was given this token: it is forged, and settles nothing.
  play([], false);
  breaks("Q4", () => play([acked()], false));
});

test("each difference belongs to a rule", () => {
  expect(ruleOf(granted(), granted({ offset: 1 }))).toBe("Q14");
  expect(ruleOf(granted(), granted({ fence: 2 }))).toBe("Q4");
  expect(ruleOf(granted(), granted({ attempts: 2 }))).toBe("Q9");
  expect(ruleOf(enqueued(), enqueued({ priorityHi: 1 }))).toBe("Q13");
  expect(ruleOf(expired(), expired({ outcome: "dead" }))).toBe("Q10");
  expect(ruleOf(expired(), undefined)).toBe("Q7");
  expect(ruleOf(undefined, events.ready())).toBe("Q11");
});

/** Random work for one partition: tokens are right, stale or forged. */
const work = fc.array(
  fc.record({
    what: fc.constantFrom(
      "enqueue",
      "grant",
      "ack",
      "nack",
      "extend",
      "release",
      "close",
      "replace",
      "tick",
    ),
    passedMs: fc.integer({ min: 0, max: 1500 }),
    pick: fc.nat(1000),
    number: fc.nat(4),
    hi: fc.constantFrom(-2147483648, -1, 0, 2147483647),
    lo: fc.constantFrom(0, 1, 4294967295),
  }),
  { minLength: 1, maxLength: 120 },
);

test("property: the machine does what the specification says", () => {
  fc.assert(
    fc.property(work, fc.boolean(), (steps, isMin) => {
      const partition = new Partition(1, isMin ? "MIN" : "MAX");
      const reference = new Reference();
      const leases: { index: number; offset: number; fence: number }[] = [];
      let [index, stampMs, round] = [0, 0, 1];
      const apply = (intent: Intent): void => {
        index += 1;
        const entry = view(index, 1, stampMs, [intent]);
        const list: MachineEvent[] = [];
        partition.listener = (event) => list.push(event);
        partition.apply(entry, undefined);
        for (const event of list) {
          if (event.kind !== "message.granted") continue;
          leases.push(event);
          const token = partition.mac(event.index, event.offset, event.fence);
          const leaseToken = encodeLeaseToken({ group: 1, ...event, mac: token });
          const effect = handed(item({ leaseToken }));
          reference.clientEffect(1, effect);
        }
        const { seedHi, seedLo } = entry;
        const at = { atUs: 0, node: 1, group: 1, term: 1 };
        const intents = decodeIntents(entry);
        reference.entry({ ...at, index, stampMs, seedHi, seedLo, intents, events: list });
      };
      const mode = isMin ? ("MIN" as const) : ("MAX" as const);
      apply({ ...INIT, settings: { ...SETTINGS, mode, maxRetries: 2 } });
      for (const { what, passedMs, pick, number, hi, lo } of steps) {
        stampMs += passedMs;
        const lease = leases.at(pick % Math.max(1, leases.length)) ?? {
          index: 2,
          offset: 0,
          fence: 1,
        };
        const isForged = pick % 11 === 0;
        const right = partition.mac(lease.index, lease.offset, lease.fence);
        const token = { ...lease, mac: isForged ? mac : right };
        if (what === "enqueue") {
          const sequenceLo = pick % 5;
          const producer = { producerId: "p", epochHi: 0, epochLo: 1, sequenceHi: 0, sequenceLo };
          const priority = { priorityHi: hi, priorityLo: lo };
          const delayMs = number === 0 ? pick : 0;
          apply(enqueue({ ...priority, delayMs, producer: number === 1 ? producer : undefined }));
        } else if (what === "grant") {
          round += number === 0 ? 1 : 0;
          const bound = number === 1 ? { hi, lo } : undefined;
          const edge = 1 + (pick % 2);
          apply(grant({ edge, stream: 1 + (pick % 3), round, n: 1 + number, bound }));
        } else if (what === "ack") apply({ kind: "ack", token });
        else if (what === "nack") {
          apply({ kind: "nack", token, backoffMs: number === 0 ? undefined : pick });
        } else if (what === "extend") apply({ kind: "extend", token, extensionMs: pick });
        else if (what === "release") apply({ ...lease, kind: "release.undelivered" });
        else if (what === "close") {
          const stream = 1 + (pick % 3);
          apply({ kind: "stream.close", edge: 1, edgeIncarnation: 1, stream, graceMs: 200 });
        } else if (what === "replace") {
          apply({ kind: "edge.replaced", edge: 2, edgeIncarnation: 1 + number, graceMs: 300 });
        } else apply({ kind: "tick" });
      }
    }),
    { numRuns: 300 },
  );
});
