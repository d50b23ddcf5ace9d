// Sections 4, 5, 7 and 8: what may be enqueued, the codes of refusals, the form of ids, and that every
// node serves everything.

import assert from "node:assert/strict";
import {
  DeleteHeapReq,
  DisheapService,
  type EnqueueReq,
  ListHeapsReq,
  MakeHeapReq,
  StatsReq,
} from "@disheap/proto";
import { type Bench, duration, refused } from "../bench.js";
import type { Case } from "../case.js";
import { sleep } from "../wait.js";

const DAY_MS = 86_400_000;
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const TOKEN = /^[0-9a-f]{8}[A-Za-z0-9_-]{35}$/;
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

type Fields = Partial<Omit<EnqueueReq, "topic">>;

const REFUSED: readonly (readonly [string, Fields])[] = [
  ["an empty payload", { payload: Buffer.alloc(0) }],
  ["a payload above the topic's limit", { payload: Buffer.alloc(1001) }],
  ["a delay below 0", { notBefore: duration(-1) }],
  ["a delay above 365 days", { notBefore: duration(365 * DAY_MS + 1) }],
  ["a producer id of 256 characters", { producerId: "p".repeat(256), epoch: 1n, sequence: 1n }],
  ["epoch 0", { producerId: "p", epoch: 0n, sequence: 1n }],
];

const ACCEPTED: readonly (readonly [string, Fields])[] = [
  ["a payload of exactly the topic's limit", { payload: Buffer.alloc(1000) }],
  ["a delay of 0", { notBefore: duration(0) }],
  ["a delay of 365 days", { notBefore: duration(365 * DAY_MS) }],
  ["a producer id of 255 characters", { producerId: "p".repeat(255), epoch: 1n, sequence: 1n }],
  ["0 retries", { maxRetries: 0 }],
  ["a partition key", { partitionKey: "customer-7" }],
];

export function enqueueCases(): Case[] {
  return [
    ...REFUSED.map(([what, fields]): Case => ({
      section: 4,
      rule: `Enqueue with ${what} is INVALID_ARGUMENT and leaves nothing`,
      run: async (bench) => {
        const topic = await bench.topic({ maxPayloadBytes: 1000n });
        await refused("INVALID_ARGUMENT", bench.enqueue(topic, fields));
        assert.equal((await bench.stats(topic)).totalEnqueues, 0n);
      },
    })),
    ...ACCEPTED.map(([what, fields]): Case => ({
      section: 4,
      rule: `Enqueue with ${what} is accepted`,
      run: async (bench) => {
        const topic = await bench.topic({ maxPayloadBytes: 1000n });
        await bench.enqueue(topic, fields);
        assert.equal((await bench.stats(topic)).totalMessages, 1n);
      },
    })),
    {
      section: 4,
      rule: 'an empty topic is INVALID_ARGUMENT, an unknown one NOT_FOUND with "not found"',
      run: async (bench) => {
        await refused("INVALID_ARGUMENT", bench.enqueue(""));
        for (let place = 0; place < bench.nodes.length; place += 1) {
          const { details } = await refused("NOT_FOUND", bench.enqueue("nowhere", {}, place));
          assert.match(details, /not found/);
        }
      },
    },
    {
      section: 4,
      rule: "max_retries absent is the topic's, an explicit 0 is 0",
      run: async (bench) => {
        const topic = await bench.topic({ maxRetriesDefault: 7 });
        await bench.enqueue(topic, { priority: 1n });
        await bench.enqueue(topic, { priority: 2n, maxRetries: 0 });
        const items = (await bench.peek(topic)).items;
        assert.deepEqual(
          items.map(({ maxRetries }) => maxRetries),
          [7, 0],
        );
      },
    },
    {
      section: 4,
      rule: "a full producer triple is one message however often it is sent, through any node",
      run: async (bench) => {
        const topic = await bench.topic({ partitions: 3 });
        const triple = { producerId: "p", epoch: 3n, sequence: 9n };
        const first = await bench.enqueue(topic, triple);
        assert.equal(first.duplicate, false);
        for (let place = 0; place < bench.nodes.length; place += 1) {
          const other = { ...triple, payload: Buffer.from("ignored"), priority: 5n };
          const again = await bench.enqueue(topic, other, place);
          assert.deepEqual(again, { ...first, duplicate: true });
        }
        assert.equal((await bench.stats(topic)).totalMessages, 1n);
        // A new epoch is a new space.
        assert.equal((await bench.enqueue(topic, { ...triple, epoch: 4n })).duplicate, false);
      },
    },
    {
      section: 4,
      rule: "an incomplete producer triple is no reason to suppress anything",
      way: "calls",
      run: async (bench) => {
        const topic = await bench.topic();
        const incomplete: Fields[] = [
          { producerId: "p", epoch: 1n },
          { producerId: "p", sequence: 1n },
          { epoch: 1n, sequence: 1n },
          { producerId: "", epoch: 1n, sequence: 1n },
        ];
        for (const fields of [...incomplete, ...incomplete]) {
          assert.equal((await bench.enqueue(topic, fields)).duplicate, false);
        }
        assert.equal((await bench.stats(topic)).totalMessages, BigInt(2 * incomplete.length));
      },
    },
    {
      section: 4,
      rule: "a duplicate stays one after its message was acked",
      run: async (bench) => {
        const topic = await bench.topic();
        const triple = { producerId: "p", epoch: 1n, sequence: 1n };
        const { messageId } = await bench.enqueue(topic, triple);
        const { pop, item } = await bench.lease(topic);
        await bench.ack(item);
        const again = await bench.enqueue(topic, triple);
        assert.deepEqual([again.duplicate, again.messageId], [true, messageId]);
        assert.equal((await bench.stats(topic)).totalMessages, 0n);
        pop.cancel();
      },
    },
    {
      section: 4,
      rule: "not_before delays from the receipt",
      run: async (bench) => {
        const topic = await bench.topic();
        const pop = bench.pop(topic, 1);
        const before = Date.now();
        await bench.enqueue(topic, { notBefore: duration(1_200) });
        assert.equal((await bench.peek(topic)).items.length, 1);
        assert.equal(pop.items.length, 0);
        await pop.one();
        const tookMs = Date.now() - before;
        assert(tookMs >= 1_150, `delivered after ${String(tookMs)} ms`);
        pop.cancel();
      },
    },
    {
      section: 5,
      rule: "an unknown topic is NOT_FOUND on every call",
      run: async (bench) => {
        const delivery = {
          topic: "nowhere",
          messageId: "0".repeat(26),
          leaseToken: await someToken(bench),
        };
        await refused("NOT_FOUND", bench.ack(delivery));
        await refused("NOT_FOUND", bench.nack(delivery));
        await refused("NOT_FOUND", bench.extend(delivery, 1000));
        await refused("NOT_FOUND", bench.peek("nowhere"));
        await refused(
          "NOT_FOUND",
          bench.call(DisheapService.stats, StatsReq.create({ topic: "nowhere" })),
        );
        const remove = DeleteHeapReq.create({ topic: "nowhere", force: true });
        await refused("NOT_FOUND", bench.call(DisheapService.deleteHeap, remove));
      },
    },
    {
      section: 5,
      rule: "an unknown partition is NOT_FOUND for Peek and Stats",
      way: "calls",
      run: async (bench) => {
        const topic = await bench.topic();
        await refused("NOT_FOUND", bench.peek(topic, { partitionId: 1 }));
        const stats = StatsReq.create({ topic, partitionId: 1 });
        await refused("NOT_FOUND", bench.call(DisheapService.stats, stats));
      },
    },
    {
      section: 7,
      rule: "a message id is a ULID of the enqueue time, and ids of a partition grow",
      run: async (bench) => {
        const topic = await bench.topic();
        const ids = await bench.enqueueAll(topic, [0n, 0n, 0n, 0n]);
        for (const id of ids) assert.match(id, ULID);
        assert.deepEqual([...ids].sort(), ids);
        const items = (await bench.peek(topic)).items;
        for (const { messageId, enqueuedTime } of items) {
          const time = [...messageId.slice(0, 10)].reduce(
            (sum, letter) => sum * 32 + LETTERS.indexOf(letter),
            0,
          );
          assert.equal(time, enqueuedTime?.getTime());
          assert(Math.abs(time - Date.now()) < 60_000);
        }
      },
    },
    {
      section: 7,
      rule: "an id holds its partition's group, which no other partition or later topic of that name has",
      run: async (bench) => {
        const topic = await bench.topic({ partitions: 3 });
        const groups = new Map<number, Set<bigint>>();
        for (let key = 0; key < 24; key += 1) {
          const { messageId, partitionId } = await bench.enqueue(topic, {
            partitionKey: String(key),
          });
          const seen = groups.get(partitionId) ?? new Set<bigint>();
          groups.set(partitionId, seen.add(groupOf(messageId)));
        }
        assert(groups.size > 1, "all keys in one partition");
        const all = [...groups.values()].map((seen) => [...seen]);
        assert(all.every((seen) => seen.length === 1));
        assert.equal(new Set(all.flat()).size, groups.size);
        const remove = DeleteHeapReq.create({ topic, force: true });
        await bench.call(DisheapService.deleteHeap, remove);
        await bench.call(DisheapService.makeHeap, MakeHeapReq.create({ topic }));
        await bench.settle(topic);
        assert(!all.flat().includes(groupOf((await bench.enqueue(topic)).messageId)));
      },
    },
    {
      section: 7,
      rule: "a lease token has 43 characters, begins with the fence in hex, and a later lease sorts after",
      run: async (bench) => {
        const topic = await bench.topic();
        await bench.enqueue(topic);
        const pop = bench.pop(topic, 2);
        const first = await pop.one();
        assert.match(first.leaseToken, TOKEN);
        assert.equal(first.leaseToken.slice(0, 8), "00000001");
        await bench.nack(first, 0);
        const second = await pop.one();
        assert.equal(second.leaseToken.slice(0, 8), "00000002");
        assert(second.leaseToken > first.leaseToken);
        pop.cancel();
      },
    },
    {
      section: 7,
      rule: "a malformed token is INVALID_ARGUMENT, a forged one FAILED_PRECONDITION",
      run: async (bench) => {
        const topic = await bench.topic();
        await bench.enqueue(topic);
        const { pop, item } = await bench.lease(topic);
        for (const leaseToken of ["x", "0".repeat(42), `${item.leaseToken}0`, "!".repeat(43)]) {
          await refused("INVALID_ARGUMENT", bench.ack({ ...item, leaseToken }));
          await refused("INVALID_ARGUMENT", bench.extend({ topic, leaseToken }, 1000));
        }
        const last = item.leaseToken.at(-3) === "A" ? "B" : "A";
        const forged = item.leaseToken.slice(0, -3) + last + item.leaseToken.slice(-2);
        const later = `00000002${item.leaseToken.slice(8)}`;
        for (const leaseToken of [forged, later]) {
          await refused("FAILED_PRECONDITION", bench.ack({ ...item, leaseToken }));
          await refused("FAILED_PRECONDITION", bench.nack({ ...item, leaseToken }));
          await refused("FAILED_PRECONDITION", bench.extend({ topic, leaseToken }, 1000));
        }
        await bench.ack(item);
        pop.cancel();
      },
    },
    {
      section: 7,
      rule: "page_token accepts a decimal offset and refuses other text",
      way: "calls",
      run: async (bench) => {
        await bench.topic();
        const all = await bench.call(
          DisheapService.listHeaps,
          ListHeapsReq.create({ pageSize: 1000 }),
        );
        assert(all.heaps.length > 0);
        await bench.call(DisheapService.listHeaps, ListHeapsReq.create({ pageToken: "0" }));
        const bad = ListHeapsReq.create({ pageToken: "what?" });
        await refused("INVALID_ARGUMENT", bench.call(DisheapService.listHeaps, bad));
      },
    },
    {
      section: 8,
      rule: "enqueue, pop, extend, nack, ack, peek, stats and delete work through every node",
      run: async (bench) => {
        const count = bench.nodes.length;
        for (let place = 0; place < count; place += 1) {
          const [next, last] = [(place + 1) % count, (place + 2) % count];
          const topic = await bench.topic({ partitions: 2 });
          const { messageId } = await bench.enqueue(topic, {}, place);
          const pop = bench.stream(topic, next).filter(topic).credits(2);
          const item = await pop.one();
          assert.equal(item.messageId, messageId);
          await bench.extend(item, 1000);
          await bench.nack(item, 0, last);
          const again = await pop.one();
          await bench.ack(again, place);
          assert.equal((await bench.peek(topic, {}, next)).items.length, 0);
          assert.equal((await bench.stats(topic, last)).totalAcks, 1n);
          const remove = DeleteHeapReq.create({ topic, force: true });
          await bench.call(DisheapService.deleteHeap, remove, { place: last });
          assert.equal((await pop.end()).code, 5);
        }
      },
    },
    {
      section: 8,
      rule: "a stream on every node gets what is enqueued anywhere",
      run: async (bench) => {
        const topic = await bench.topic({ partitions: 3 });
        const pops = bench.nodes.map((_, place) =>
          bench.stream(topic, place).filter(topic).credits(1),
        );
        await sleep(100);
        for (const place of bench.nodes.keys()) await bench.enqueue(topic, {}, place);
        const ids = (await Promise.all(pops.map((pop) => pop.one()))).map(
          ({ messageId }) => messageId,
        );
        assert.equal(new Set(ids).size, bench.nodes.length);
        for (const pop of pops) pop.cancel();
      },
    },
  ];
}

/** 24 bits behind the 48 of the time; the first of the 26 digits carries three bits. */
function groupOf(messageId: string): bigint {
  const bits = [...messageId].reduce(
    (sum, letter) => sum * 32n + BigInt(LETTERS.indexOf(letter)),
    0n,
  );
  return (bits >> 56n) & 0xff_ffffn;
}

/** A well-formed token of some other topic. */
async function someToken(bench: Bench): Promise<string> {
  const topic = await bench.topic();
  await bench.enqueue(topic);
  const { pop, item } = await bench.lease(topic);
  pop.cancel();
  return item.leaseToken;
}
