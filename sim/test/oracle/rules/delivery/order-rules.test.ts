import type { MachineEvent } from "@disheap/core";
import { expect, test } from "vitest";
import { Ledger } from "../../../../src/oracle/rules/entries/ledger.js";
import { OrderRules, priorityText } from "../../../../src/oracle/rules/delivery/order-rules.js";
import { breaks, Entries, events } from "../states.js";

const MIN = { priorityHi: -2147483648, priorityLo: 0 };
const MAX = { priorityHi: 2147483647, priorityLo: 4294967295 };

/** Messages 2.0, 2.1, ... with these priorities, then grants of these offsets. */
function play(
  mode: "MIN" | "MAX",
  priorities: readonly { priorityHi: number; priorityLo: number }[],
  grants: readonly number[],
  between: readonly MachineEvent[] = [],
): void {
  const ledger = new Ledger([new OrderRules()]);
  const entries = new Entries();
  ledger.entry(entries.init({ mode }));
  ledger.entry(
    entries.next(
      1,
      priorities.map((p, offset) => events.enqueued({ offset, ...p })),
    ),
  );
  if (between.length > 0) ledger.entry(entries.next(2, between));
  ledger.entry(
    entries.next(
      3,
      grants.map((offset) => events.granted({ offset })),
    ),
  );
}

const of = (priorityLo: number) => ({ priorityHi: 0, priorityLo });

test("Q14: best priority first, the older one among equals, in both modes", () => {
  play("MIN", [of(5), MAX, of(5), MIN, of(4)], [3, 4, 0, 2, 1]);
  play("MAX", [of(5), MAX, of(5), MIN, of(4)], [1, 0, 2, 4, 3]);
});

test("Q14: a worse or a younger message is noticed, with the one that was passed over", () => {
  const error = breaks("Q14", () => play("MIN", [of(5), of(4)], [0]));
  expect(error.message).toContain("message 2.0 of group 1: granted with priority 5 while");
  expect(error.message).toContain("message 2.1 of group 1 was ready with priority 4");
  breaks("Q14", () => play("MAX", [of(5), of(4)], [1]));
  breaks("Q14", () => play("MIN", [of(5), of(5)], [1]));
});

test("Q14: a message that comes back takes its old place", () => {
  const back = [events.granted({ offset: 0 }), events.nacked({ offset: 0, outcome: "ready" })];
  play("MIN", [of(5), of(5)], [0, 1], back);
  breaks("Q14", () => play("MIN", [of(5), of(5)], [1, 0], back));
});

test("P3: a message that is not ready is not granted", () => {
  breaks("P3", () => play("MIN", [of(5), of(6)], [0], [events.granted({ offset: 0 })]));
});

test("priorities read as signed 64-bit numbers", () => {
  expect(priorityText(MIN)).toBe("-9223372036854775808");
  expect(priorityText(MAX)).toBe("9223372036854775807");
  expect(priorityText({ priorityHi: -1, priorityLo: 4294967295 })).toBe("-1");
});
