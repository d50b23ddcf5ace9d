// Section 11: what a lease allows, when it ends, and where messages go that are never finished.

import assert from "node:assert/strict";
import { refused } from "../rig.js";
import type { Case } from "../case.js";
import { LEASE_LIFE_MAX_MS } from "../lease-life.js";
import { until } from "../wait.js";

const HOUR_MS = 3_600_000;

export function leaseCases(): Case[] {
  return [
    {
      section: 11,
      rule: "Ack, Nack and Extend refuse each empty field with INVALID_ARGUMENT",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic);
        const { pop, item } = await rig.lease(topic);
        for (const empty of [{ topic: "" }, { messageId: "" }, { leaseToken: "" }]) {
          await refused("INVALID_ARGUMENT", rig.ack({ ...item, ...empty }));
          await refused("INVALID_ARGUMENT", rig.nack({ ...item, ...empty }));
        }
        for (const empty of [{ topic: "" }, { leaseToken: "" }]) {
          await refused("INVALID_ARGUMENT", rig.extend({ ...item, ...empty }, 1000));
        }
        await rig.ack(item);
        pop.cancel();
      },
    },
    {
      section: 11,
      rule: "an ack is final, and its repeat with the same token is OK on every node",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic);
        const { pop, item } = await rig.lease(topic);
        await rig.ack(item);
        for (const place of rig.nodes.keys()) await rig.ack(item, place);
        const stats = await rig.stats(topic);
        assert.deepEqual([stats.totalMessages, stats.totalAcks], [0n, 1n]);
        await refused("FAILED_PRECONDITION", rig.nack(item));
        await refused("FAILED_PRECONDITION", rig.extend(item, 1000));
        pop.cancel();
      },
    },
    {
      section: 11,
      rule: "Ack of another message under this token is FAILED_PRECONDITION",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueueAll(topic, [1n, 2n]);
        const pop = rig.pop(topic, 2);
        const [first, second] = await pop.take(2);
        assert(first !== undefined && second !== undefined);
        const crossed = { ...first, leaseToken: second.leaseToken };
        await refused("FAILED_PRECONDITION", rig.ack(crossed));
        await refused("FAILED_PRECONDITION", rig.nack(crossed));
        assert.equal((await rig.stats(topic)).inflightMessages, 2n);
        pop.cancel();
      },
    },
    {
      section: 11,
      rule: "an expired lease is dead for ack, nack and extend, and the message comes again",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic);
        const pop = rig.pop(topic, 2, { visibilityMs: 700 });
        const item = await pop.one();
        const again = await pop.one();
        assert.deepEqual([again.messageId, again.attempts], [item.messageId, 2]);
        await refused("FAILED_PRECONDITION", rig.ack(item));
        await refused("FAILED_PRECONDITION", rig.nack(item));
        await refused("FAILED_PRECONDITION", rig.extend(item, 1000));
        const stats = await rig.stats(topic);
        assert(stats.totalTimeouts >= 1n && stats.totalRetries >= 1n);
        pop.cancel();
      },
    },
    {
      section: 11,
      rule: "at most one live lease a message: nothing is given to a second stream meanwhile",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic, { priority: 1n });
        const { pop, item } = await rig.lease(topic, HOUR_MS);
        const worse = await rig.enqueue(topic, { priority: 2n });
        const other = rig.pop(topic, 5, { visibilityMs: HOUR_MS });
        assert.equal((await other.one()).messageId, worse.messageId);
        await rig.nack(item, 0);
        assert.equal((await other.one()).messageId, item.messageId);
        assert.equal(other.items.length, 2);
        pop.cancel();
        other.cancel();
      },
    },
    {
      section: 11,
      rule: "a nack with override 0 makes the message ready at once; its repeat is OK",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic, { priority: -3n });
        const pop = rig.pop(topic, 2);
        const item = await pop.one();
        await rig.nack(item, 0);
        const again = await pop.one();
        assert.deepEqual([again.priority, again.attempts], [-3n, 2]);
        for (const place of rig.nodes.keys()) await rig.nack(item, 0, place);
        assert.equal((await rig.stats(topic)).totalNacks, 1n);
        await rig.ack(again);
        pop.cancel();
      },
    },
    {
      section: 11,
      rule: "a nack with an override is exact: not before it, not long after",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic);
        const pop = rig.pop(topic, 2);
        const item = await pop.one();
        const before = Date.now();
        await rig.nack(item, 1_500);
        await pop.one();
        const tookMs = Date.now() - before;
        assert(tookMs >= 1_450 && tookMs < 6_000, `after ${String(tookMs)} ms`);
        pop.cancel();
      },
    },
    {
      section: 11,
      rule: "a nack without an override waits at most 1 s the first time",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic);
        const pop = rig.pop(topic, 2);
        const item = await pop.one();
        const before = Date.now();
        await rig.nack(item);
        await pop.one();
        const tookMs = Date.now() - before;
        assert(tookMs < 5_000, `after ${String(tookMs)} ms`);
        pop.cancel();
      },
    },
    {
      section: 11,
      rule: "a timeout counts as a failure: its retries end in the dead letters like a nack's",
      run: async (rig) => {
        const topic = await rig.topic({ maxRetriesDefault: 1 });
        const { messageId } = await rig.enqueue(topic);
        const pop = rig.pop(topic, 5, { visibilityMs: 400 });
        assert.deepEqual(
          (await pop.take(2)).map(({ attempts }) => attempts),
          [1, 2],
        );
        await until("it is a dead letter", async () => {
          return (await rig.stats(topic)).dlqMessages === 1n;
        });
        const stats = await rig.stats(topic);
        assert.deepEqual([stats.totalTimeouts, stats.totalNacks], [2n, 0n]);
        const [dead] = (await rig.peek(topic, { includeDlq: true })).items;
        assert.deepEqual([dead?.messageId, dead?.attempts], [messageId, 2]);
        assert.equal(pop.items.length, 2);
        pop.cancel();
      },
    },
    {
      section: 11,
      rule: "a negative override is INVALID_ARGUMENT and the lease stays",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic);
        const { pop, item } = await rig.lease(topic);
        await refused("INVALID_ARGUMENT", rig.nack(item, -1));
        await rig.ack(item);
        pop.cancel();
      },
    },
    {
      section: 11,
      rule: "a retried message takes its old place among equals",
      run: async (rig) => {
        const topic = await rig.topic();
        const ids = await rig.enqueueAll(topic, [5n, 5n, 5n]);
        const pop = rig.pop(topic, 1);
        await rig.nack(await pop.one(), 0);
        pop.credits(3);
        const order = (await pop.take(3)).map(({ messageId }) => messageId);
        assert.deepEqual(order, ids);
        pop.cancel();
      },
    },
    {
      section: 11,
      rule: "Extend counts from the old deadline",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic);
        const { pop, item } = await rig.lease(topic, 60_000);
        await rig.extend(item, 30_000);
        await rig.extend(item, 15_000);
        const [seen] = (await rig.peek(topic)).items;
        const movedMs =
          (seen?.leaseDeadline?.getTime() ?? 0) - (item.leaseDeadline?.getTime() ?? 0);
        assert.equal(movedMs, 45_000);
        pop.cancel();
      },
    },
    {
      section: 11,
      rule: "an extension that is missing, 0, negative or above 12 hours is INVALID_ARGUMENT",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic);
        const { pop, item } = await rig.lease(topic);
        for (const extensionMs of [undefined, 0, -1_000, LEASE_LIFE_MAX_MS + 1]) {
          await refused("INVALID_ARGUMENT", rig.extend(item, extensionMs));
        }
        await rig.ack(item);
        pop.cancel();
      },
    },
    {
      section: 11,
      rule: "a thousand extensions are allowed; a lease lives at most 12 hours from its grant",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic);
        const { pop, item } = await rig.lease(topic, 60_000);
        for (let batch = 0; batch < 10; batch += 1) {
          await Promise.all(Array.from({ length: 100 }, () => rig.extend(item, 15_000)));
        }
        const deadline = async (): Promise<number> =>
          (await rig.peek(topic)).items[0]?.leaseDeadline?.getTime() ?? 0;
        const start = item.leaseDeadline?.getTime() ?? 0;
        assert.equal(await deadline(), start + 15_000_000);
        // Refused or cut, but never beyond.
        await rig.extend(item, LEASE_LIFE_MAX_MS).catch(() => undefined);
        assert((await deadline()) <= start - 60_000 + LEASE_LIFE_MAX_MS);
        await rig.ack(item);
        pop.cancel();
      },
    },
    {
      section: 11,
      rule: "more failures than max_retries: the message moves to the dead letters and is counted",
      run: async (rig) => {
        const topic = await rig.topic({ maxRetriesDefault: 1 });
        const { messageId } = await rig.enqueue(topic);
        const pop = rig.pop(topic, 5);
        await rig.nack(await pop.one(), 0);
        const second = await pop.one();
        assert.equal(second.attempts, 2);
        await rig.nack(second, 0);
        const stats = await rig.stats(topic);
        assert.deepEqual([stats.totalMessages, stats.dlqMessages], [0n, 1n]);
        assert.equal((await rig.peek(topic)).items.length, 0);
        const [dead] = (await rig.peek(topic, { includeDlq: true })).items;
        assert.deepEqual([dead?.messageId, dead?.inDlq, dead?.attempts], [messageId, true, 2]);
        assert.equal(pop.items.length, 2);
        pop.cancel();
      },
    },
    {
      section: 11,
      rule: "max_retries 0: the first failure is the last, a timeout too",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic, { maxRetries: 0, priority: 1n });
        await rig.enqueue(topic, { maxRetries: 0, priority: 2n });
        const pop = rig.pop(topic, 2, { visibilityMs: 500 });
        const [first] = await pop.take(2);
        assert(first !== undefined);
        await rig.nack(first, 0).catch(() => undefined);
        await until("both are dead letters", async () => {
          return (await rig.stats(topic)).dlqMessages === 2n;
        });
        pop.cancel();
      },
    },
    {
      section: 11,
      rule: "without dead letters a message is tried again and again",
      run: async (rig) => {
        const topic = await rig.topic({
          maxRetriesDefault: 1,
          dlqPolicy: { enabled: false, retentionTime: undefined },
        });
        await rig.enqueue(topic);
        const pop = rig.pop(topic, 5);
        for (let attempt = 1; attempt <= 4; attempt += 1) {
          const item = await pop.one();
          assert.equal(item.attempts, attempt);
          await rig.nack(item, 0);
        }
        assert.equal((await rig.stats(topic)).dlqMessages, 0n);
        pop.cancel();
      },
    },
  ];
}
