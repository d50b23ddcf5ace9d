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
import { type Rig, duration, refused } from "../rig.js";
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
      run: async (rig) => {
        const topic = await rig.topic({ maxPayloadBytes: 1000n });
        await refused("INVALID_ARGUMENT", rig.enqueue(topic, fields));
        assert.equal((await rig.stats(topic)).totalEnqueues, 0n);
      },
    })),
    ...ACCEPTED.map(([what, fields]): Case => ({
      section: 4,
      rule: `Enqueue with ${what} is accepted`,
      run: async (rig) => {
        const topic = await rig.topic({ maxPayloadBytes: 1000n });
        await rig.enqueue(topic, fields);
        assert.equal((await rig.stats(topic)).totalMessages, 1n);
      },
    })),
    {
      section: 4,
      rule: 'an empty topic is INVALID_ARGUMENT, an unknown one NOT_FOUND with "not found"',
      run: async (rig) => {
        await refused("INVALID_ARGUMENT", rig.enqueue(""));
        for (let place = 0; place < rig.nodes.length; place += 1) {
          const { details } = await refused("NOT_FOUND", rig.enqueue("nowhere", {}, place));
          assert.match(details, /not found/);
        }
      },
    },
    {
      section: 4,
      rule: "max_retries absent is the topic's, an explicit 0 is 0",
      run: async (rig) => {
        const topic = await rig.topic({ maxRetriesDefault: 7 });
        await rig.enqueue(topic, { priority: 1n });
        await rig.enqueue(topic, { priority: 2n, maxRetries: 0 });
        const items = (await rig.peek(topic)).items;
        assert.deepEqual(
          items.map(({ maxRetries }) => maxRetries),
          [7, 0],
        );
      },
    },
    {
      section: 4,
      rule: "a full producer triple is one message however often it is sent, through any node",
      run: async (rig) => {
        const topic = await rig.topic({ partitions: 3 });
        const triple = { producerId: "p", epoch: 3n, sequence: 9n };
        const first = await rig.enqueue(topic, triple);
        assert.equal(first.duplicate, false);
        for (let place = 0; place < rig.nodes.length; place += 1) {
          const other = { ...triple, payload: Buffer.from("ignored"), priority: 5n };
          const again = await rig.enqueue(topic, other, place);
          assert.deepEqual(again, { ...first, duplicate: true });
        }
        assert.equal((await rig.stats(topic)).totalMessages, 1n);
        // A new epoch is a new space.
        assert.equal((await rig.enqueue(topic, { ...triple, epoch: 4n })).duplicate, false);
      },
    },
    {
      section: 4,
      rule: "an incomplete producer triple is no reason to suppress anything",
      way: "calls",
      run: async (rig) => {
        const topic = await rig.topic();
        const incomplete: Fields[] = [
          { producerId: "p", epoch: 1n },
          { producerId: "p", sequence: 1n },
          { epoch: 1n, sequence: 1n },
          { producerId: "", epoch: 1n, sequence: 1n },
        ];
        for (const fields of [...incomplete, ...incomplete]) {
          assert.equal((await rig.enqueue(topic, fields)).duplicate, false);
        }
        assert.equal((await rig.stats(topic)).totalMessages, BigInt(2 * incomplete.length));
      },
    },
    {
      section: 4,
      rule: "a duplicate stays one after its message was acked",
      run: async (rig) => {
        const topic = await rig.topic();
        const triple = { producerId: "p", epoch: 1n, sequence: 1n };
        const { messageId } = await rig.enqueue(topic, triple);
        const { pop, item } = await rig.lease(topic);
        await rig.ack(item);
        const again = await rig.enqueue(topic, triple);
        assert.deepEqual([again.duplicate, again.messageId], [true, messageId]);
        assert.equal((await rig.stats(topic)).totalMessages, 0n);
        pop.cancel();
      },
    },
    {
      section: 4,
      rule: "not_before delays from the receipt",
      run: async (rig) => {
        const topic = await rig.topic();
        const pop = rig.pop(topic, 1);
        const before = Date.now();
        await rig.enqueue(topic, { notBefore: duration(1_200) });
        assert.equal((await rig.peek(topic)).items.length, 1);
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
      run: async (rig) => {
        const delivery = {
          topic: "nowhere",
          messageId: "0".repeat(26),
          leaseToken: await someToken(rig),
        };
        await refused("NOT_FOUND", rig.ack(delivery));
        await refused("NOT_FOUND", rig.nack(delivery));
        await refused("NOT_FOUND", rig.extend(delivery, 1000));
        await refused("NOT_FOUND", rig.peek("nowhere"));
        await refused(
          "NOT_FOUND",
          rig.call(DisheapService.stats, StatsReq.create({ topic: "nowhere" })),
        );
        const remove = DeleteHeapReq.create({ topic: "nowhere", force: true });
        await refused("NOT_FOUND", rig.call(DisheapService.deleteHeap, remove));
      },
    },
    {
      section: 5,
      rule: "an unknown partition is NOT_FOUND for Peek and Stats",
      way: "calls",
      run: async (rig) => {
        const topic = await rig.topic();
        await refused("NOT_FOUND", rig.peek(topic, { partitionId: 1 }));
        const stats = StatsReq.create({ topic, partitionId: 1 });
        await refused("NOT_FOUND", rig.call(DisheapService.stats, stats));
      },
    },
    {
      section: 7,
      rule: "a message id is a ULID of the enqueue time, and ids of a partition grow",
      run: async (rig) => {
        const topic = await rig.topic();
        const ids = await rig.enqueueAll(topic, [0n, 0n, 0n, 0n]);
        for (const id of ids) assert.match(id, ULID);
        assert.deepEqual([...ids].sort(), ids);
        const items = (await rig.peek(topic)).items;
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
      run: async (rig) => {
        const topic = await rig.topic({ partitions: 3 });
        const groups = new Map<number, Set<bigint>>();
        for (let key = 0; key < 24; key += 1) {
          const { messageId, partitionId } = await rig.enqueue(topic, {
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
        await rig.call(DisheapService.deleteHeap, remove);
        await rig.call(DisheapService.makeHeap, MakeHeapReq.create({ topic }));
        await rig.settle(topic);
        assert(!all.flat().includes(groupOf((await rig.enqueue(topic)).messageId)));
      },
    },
    {
      section: 7,
      rule: "a lease token has 43 characters, begins with the fence in hex, and a later lease sorts after",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic);
        const pop = rig.pop(topic, 2);
        const first = await pop.one();
        assert.match(first.leaseToken, TOKEN);
        assert.equal(first.leaseToken.slice(0, 8), "00000001");
        await rig.nack(first, 0);
        const second = await pop.one();
        assert.equal(second.leaseToken.slice(0, 8), "00000002");
        assert(second.leaseToken > first.leaseToken);
        pop.cancel();
      },
    },
    {
      section: 7,
      rule: "a malformed token is INVALID_ARGUMENT, a forged one FAILED_PRECONDITION",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic);
        const { pop, item } = await rig.lease(topic);
        for (const leaseToken of ["x", "0".repeat(42), `${item.leaseToken}0`, "!".repeat(43)]) {
          await refused("INVALID_ARGUMENT", rig.ack({ ...item, leaseToken }));
          await refused("INVALID_ARGUMENT", rig.extend({ topic, leaseToken }, 1000));
        }
        const last = item.leaseToken.at(-3) === "A" ? "B" : "A";
        const forged = item.leaseToken.slice(0, -3) + last + item.leaseToken.slice(-2);
        const later = `00000002${item.leaseToken.slice(8)}`;
        for (const leaseToken of [forged, later]) {
          await refused("FAILED_PRECONDITION", rig.ack({ ...item, leaseToken }));
          await refused("FAILED_PRECONDITION", rig.nack({ ...item, leaseToken }));
          await refused("FAILED_PRECONDITION", rig.extend({ topic, leaseToken }, 1000));
        }
        await rig.ack(item);
        pop.cancel();
      },
    },
    {
      section: 7,
      rule: "page_token accepts a decimal offset and refuses other text",
      way: "calls",
      run: async (rig) => {
        await rig.topic();
        const all = await rig.call(
          DisheapService.listHeaps,
          ListHeapsReq.create({ pageSize: 1000 }),
        );
        assert(all.heaps.length > 0);
        await rig.call(DisheapService.listHeaps, ListHeapsReq.create({ pageToken: "0" }));
        const bad = ListHeapsReq.create({ pageToken: "what?" });
        await refused("INVALID_ARGUMENT", rig.call(DisheapService.listHeaps, bad));
      },
    },
    {
      section: 8,
      rule: "enqueue, pop, extend, nack, ack, peek, stats and delete work through every node",
      run: async (rig) => {
        const count = rig.nodes.length;
        for (let place = 0; place < count; place += 1) {
          const [next, last] = [(place + 1) % count, (place + 2) % count];
          const topic = await rig.topic({ partitions: 2 });
          const { messageId } = await rig.enqueue(topic, {}, place);
          const pop = rig.stream(topic, next).filter(topic).credits(2);
          const item = await pop.one();
          assert.equal(item.messageId, messageId);
          await rig.extend(item, 1000);
          await rig.nack(item, 0, last);
          const again = await pop.one();
          await rig.ack(again, place);
          assert.equal((await rig.peek(topic, {}, next)).items.length, 0);
          assert.equal((await rig.stats(topic, last)).totalAcks, 1n);
          const remove = DeleteHeapReq.create({ topic, force: true });
          await rig.call(DisheapService.deleteHeap, remove, { place: last });
          assert.equal((await pop.end()).code, 5);
        }
      },
    },
    {
      section: 8,
      rule: "a stream on every node gets what is enqueued anywhere",
      run: async (rig) => {
        const topic = await rig.topic({ partitions: 3 });
        const pops = rig.nodes.map((_, place) => rig.stream(topic, place).filter(topic).credits(1));
        await sleep(100);
        for (const place of rig.nodes.keys()) await rig.enqueue(topic, {}, place);
        const ids = (await Promise.all(pops.map((pop) => pop.one()))).map(
          ({ messageId }) => messageId,
        );
        assert.equal(new Set(ids).size, rig.nodes.length);
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
async function someToken(rig: Rig): Promise<string> {
  const topic = await rig.topic();
  await rig.enqueue(topic);
  const { pop, item } = await rig.lease(topic);
  pop.cancel();
  return item.leaseToken;
}
