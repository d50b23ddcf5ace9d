// Section 3: what a topic may be, and what it is when nothing is said.

import assert from "node:assert/strict";
import { DeleteHeapReq, DisheapService, MakeHeapReq, Mode } from "@disheap/proto";
import { status as Status } from "@grpc/grpc-js";
import { duration, refused } from "../rig.js";
import type { Case } from "../case.js";
import { LEASE_LIFE_MAX_MS } from "../lease-life.js";

const DAY_MS = 86_400_000;

type Settings = Partial<MakeHeapReq>;

const REFUSED: readonly (readonly [string, Settings])[] = [
  ["an empty name", { topic: "" }],
  ["a name with a space", { topic: "a b" }],
  ["a name with a dot", { topic: "a.b" }],
  ["a name with a letter beyond ASCII", { topic: "ä" }],
  ["a name with a line feed at its end", { topic: "a\n" }],
  ["a name of 256 characters", { topic: "a".repeat(256) }],
  ["mode 2", { mode: 2 as Mode }],
  ["101 partitions", { partitions: 101 }],
  ["1001 partitions", { partitions: 1001 }],
  ["replication factor 8", { replicationFactor: 8 }],
  ["K = 10001", { topKBound: 10_001 }],
  ["retention 0", { retentionTime: duration(0) }],
  ["retention below 0", { retentionTime: duration(-1000) }],
  ["retention above 365 days", { retentionTime: duration(365 * DAY_MS + 1) }],
  ["visibility 0", { visibilityTimeoutDefault: duration(0) }],
  ["visibility below 0", { visibilityTimeoutDefault: duration(-1) }],
  ["visibility above 12 hours", { visibilityTimeoutDefault: duration(LEASE_LIFE_MAX_MS + 1) }],
  ["a payload limit above 256 MiB", { maxPayloadBytes: 256n * 1024n * 1024n + 1n }],
  ["dead letter retention 0", { dlqPolicy: { enabled: true, retentionTime: duration(0) } }],
  ["dead letter retention below 0", { dlqPolicy: { enabled: true, retentionTime: duration(-1) } }],
];

const ACCEPTED: readonly (readonly [string, Settings])[] = [
  ["a name of 255 characters", { topic: "n".repeat(255) }],
  ["letters, digits, dash and underscore", { topic: "A-z_09" }],
  ["replication factor 7, on the nodes there are", { replicationFactor: 7 }],
  ["K = 10000", { topKBound: 10_000 }],
  ["retention of 365 days", { retentionTime: duration(365 * DAY_MS) }],
  ["visibility of 12 hours", { visibilityTimeoutDefault: duration(LEASE_LIFE_MAX_MS) }],
  ["a payload limit of 256 MiB", { maxPayloadBytes: 256n * 1024n * 1024n }],
  [
    "what the Python SDK sends",
    {
      partitions: 1,
      replicationFactor: 2,
      topKBound: 100,
      visibilityTimeoutDefault: duration(300_000),
      maxRetriesDefault: 3,
      maxPayloadBytes: 1_048_576n,
      dlqPolicy: { enabled: true, retentionTime: undefined },
    },
  ],
];

export function topicCases(): Case[] {
  return [
    ...REFUSED.map(([what, settings]): Case => ({
      section: 3,
      rule: `MakeHeap with ${what} is INVALID_ARGUMENT`,
      way: "calls",
      run: async (rig) => {
        const request = MakeHeapReq.create({ topic: "never-made", ...settings });
        await refused("INVALID_ARGUMENT", rig.call(DisheapService.makeHeap, request));
        const names = (await rig.listAll()).map(({ topic }) => topic);
        assert(!names.includes(request.topic));
      },
    })),
    ...ACCEPTED.map(([what, settings]): Case => ({
      section: 3,
      rule: `MakeHeap with ${what} is accepted`,
      way: "calls",
      run: async (rig) => {
        const request = MakeHeapReq.create({ topic: rig.freshName(), ...settings });
        await rig.call(DisheapService.makeHeap, request);
        await rig.settle(request.topic);
        await rig.enqueue(request.topic);
      },
    })),
    {
      section: 3,
      rule: "what is left out takes the default",
      way: "calls",
      run: async (rig) => {
        const topic = await rig.topic();
        const info = await rig.info(topic);
        assert.equal(info.mode, Mode.MIN);
        assert.equal(info.partitions, 1);
        assert.equal(info.replicationFactor, Math.min(3, rig.nodes.length));
        assert.equal(info.topKBound, 100);
        assert.deepEqual(info.retentionTime, duration(DAY_MS));
        assert.deepEqual(info.visibilityTimeoutDefault, duration(30_000));
        assert.equal(info.maxRetriesDefault, 3);
        assert.equal(info.maxPayloadBytes, 1_048_576n);
        assert.equal(info.compressionEnabled, false);
        assert.deepEqual(info.dlqPolicy, { enabled: true, retentionTime: duration(7 * DAY_MS) });
      },
    },
    {
      section: 3,
      rule: "dlq_policy enabled without retention keeps for 7 days, disabled is off",
      way: "calls",
      run: async (rig) => {
        const on = await rig.topic({ dlqPolicy: { enabled: true, retentionTime: undefined } });
        const off = await rig.topic({ dlqPolicy: { enabled: false, retentionTime: undefined } });
        assert.deepEqual((await rig.info(on)).dlqPolicy?.retentionTime, duration(7 * DAY_MS));
        assert.equal((await rig.info(off)).dlqPolicy?.enabled, false);
      },
    },
    {
      section: 3,
      rule: "a chosen value is kept as it was chosen",
      way: "calls",
      run: async (rig) => {
        const settings = {
          mode: Mode.MAX,
          partitions: 3,
          replicationFactor: 1,
          topKBound: 17,
          retentionTime: duration(90_000),
          visibilityTimeoutDefault: duration(1_500),
          maxRetriesDefault: 9,
          maxPayloadBytes: 12_345n,
          compressionEnabled: true,
          dlqPolicy: { enabled: true, retentionTime: duration(3_600_000) },
        };
        const info = await rig.info(await rig.topic(settings));
        for (const [name, value] of Object.entries(settings)) {
          assert.deepEqual(info[name as keyof typeof settings], value, name);
        }
      },
    },
    {
      section: 3,
      rule: "an existing topic is ALREADY_EXISTS and the text says so",
      way: "calls",
      run: async (rig) => {
        const topic = await rig.topic();
        const again = MakeHeapReq.create({ topic, partitions: 2 });
        for (let place = 0; place < rig.nodes.length; place += 1) {
          const call = rig.call(DisheapService.makeHeap, again, { place });
          assert.match((await refused("ALREADY_EXISTS", call)).details, /already exists/);
        }
        assert.equal((await rig.info(topic)).partitions, 1);
      },
    },
    {
      section: 3,
      rule: "of many MakeHeap of one name at once, through all nodes, one succeeds",
      way: "calls",
      run: async (rig) => {
        const request = MakeHeapReq.create({ topic: rig.freshName() });
        const answers = await Promise.allSettled(
          Array.from({ length: 9 }, (_, n) =>
            rig.call(DisheapService.makeHeap, request, { place: n % rig.nodes.length }),
          ),
        );
        const codes = answers.map((answer) =>
          answer.status === "fulfilled" ? 0 : (answer.reason as { code: number }).code,
        );
        const sorted = [...codes].sort((a, b) => a - b);
        assert.deepEqual(sorted, [0, ...Array.from({ length: 8 }, () => Status.ALREADY_EXISTS)]);
      },
    },
    {
      section: 3,
      rule: "MakeHeap with 100 partitions is accepted, and every one gets a leader",
      way: "calls",
      isAlone: true,
      run: async (rig) => {
        const topic = await rig.topic({ partitions: 100 });
        assert.equal((await rig.info(topic)).partitions, 100);
        await rig.enqueue(topic);
        const request = DeleteHeapReq.create({ topic, force: true });
        await rig.call(DisheapService.deleteHeap, request);
      },
    },
    {
      section: 3,
      rule: "heap_id is the topic, a dash and unix seconds",
      way: "calls",
      run: async (rig) => {
        const topic = rig.freshName();
        const answer = await rig.call(DisheapService.makeHeap, MakeHeapReq.create({ topic }));
        assert.equal(answer.topic, topic);
        const seconds = new RegExp(`^${topic}-(\\d+)$`).exec(answer.heapId)?.[1];
        assert(Math.abs(Number(seconds) - Date.now() / 1000) < 60, answer.heapId);
      },
    },
    {
      section: 3,
      rule: "a topic made on one node can be used through every other at once",
      run: async (rig) => {
        for (let place = 0; place < rig.nodes.length; place += 1) {
          const topic = rig.freshName();
          const request = MakeHeapReq.create({ topic, partitions: 2 });
          await rig.call(DisheapService.makeHeap, request, { place });
          await Promise.all(rig.nodes.map((_, other) => rig.enqueue(topic, {}, other)));
          const listed = await rig.listAll((place + 1) % rig.nodes.length);
          assert(listed.some((heap) => heap.topic === topic));
        }
      },
    },
    {
      section: 3,
      rule: "rf 2 with three nodes is reported as 2 and kept on three",
      way: "calls",
      needsThree: true,
      run: async (rig) => {
        const topic = await rig.topic({ replicationFactor: 2 });
        assert.equal((await rig.info(topic)).replicationFactor, 2);
        const part = (await rig.stats(topic)).partitionStats.get(0);
        assert.deepEqual([...(part?.replicaNodes ?? [])].sort(), ["n1", "n2", "n3"]);
      },
    },
  ];
}
