// Sections 10 and 12: which message comes first, which partition it goes to, and what a repeated enqueue
// is. The bound over several partitions is not in force in this version; inside one it is exact.

import assert from "node:assert/strict";
import { type EnqueueReq, Mode } from "@disheap/proto";
import { type Rig, duration } from "../rig.js";
import type { Case } from "../case.js";
import { until } from "../wait.js";
import { INT64 } from "./service.js";

/** Sequences of a producer that share a partition, and a word of its dedup window. */
const BLOCK = 64n;
/** The window never forgets a producer's last so many. */
const WINDOW_MIN = 10_000;
const AT_ONCE = 250;

const PRIORITIES = [7n, INT64.max, 0n, -1n, 7n, INT64.min, 3n, 0n, -9n, 7n, 1n, INT64.max];

const triple = (sequence: bigint, epoch = 1n): Partial<EnqueueReq> => ({
  producerId: "p",
  epoch,
  sequence,
});

function exactOrder(mode: Mode): Case {
  const name = mode === Mode.MAX ? "the largest" : "the smallest";
  return {
    section: 10,
    rule: `one partition is exact: ${name} priority first, equal ones as they went in`,
    run: async (rig) => {
      const topic = await rig.topic({ mode });
      const ids = await rig.enqueueAll(topic, PRIORITIES);
      const sign = mode === Mode.MAX ? -1 : 1;
      const expected = PRIORITIES.map((priority, at) => ({ priority, id: ids[at] ?? "", at }))
        .sort((a, b) =>
          a.priority === b.priority ? a.at - b.at : a.priority < b.priority ? -sign : sign,
        )
        .map(({ id }) => id);
      const pop = rig.pop(topic, ids.length);
      assert.deepEqual(
        (await pop.take(ids.length)).map(({ messageId }) => messageId),
        expected,
      );
      pop.cancel();
    },
  };
}

/** Sends one sequence after the other, many at a time. */
async function fillWindow(rig: Rig, topic: string): Promise<void> {
  for (let from = 1; from <= WINDOW_MIN; from += AT_ONCE) {
    const block = Array.from({ length: AT_ONCE }, (_, n) => triple(BigInt(from + n)));
    const answers = await Promise.all(block.map((fields) => rig.enqueue(topic, fields)));
    assert(answers.every(({ duplicate }) => !duplicate));
  }
}

export function orderCases(): Case[] {
  return [
    exactOrder(Mode.MIN),
    exactOrder(Mode.MAX),
    {
      section: 10,
      rule: "each of several partitions is served in order, and nothing is left out",
      run: async (rig) => {
        const topic = await rig.topic({ partitions: 3 });
        const priorities = Array.from({ length: 45 }, (_, n) => BigInt((n * 29) % 45));
        await Promise.all(priorities.map((priority) => rig.enqueue(topic, { priority })));
        const pop = rig.pop(topic, 45);
        const items = await pop.take(45);
        assert.equal(new Set(items.map(({ priority }) => priority)).size, 45);
        for (const partition of [0, 1, 2]) {
          const own = items.filter(({ partitionId }) => partitionId === partition);
          const got = own.map(({ priority }) => Number(priority));
          assert.deepEqual(
            got,
            [...got].sort((a, b) => a - b),
          );
        }
        pop.cancel();
      },
    },
    {
      section: 10,
      rule: "a delayed message holds nothing up, and once it is ready takes its old place among equals",
      run: async (rig) => {
        const topic = await rig.topic();
        const late = await rig.enqueue(topic, { notBefore: duration(1_500) });
        const [first, second] = await rig.enqueueAll(topic, [0n, 0n]);
        const pop = rig.pop(topic, 1);
        assert.equal((await pop.one()).messageId, first);
        await until("the delayed message is the first of the ready ones", async () => {
          const { items } = await rig.peek(topic);
          return items.find(({ isLeased }) => !isLeased)?.messageId === late.messageId;
        });
        pop.credits(2);
        const got = (await pop.take(2)).map(({ messageId }) => messageId);
        assert.deepEqual(got, [late.messageId, second]);
        pop.cancel();
      },
    },
    {
      section: 10,
      rule: "a partition key names the same partition on every node, and keys spread",
      run: async (rig) => {
        const topic = await rig.topic({ partitions: 4 });
        const used = new Set<number>();
        for (let key = 0; key < 16; key += 1) {
          const partitionKey = `customer-${String(key)}`;
          const answers = await Promise.all(
            [...rig.nodes.keys(), 0].map((place) => rig.enqueue(topic, { partitionKey }, place)),
          );
          const partitions = new Set(answers.map(({ partitionId }) => partitionId));
          assert.equal(partitions.size, 1, `${partitionKey} in ${[...partitions].join(", ")}`);
          for (const partition of partitions) used.add(partition);
        }
        assert(used.size > 1, "sixteen keys share one partition");
      },
    },
    {
      section: 10,
      rule: "a producer's 64 sequences share a partition, its blocks spread",
      run: async (rig) => {
        const topic = await rig.topic({ partitions: 4 });
        const used = new Set<number>();
        for (let block = 0n; block < 12n; block += 1n) {
          const sequences = [block * BLOCK, block * BLOCK + BLOCK / 2n, block * BLOCK + BLOCK - 1n];
          const answers = await Promise.all(
            sequences.map((sequence) => rig.enqueue(topic, triple(sequence))),
          );
          const partitions = new Set(answers.map(({ partitionId }) => partitionId));
          assert.equal(partitions.size, 1, `block ${String(block)}`);
          for (const partition of partitions) used.add(partition);
        }
        assert(used.size > 1, "twelve blocks share one partition");
      },
    },
    {
      section: 10,
      rule: "messages with neither key nor producer spread evenly",
      run: async (rig) => {
        const topic = await rig.topic({ partitions: 3 });
        const counts = [0, 0, 0];
        for (let n = 0; n < 90; n += 1) {
          const { partitionId } = await rig.enqueue(topic);
          counts[partitionId] = (counts[partitionId] ?? 0) + 1;
        }
        // An even draw leaves fewer than 12 of 90 in a partition once in some ten thousand runs.
        assert(Math.min(...counts) >= 12, counts.join(", "));
      },
    },
    {
      section: 12,
      rule: "gaps and sequences out of order are accepted, each once; lower epochs are not fenced",
      run: async (rig) => {
        const topic = await rig.topic();
        for (const sequence of [500n, 2n, 499n, 1n, 70_000n, 3n]) {
          assert.equal((await rig.enqueue(topic, triple(sequence, 9n))).duplicate, false);
          assert.equal((await rig.enqueue(topic, triple(sequence, 9n))).duplicate, true);
        }
        assert.equal((await rig.enqueue(topic, triple(500n, 8n))).duplicate, false);
        assert.equal((await rig.stats(topic)).totalMessages, 7n);
      },
    },
    {
      section: 12,
      rule: "sequence 0 counts as given, and comes out as it went in",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic, triple(0n));
        assert.equal((await rig.enqueue(topic, triple(0n))).duplicate, true);
        const { pop, item } = await rig.lease(topic);
        assert.deepEqual([item.producerId, item.epoch, item.sequence], ["p", 1n, 0n]);
        pop.cancel();
      },
    },
    {
      section: 12,
      rule: "a duplicate stays one after its message became a dead letter",
      run: async (rig) => {
        const topic = await rig.topic();
        const { messageId } = await rig.enqueue(topic, { ...triple(1n), maxRetries: 0 });
        const { pop, item } = await rig.lease(topic);
        await rig.nack(item, 0);
        assert.equal((await rig.stats(topic)).dlqMessages, 1n);
        const again = await rig.enqueue(topic, triple(1n));
        assert.deepEqual([again.messageId, again.duplicate], [messageId, true]);
        pop.cancel();
      },
    },
    {
      section: 12,
      rule: "two enqueues of one triple at the same moment, on different nodes, are one message",
      run: async (rig) => {
        const topic = await rig.topic({ partitions: 2 });
        for (let sequence = 1n; sequence <= 10n; sequence += 1n) {
          const answers = await Promise.all(
            [0, 1, 2].map((n) => rig.enqueue(topic, triple(sequence), n % rig.nodes.length)),
          );
          assert.equal(new Set(answers.map(({ messageId }) => messageId)).size, 1);
          assert.equal(answers.filter(({ duplicate }) => !duplicate).length, 1);
        }
        assert.equal((await rig.stats(topic)).totalMessages, 10n);
      },
    },
    {
      section: 12,
      rule: "the window holds a producer's last 10000 sequences",
      isAlone: true,
      run: async (rig) => {
        const topic = await rig.topic();
        await fillWindow(rig, topic);
        for (const sequence of [1n, 2n, 4_999n, BigInt(WINDOW_MIN)]) {
          assert.equal((await rig.enqueue(topic, triple(sequence))).duplicate, true);
        }
        assert.equal((await rig.stats(topic)).totalMessages, BigInt(WINDOW_MIN));
      },
    },
  ];
}
