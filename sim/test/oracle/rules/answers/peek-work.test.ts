import { Partition } from "@disheap/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Best } from "../../../../../core/src/lib/best.js";
import { PeekWork, peekComparisons } from "../../../../src/oracle/rules/answers/peek-work.js";
import { breaks } from "../states.js";

const PEEK = { action: { type: "read.peek", limit: 1 } };

function judgedOver(during: (partition: Partition, rule: PeekWork) => void, messages = 10): void {
  const partition = new Partition(3, "MIN");
  partition.counts.totalMessages = messages;
  const rule = new PeekWork();
  rule.attach({ queue: { nowUs: 0 } });
  const turn = (peeks: readonly (typeof PEEK)[]): void => {
    const reads = new Map(peeks.map((peek, i) => [i, peek]));
    const machine = { kind: "partition", partition };
    const slot = { id: 3, reads, confirmedReads: [], machine };
    rule.afterTurn(1, { context: { groups: new Map([[3, slot]]) } });
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

test("P4: a look at each message and the few that are shown; not more", () => {
  judgedOver((p) => compare(p, 11));
  const found = breaks("P4", () => judgedOver((p) => compare(p, 12)));
  expect(found.message).toContain("12 comparisons for peeks at 1 of 10 messages");
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

test("what is said to be enough is enough, in the worst order too, and less than to sort them all", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(), { maxLength: 300 }),
      fc.integer({ min: 1, max: 50 }),
      (list, k) => {
        let comparisons = 0;
        const best = new Best(k, (a, b) => {
          comparisons += 1;
          return list[a] === list[b] ? a < b : list[a] < list[b];
        });
        list.forEach((_, i) => best.offer(i));
        best.inOrder();
        expect(comparisons).toBeLessThanOrEqual(peekComparisons(list.length, k));
      },
    ),
  );
  expect(peekComparisons(1_000, 2)).toBeLessThan(1_000 * Math.log2(1_000));
});
