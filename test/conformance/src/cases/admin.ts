// Section 14: lists, counters, Peek, and the guarded deletion.

import assert from "node:assert/strict";
import {
  DeleteHeapReq,
  DisheapService,
  ListHeapsReq,
  MakeHeapReq,
  Mode,
  StatsReq,
} from "@disheap/proto";
import { type Rig, duration, refused } from "../rig.js";
import type { Case } from "../case.js";

async function remove(rig: Rig, topic: string, confirmationToken = ""): Promise<unknown> {
  const request = DeleteHeapReq.create({ topic, confirmationToken });
  return rig.call(DisheapService.deleteHeap, request);
}

async function tokenFor(rig: Rig, topic: string): Promise<string> {
  const { metadata } = await refused("FAILED_PRECONDITION", remove(rig, topic));
  const token = metadata.get("disheap-confirmation-token")[0];
  assert(typeof token === "string" && token !== "", "the trailer carries no token");
  return token;
}

export function adminCases(): Case[] {
  return [
    {
      section: 14,
      rule: "ListHeaps is sorted and complete over pages, on every node",
      way: "calls",
      isAlone: true,
      run: async (rig) => {
        for (const place of rig.nodes.keys()) {
          const all = (await rig.listAll(place)).map(({ topic }) => topic);
          assert.deepEqual(
            [...all].sort((a, b) => (a < b ? -1 : 1)),
            all,
          );
          const paged: string[] = [];
          let pageToken = "";
          do {
            const request = ListHeapsReq.create({ pageSize: 7, pageToken });
            const page = await rig.call(DisheapService.listHeaps, request, { place });
            assert(page.heaps.length <= 7);
            paged.push(...page.heaps.map(({ topic }) => topic));
            pageToken = page.nextPageToken;
          } while (pageToken !== "");
          assert.deepEqual(paged, all);
        }
      },
    },
    {
      section: 14,
      rule: "page_size 0 means 50, above 1000 is cut",
      way: "calls",
      isAlone: true,
      run: async (rig) => {
        const all = await rig.listAll();
        assert(all.length > 50, `only ${String(all.length)} topics to page over`);
        const page = await rig.call(DisheapService.listHeaps, ListHeapsReq.create());
        assert.equal(page.heaps.length, 50);
        assert(page.nextPageToken !== "");
        const large = ListHeapsReq.create({ pageSize: 4_000_000 });
        const answer = await rig.call(DisheapService.listHeaps, large);
        assert.equal(answer.heaps.length, Math.min(1000, all.length));
      },
    },
    {
      section: 14,
      rule: "ListHeaps fills stats, policy and times",
      way: "calls",
      run: async (rig) => {
        const topic = await rig.topic({ partitions: 2 });
        await rig.enqueue(topic);
        const info = await rig.info(topic);
        assert.equal(info.stats?.totalMessages, 1n);
        assert.equal(info.stats.partitionStats.size, 2);
        assert(info.dlqPolicy !== undefined);
        for (const time of [info.createdAt, info.updatedAt]) {
          assert(Math.abs((time?.getTime() ?? 0) - Date.now()) < 60_000);
        }
      },
    },
    {
      section: 14,
      rule: "counters are the same on every node, and total counts ready, delayed and leased",
      run: async (rig) => {
        const topic = await rig.topic({ partitions: 3 });
        for (let n = 0; n < 5; n += 1) await rig.enqueue(topic, { priority: BigInt(n) });
        await rig.enqueue(topic, { notBefore: duration(3_600_000) });
        const pop = rig.pop(topic, 3);
        const [first, second] = await pop.take(3);
        assert(first !== undefined && second !== undefined);
        await rig.ack(first);
        await rig.nack(second, 3_600_000);
        for (const place of rig.nodes.keys()) {
          const stats = await rig.stats(topic, place);
          assert.equal(stats.totalMessages, 5n);
          assert.equal(stats.inflightMessages, 1n);
          assert.equal(stats.totalEnqueues, 6n);
          assert.equal(stats.totalPops, 3n);
          assert.equal(stats.totalAcks, 1n);
          assert.equal(stats.totalNacks, 1n);
          assert.equal(stats.totalRetries, 1n);
          assert.equal(stats.totalTimeouts, 0n);
          assert.equal(stats.dlqMessages, 0n);
        }
        pop.cancel();
      },
    },
    {
      section: 14,
      rule: "Stats shows each partition with leader, replicas and health; partition_id narrows them",
      way: "calls",
      run: async (rig) => {
        const topic = await rig.topic({ partitions: 3 });
        const names = rig.nodes.map(({ name }) => name);
        const stats = await rig.stats(topic);
        assert.deepEqual([...stats.partitionStats.keys()].sort(), [0, 1, 2]);
        for (const [partition, part] of stats.partitionStats) {
          assert.equal(part.partitionId, partition);
          assert(names.includes(part.leaderNode), part.leaderNode);
          assert.deepEqual([...part.replicaNodes].sort(), names);
          assert.equal(part.isHealthy, true);
        }
        const narrow = StatsReq.create({ topic, partitionId: 2 });
        const answer = await rig.call(DisheapService.stats, narrow);
        assert.deepEqual([...(answer.topicStats.get(topic)?.partitionStats.keys() ?? [])], [2]);
      },
    },
    {
      section: 14,
      rule: "Stats without a topic holds all, with one that one; the global part is always filled",
      way: "calls",
      run: async (rig) => {
        const [one, two] = [await rig.topic(), await rig.topic()];
        await rig.enqueue(one);
        const all = await rig.call(DisheapService.stats, StatsReq.create());
        assert(all.topicStats.has(one) && all.topicStats.has(two));
        const single = await rig.call(DisheapService.stats, StatsReq.create({ topic: two }));
        assert.deepEqual([...single.topicStats.keys()], [two]);
        assert((single.globalStats?.totalEnqueues ?? 0n) >= 1n);
      },
    },
    {
      section: 14,
      rule: "the global counters are the sum over the topics",
      way: "calls",
      isAlone: true,
      run: async (rig) => {
        const all = await rig.call(DisheapService.stats, StatsReq.create());
        const sum = (field: "totalMessages" | "inflightMessages" | "dlqMessages"): bigint =>
          [...all.topicStats.values()].reduce((total, stats) => total + stats[field], 0n);
        for (const field of ["totalMessages", "inflightMessages", "dlqMessages"] as const) {
          assert.equal(all.globalStats?.[field], sum(field), field);
        }
      },
    },
    {
      section: 14,
      rule: "Peek is best first over all partitions, or over one; limit 0 means 10; has_more says if cut",
      way: "calls",
      run: async (rig) => {
        const topic = await rig.topic({ partitions: 3, mode: Mode.MAX });
        const inZero: bigint[] = [];
        for (let n = 0n; n < 12n; n += 1n) {
          const { partitionId } = await rig.enqueue(topic, {
            priority: n,
            partitionKey: String(n),
          });
          if (partitionId === 0) inZero.unshift(n);
        }
        const ten = await rig.peek(topic, { limit: 0 });
        const best = (count: number): bigint[] =>
          Array.from({ length: count }, (_, index) => 11n - BigInt(index));
        assert.deepEqual(
          ten.items.map(({ priority }) => priority),
          best(10),
        );
        assert.equal(ten.hasMore, true);
        const all = await rig.peek(topic, { limit: 5_000_000 });
        assert.deepEqual([all.items.length, all.hasMore], [12, false]);
        const zero = await rig.peek(topic, { partitionId: 0 });
        assert.deepEqual(
          zero.items.map(({ priority }) => priority),
          inZero,
        );
      },
    },
    {
      section: 14,
      rule: "Peek shows leased ones with their deadline, and delayed ones after ready ones",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic, { priority: 1n, notBefore: duration(3_600_000) });
        await rig.enqueueAll(topic, [2n, 3n]);
        const { pop, item } = await rig.lease(topic, 60_000);
        assert.equal(item.priority, 2n);
        const items = (await rig.peek(topic)).items;
        const leased = items.find(({ priority }) => priority === 2n);
        assert.equal(leased?.isLeased, true);
        assert.deepEqual(leased.leaseDeadline, item.leaseDeadline);
        const at = (priority: bigint): number =>
          items.findIndex((each) => each.priority === priority);
        assert(at(1n) > at(3n), "the delayed one comes before the ready one");
        assert.equal(items.length, 3);
        pop.cancel();
      },
    },
    {
      section: 14,
      rule: "Peek changes nothing, and include_dlq adds the dead letters after the live ones",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic, { priority: 1n, maxRetries: 0 });
        await rig.enqueue(topic, { priority: 2n });
        const pop = rig.pop(topic, 1);
        await rig.nack(await pop.one(), 0);
        for (let n = 0; n < 3; n += 1) {
          const items = (await rig.peek(topic, { includeDlq: true })).items;
          assert.deepEqual(
            items.map(({ priority, inDlq }) => [priority, inDlq]),
            [
              [2n, false],
              [1n, true],
            ],
          );
        }
        pop.credits(1);
        assert.equal((await pop.one()).attempts, 1);
        pop.cancel();
      },
    },
    {
      section: 14,
      rule: "DeleteHeap without force or token is FAILED_PRECONDITION and hands out a token that works once",
      way: "calls",
      run: async (rig) => {
        const topic = await rig.topic();
        const token = await tokenFor(rig, topic);
        await remove(rig, topic, token);
        await refused("NOT_FOUND", rig.enqueue(topic));
        await refused("NOT_FOUND", remove(rig, topic, token));
        // Nor does it remove another topic that was given the name.
        await rig.call(DisheapService.makeHeap, MakeHeapReq.create({ topic }));
        await rig.settle(topic);
        await refused("FAILED_PRECONDITION", remove(rig, topic, token));
      },
    },
    {
      section: 14,
      rule: "a Peek limit above 1000 is cut to 1000, and has_more says so",
      way: "calls",
      isAlone: true,
      run: async (rig) => {
        const topic = await rig.topic();
        for (let block = 0; block < 7; block += 1) {
          await Promise.all(Array.from({ length: 143 }, () => rig.enqueue(topic)));
        }
        const cut = await rig.peek(topic, { limit: 4_000_000_000 });
        assert.deepEqual([cut.items.length, cut.hasMore], [1000, true]);
      },
    },
    {
      section: 14,
      rule: "a token is bound to its topic, and an invented one is refused",
      way: "calls",
      run: async (rig) => {
        const [one, two] = [await rig.topic(), await rig.topic()];
        const token = await tokenFor(rig, one);
        await refused("FAILED_PRECONDITION", remove(rig, two, token));
        await refused("FAILED_PRECONDITION", remove(rig, two, "invented"));
        await rig.enqueue(two);
        await remove(rig, one, token);
      },
    },
    {
      section: 14,
      rule: "DeleteHeap with an empty topic is INVALID_ARGUMENT",
      way: "calls",
      run: async (rig) => {
        const request = DeleteHeapReq.create({ force: true });
        await refused("INVALID_ARGUMENT", rig.call(DisheapService.deleteHeap, request));
      },
    },
    {
      section: 14,
      rule: "a deleted topic ends its streams with NOT_FOUND, and made again it starts empty",
      run: async (rig) => {
        const topic = await rig.topic({ partitions: 2 });
        const triple = { producerId: "p", epoch: 1n, sequence: 1n };
        await rig.enqueue(topic, triple);
        const { pop, item } = await rig.lease(topic);
        const request = DeleteHeapReq.create({ topic, force: true });
        await rig.call(DisheapService.deleteHeap, request);
        assert.equal((await pop.end()).code, 5);
        for (const place of rig.nodes.keys()) {
          await refused("NOT_FOUND", rig.enqueue(topic, {}, place));
        }
        await rig.call(DisheapService.makeHeap, MakeHeapReq.create({ topic }));
        await rig.settle(topic);
        assert.equal((await rig.stats(topic)).totalMessages, 0n);
        assert.equal((await rig.enqueue(topic, triple)).duplicate, false);
        await refused("FAILED_PRECONDITION", rig.ack(item));
      },
    },
    {
      section: 14,
      rule: "topics, messages and counters are there after a restart of every node",
      isAlone: true,
      run: async (rig) => {
        const topic = await rig.topic({ partitions: 2 });
        const ids = await rig.enqueueAll(topic, [3n, 1n, 2n]);
        const before = (await rig.listAll()).map(({ topic: name }) => name);
        await Promise.all(rig.nodes.map((node) => node.kill()));
        for (const node of rig.nodes) node.start();
        await Promise.all(rig.nodes.map((node) => node.healthy()));
        await rig.settle(topic);
        assert.deepEqual(
          (await rig.listAll()).map(({ topic: name }) => name),
          before,
        );
        const stats = await rig.stats(topic);
        assert.deepEqual([stats.totalMessages, stats.totalEnqueues], [3n, 3n]);
        const pop = rig.pop(topic, 3);
        const got = (await pop.take(3)).map(({ messageId }) => messageId);
        assert.deepEqual(got.sort(), ids.sort());
        pop.cancel();
      },
    },
  ];
}
