import { Partition } from "@disheap/core";
import { expect, test } from "vitest";
import { PeekWork, peekComparisons } from "../../../../src/oracle/rules/answers/peek-work.js";
import { breaks } from "../states.js";

const PEEK = { action: { type: "read.peek", limit: 1 } };

type Replica =
  Parameters<PeekWork["afterTurn"]>[1]["context"]["groups"] extends ReadonlyMap<number, infer S>
    ? S
    : never;

function hostOf(replicas: readonly Replica[]): Parameters<PeekWork["afterTurn"]>[1] {
  const groups = new Map(replicas.map((replica) => [replica.id, replica]));
  return { context: { groups, config: { limits: { turnRowsMax: 10 } } } };
}

function judgedOver(during: (partition: Partition, rule: PeekWork) => void, messages = 10): void {
  const partition = new Partition(3, "MIN");
  partition.counts.totalMessages = messages;
  const rule = new PeekWork();
  rule.attach({ queue: { nowUs: 0 } });
  const turn = (peeks: readonly (typeof PEEK)[]): void => {
    const reads = new Map(peeks.map((peek, i) => [i, peek]));
    const machine = { kind: "partition", partition };
    const replica = { id: 3, isServing: true, reads, confirmedReads: [], machine };
    rule.afterTurn(1, hostOf([replica]));
  };
  turn([PEEK]);
  during(partition, rule);
  turn([]);
}

const compare = (partition: Partition, times: number): void => {
  for (let n = 0; n < times; n += 1) {
    if (n % 2 === 0) expect(partition.mode).toBe("MIN");
    else expect(partition.isOlder(0, 1)).toBe(false);
  }
};

test("P4: about as many comparisons as messages are shown; not more", () => {
  judgedOver((p) => compare(p, 24));
  const found = breaks("P4", () => judgedOver((p) => compare(p, 25)));
  expect(found.message).toContain("25 comparisons for peeks at 1 of 10 messages");
});

test("a turn in which something else compares is not judged", () => {
  judgedOver((p, rule) => {
    compare(p, 40);
    rule.applied(1, 3);
  });
  judgedOver((p, rule) => {
    compare(p, 40);
    const ask = {
      kind: "ask",
      group: 3,
      edgeIncarnation: 1,
      stream: 1,
      serial: 1,
      count: 1,
    } as const;
    rule.received(1, ask);
  });
});

test("what is enough does not grow with what is held", () => {
  expect(peekComparisons(1_000_000, 3)).toBe(peekComparisons(3, 3));
  expect(peekComparisons(200, 3)).toBeLessThan(200);
});

test("P4: peeks of one turn go on while its budget has a row, and then wait", () => {
  const turns = (limits: readonly number[], left: number, isServing = true): void => {
    const rule = new PeekWork();
    rule.attach({ queue: { nowUs: 0 } });
    const peeks = limits.map((limit) => ({ action: { type: "read.peek", limit } }));
    const machine = { kind: "partition", partition: new Partition(3, "MIN") };
    const replica = { id: 3, isServing: true, reads: new Map(), machine };
    rule.afterTurn(1, hostOf([{ ...replica, confirmedReads: peeks }]));
    rule.afterTurn(1, hostOf([{ ...replica, isServing, confirmedReads: peeks.slice(-left) }]));
  };
  turns([9, 9, 1], 1);
  breaks("P4", () => turns([6, 6, 6, 1], 1));
  breaks("P4", () => turns([10, 10, 1], 1));
  turns([10, 10, 1], 1, false);
});
