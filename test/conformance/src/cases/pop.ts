// Section 9: the protocol of PopStream.

import assert from "node:assert/strict";
import { status as Status } from "@grpc/grpc-js";
import { type Rig, type CodeName } from "../rig.js";
import type { Case } from "../case.js";
import { LEASE_LIFE_MAX_MS } from "../lease-life.js";
import type { Pop } from "../pop.js";
import { sleep, until } from "../wait.js";
import { watchHealth } from "../health.js";

const HOUR_MS = 3_600_000;
const GRACE_MS = 5_000;

async function ends(pop: Pop, code: CodeName): Promise<void> {
  const status = await pop.end();
  assert.equal(Status[status.code], code, status.details);
  if (code !== "OK") assert(status.details.length > 10, "an end without a sentence");
}

async function ordered(rig: Rig, topic: string, priorities: bigint[]): Promise<void> {
  await rig.enqueueAll(topic, priorities);
}

export function popCases(): Case[] {
  return [
    {
      section: 9,
      rule: "credits may come before the filter",
      way: "calls",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic);
        const pop = rig.stream(topic).credits(1).filter(topic);
        await pop.one();
        pop.cancel();
      },
    },
    {
      section: 9,
      rule: "credits without a filter end with INVALID_ARGUMENT after 10 s",
      way: "calls",
      run: async (rig) => {
        const before = Date.now();
        await ends(rig.stream("").credits(5), "INVALID_ARGUMENT");
        const tookMs = Date.now() - before;
        assert(tookMs > 9_000 && tookMs < 15_000, `after ${String(tookMs)} ms`);
      },
    },
    {
      section: 9,
      rule: "a filter without a topic is INVALID_ARGUMENT, with an unknown one NOT_FOUND",
      run: async (rig) => {
        await ends(rig.pop(""), "INVALID_ARGUMENT");
        await ends(rig.pop("nowhere"), "NOT_FOUND");
      },
    },
    {
      section: 9,
      rule: "a message with neither filter nor credits is INVALID_ARGUMENT",
      way: "calls",
      run: async (rig) => {
        await ends(rig.stream("").nothing(), "INVALID_ARGUMENT");
      },
    },
    {
      section: 9,
      rule: "a partition out of range is INVALID_ARGUMENT",
      run: async (rig) => {
        const topic = await rig.topic({ partitions: 2 });
        await ends(rig.pop(topic, 1, { partitionIds: [0, 2] }), "INVALID_ARGUMENT");
      },
    },
    {
      section: 9,
      rule: "a visibility timeout of 0 or above 12 hours is INVALID_ARGUMENT",
      run: async (rig) => {
        const topic = await rig.topic();
        await ends(rig.pop(topic, 1, { visibilityMs: 0 }), "INVALID_ARGUMENT");
        await ends(rig.pop(topic, 1, { visibilityMs: LEASE_LIFE_MAX_MS + 1 }), "INVALID_ARGUMENT");
      },
    },
    {
      section: 9,
      rule: "partition_ids restrict the stream, empty means all",
      run: async (rig) => {
        const topic = await rig.topic({ partitions: 3 });
        const partitions: number[] = [];
        for (let n = 0; n < 30; n += 1) {
          partitions.push((await rig.enqueue(topic, { partitionKey: String(n) })).partitionId);
        }
        const wanted = partitions.filter((partition) => partition === 1);
        assert(wanted.length > 0 && wanted.length < 30);
        const pop = rig.pop(topic, 30, { partitionIds: [1, 1] });
        const items = await pop.take(wanted.length);
        assert(items.every(({ partitionId }) => partitionId === 1));
        const rest = rig.pop(topic, 30);
        await rest.take(30 - wanted.length);
        pop.cancel();
        rest.cancel();
      },
    },
    {
      section: 9,
      rule: "a later filter replaces the earlier one",
      way: "calls",
      run: async (rig) => {
        const [first, second] = [await rig.topic(), await rig.topic()];
        await rig.enqueue(second);
        const pop = rig.stream(first).filter(first).filter(second).credits(1);
        assert.equal((await pop.one()).topic, second);
        await rig.enqueue(first);
        await rig.enqueue(second);
        pop.credits(1);
        assert.equal((await pop.one()).topic, second);
        pop.cancel();
      },
    },
    {
      section: 9,
      rule: "leases last as the filter says, else as the topic says",
      run: async (rig) => {
        const visibilityTimeoutDefault = { seconds: 600n, nanos: 0 };
        const topic = await rig.topic({ visibilityTimeoutDefault });
        await rig.enqueueAll(topic, [1n, 2n]);
        for (const [visibilityMs, expectedMs] of [
          [undefined, 600_000],
          [90_000, 90_000],
        ] as const) {
          const { pop, item } = await rig.lease(topic, visibilityMs);
          const leftMs = (item.leaseDeadline?.getTime() ?? 0) - Date.now();
          assert(Math.abs(leftMs - expectedMs) < 20_000, `${String(leftMs)} ms`);
          pop.cancel();
        }
      },
    },
    {
      section: 9,
      rule: "one delivery uses one credit, credits add up, none means waiting",
      run: async (rig) => {
        const topic = await rig.topic();
        await ordered(rig, topic, [1n, 2n, 3n, 4n, 5n]);
        const pop = rig.stream(topic).filter(topic).credits(0);
        const other = rig.pop(topic, 1);
        assert.equal((await other.one()).priority, 1n);
        pop.credits(1).credits(1);
        assert.deepEqual(
          (await pop.take(2)).map(({ priority }) => priority),
          [2n, 3n],
        );
        other.credits(2);
        assert.deepEqual(
          (await other.take(2)).map(({ priority }) => priority),
          [4n, 5n],
        );
        assert(pop.isOpen);
        assert.equal(pop.items.length, 2);
        pop.cancel();
        other.cancel();
      },
    },
    {
      section: 9,
      rule: "credits saturate instead of overflowing",
      way: "calls",
      run: async (rig) => {
        const topic = await rig.topic();
        const pop = rig.pop(topic, 0xffff_ffff).credits(0xffff_ffff).credits(7);
        await ordered(rig, topic, [1n, 2n, 3n]);
        await pop.take(3);
        assert(pop.isOpen);
        pop.cancel();
      },
    },
    {
      section: 9,
      rule: "a first delivery is attempt 1, and the item shows the effective retry limit",
      run: async (rig) => {
        const topic = await rig.topic({ maxRetriesDefault: 4 });
        await rig.enqueue(topic, { maxRetries: 2 });
        const pop = rig.pop(topic, 2);
        const item = await pop.one();
        assert.deepEqual([item.attempts, item.maxRetries], [1, 2]);
        await rig.nack(item, 0);
        assert.equal((await pop.one()).attempts, 2);
        pop.cancel();
      },
    },
    {
      section: 9,
      rule: "an open stream without messages waits, and gets the next one at once",
      run: async (rig) => {
        const topic = await rig.topic();
        const pop = rig.pop(topic, 1);
        await sleep(2_000);
        assert(pop.isOpen);
        const { messageId } = await rig.enqueue(topic);
        assert.equal((await pop.one()).messageId, messageId);
        pop.cancel();
      },
    },
    {
      section: 9,
      rule: "after a half-close what is ready is delivered, then the stream ends with OK",
      way: "calls",
      run: async (rig) => {
        const topic = await rig.topic({ partitions: 3 });
        await ordered(rig, topic, [3n, 1n, 2n, 5n, 4n]);
        const pop = rig.pop(topic, 100).halfClose();
        await ends(pop, "OK");
        assert.equal(pop.items.length, 5);
        for (const item of pop.items) await rig.ack(item);
      },
    },
    {
      section: 9,
      rule: "after a half-close the credits bound what is delivered",
      way: "calls",
      run: async (rig) => {
        const topic = await rig.topic();
        await ordered(rig, topic, [1n, 2n, 3n]);
        const pop = rig.pop(topic, 2).halfClose();
        await ends(pop, "OK");
        assert.equal(pop.items.length, 2);
      },
    },
    {
      section: 9,
      rule: "a half-close on an empty topic ends with OK",
      way: "calls",
      run: async (rig) => {
        const topic = await rig.topic();
        await ends(rig.pop(topic, 3).halfClose(), "OK");
        await ends(rig.stream(topic).filter(topic).halfClose(), "OK");
      },
    },
    {
      section: 9,
      rule: "a half-close without a filter is INVALID_ARGUMENT",
      way: "calls",
      run: async (rig) => {
        await ends(rig.stream("").credits(1).halfClose(), "INVALID_ARGUMENT");
      },
    },
    {
      section: 9,
      rule: "after a cancel a late ack still works, and what is not settled comes again after the grace",
      run: async (rig) => {
        const topic = await rig.topic();
        await ordered(rig, topic, [1n, 2n]);
        const pop = rig.pop(topic, 2, { visibilityMs: HOUR_MS });
        const [first, second] = await pop.take(2);
        assert(first !== undefined && second !== undefined);
        const before = Date.now();
        pop.cancel();
        await sleep(500);
        await rig.ack(first);
        const other = rig.pop(topic, 1);
        const again = await other.one();
        const tookMs = Date.now() - before;
        assert.equal(again.messageId, second.messageId);
        assert(tookMs > GRACE_MS - 500 && tookMs < GRACE_MS + 5_000, `after ${String(tookMs)} ms`);
        other.cancel();
      },
    },
    {
      section: 9,
      rule: "credits of a cancelled stream take nothing",
      run: async (rig) => {
        const topic = await rig.topic();
        const pop = rig.pop(topic, 10);
        await sleep(200);
        pop.cancel();
        await sleep(200);
        await rig.enqueue(topic);
        const { pop: other, item } = await rig.lease(topic);
        assert.equal(item.attempts, 1);
        other.cancel();
      },
    },
    {
      section: 9,
      rule: "many streams share a topic and every message goes to one of them",
      run: async (rig) => {
        const topic = await rig.topic({ partitions: 2 });
        const pops = Array.from({ length: 20 }, () => rig.pop(topic, 5));
        await Promise.all(Array.from({ length: 100 }, () => rig.enqueue(topic)));
        const got = (await Promise.all(pops.map((pop) => pop.take(5)))).flat();
        assert.equal(new Set(got.map(({ messageId }) => messageId)).size, 100);
        assert((await rig.stats(topic)).inflightMessages === 100n);
        for (const pop of pops) pop.cancel();
      },
    },
    {
      section: 9,
      rule: "a stream through another node survives the loss of the partition's leader",
      isAlone: true,
      needsThree: true,
      run: async (rig) => {
        const topic = await rig.topic();
        const leaderName = (await rig.stats(topic)).partitionStats.get(0)?.leaderNode;
        const leader = rig.nodes.findIndex(({ name }) => name === leaderName);
        const [near, far] = [(leader + 1) % 3, (leader + 2) % 3];
        const pop = rig.stream(topic, near).filter(topic).credits(10);
        await rig.enqueue(topic, { priority: 1n }, far);
        const item = await pop.one();
        await rig.node(leader).kill();
        try {
          await until("an enqueue succeeds without the old leader", async () => {
            try {
              await rig.enqueue(
                topic,
                { priority: 2n, producerId: "p", epoch: 1n, sequence: 1n },
                far,
              );
              return true;
            } catch {
              return false;
            }
          });
          assert.equal((await pop.one()).priority, 2n);
          await rig.ack(item, near);
          assert(pop.isOpen);
        } finally {
          rig.node(leader).start();
          await rig.node(leader).healthy();
          pop.cancel();
        }
      },
    },
    {
      section: 9,
      rule: "a node that shuts down is NOT_SERVING first, then its streams end with UNAVAILABLE",
      isAlone: true,
      run: async (rig) => {
        const topic = await rig.topic();
        const place = rig.nodes.length - 1;
        await rig.enqueue(topic);
        const pop = rig.stream(topic, place).filter(topic).credits(2);
        await pop.one();
        const health = watchHealth(rig.client(place), "disheap.v1.Disheap");
        await until("it is SERVING", () => Promise.resolve(health.states.join() === "1"));
        const exit = rig.node(place).stop();
        try {
          await until("it is NOT_SERVING", () => Promise.resolve(health.states.join() === "1,2"));
          await ends(pop, "UNAVAILABLE");
          assert.equal((await exit).code, 0);
          assert(health.changedAt[1] !== undefined && health.changedAt[1] <= pop.endedAt);
        } finally {
          rig.node(place).start();
          await rig.node(place).healthy();
        }
      },
    },
  ];
}
