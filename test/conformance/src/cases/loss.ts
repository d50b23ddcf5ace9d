// Sections 5, 9 and 12 under the loss of nodes: what is answered without a majority, what becomes of the
// leases of a consumer whose node is gone, and what a restart must not forget.

import assert from "node:assert/strict";
import {
  AckReq,
  AdminService,
  DeleteHeapReq,
  DisheapService,
  EnqueueReq,
  ExtendReq,
  ListHeapsReq,
  MakeHeapReq,
  NackReq,
  PeekReq,
  ReleaseReq,
  StatsReq,
} from "@disheap/proto";
import { type Client, type MethodDefinition, status as Status } from "@grpc/grpc-js";
import type { Delivery, Rig } from "../rig.js";
import type { Case } from "../case.js";
import { until } from "../wait.js";

const HOUR_MS = 3_600_000;
const GRACE_MS = 5_000;
/** The start of a node, the tick that notices, and a busy machine. */
const SLACK_MS = 10_000;
/** A node gives a request 10 s; then it must have said something. */
const ANSWER_MAX_MS = 15_000;

/** Position of the node that leads the only partition. */
async function leaderOf(rig: Rig, topic: string): Promise<number> {
  const name = (await rig.stats(topic)).partitionStats.get(0)?.leaderNode;
  return rig.nodes.findIndex((node) => node.name === name);
}

async function healthyAgain(rig: Rig): Promise<void> {
  for (const node of rig.nodes) if (!node.isRunning) node.start();
  await Promise.all(rig.nodes.map((node) => node.healthy()));
}

interface Answer {
  readonly call: string;
  readonly code: number;
  readonly tookMs: number;
}

/** As the Python SDK calls: without a deadline. Resolves with the code and the time it took. */
function withoutDeadline<Req, Res>(
  client: Client,
  { path, requestSerialize, responseDeserialize }: MethodDefinition<Req, Res>,
  request: Req,
): Promise<Answer> {
  const startMs = Date.now();
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error) => {
      resolve({ call: path, code: error?.code ?? 0, tookMs: Date.now() - startMs });
    });
  });
}

/** Every call of the API that is built, at once, each as its caller would send it. */
function everyCall(client: Client, item: Delivery): Promise<Answer[]> {
  const { topic, messageId, leaseToken } = item;
  const named = { topic, messageId, leaseToken };
  const extension = { seconds: 5n, nanos: 0 };
  const payload = Buffer.from("x");
  const S = DisheapService;
  return Promise.all([
    withoutDeadline(client, S.makeHeap, MakeHeapReq.create({ topic: `${topic}-2`, mode: 1 })),
    withoutDeadline(client, S.deleteHeap, DeleteHeapReq.create({ topic, force: true })),
    withoutDeadline(client, S.listHeaps, ListHeapsReq.create()),
    withoutDeadline(client, S.stats, StatsReq.create({ topic })),
    withoutDeadline(client, S.stats, StatsReq.create()),
    withoutDeadline(client, S.enqueue, EnqueueReq.create({ topic, payload })),
    withoutDeadline(client, S.peek, PeekReq.create({ topic })),
    withoutDeadline(client, S.ack, AckReq.create(named)),
    withoutDeadline(client, S.nack, NackReq.create(named)),
    withoutDeadline(client, S.extend, ExtendReq.create({ topic, leaseToken, extension })),
    withoutDeadline(client, AdminService.release, ReleaseReq.create(named)),
  ]);
}

/** A lease of an hour, taken through a node that is killed and started; how long until it comes again. */
async function leaseOfLostNode(rig: Rig): Promise<number> {
  const topic = await rig.topic();
  const leader = await leaderOf(rig, topic);
  const [edge, other] = [(leader + 1) % 3, (leader + 2) % 3];
  await rig.enqueue(topic, {}, other);
  const pop = rig.stream(topic, edge).filter(topic, { visibilityMs: HOUR_MS }).credits(1);
  const item = await pop.one();
  const startMs = Date.now();
  await rig.node(edge).kill();
  rig.node(edge).start();
  await rig.node(edge).healthy();
  const next = rig.stream(topic, other).filter(topic).credits(1);
  try {
    await until("the message comes again", () => Promise.resolve(next.items.length > 0));
    const again = await next.one();
    assert.deepEqual([again.messageId, again.attempts], [item.messageId, 2]);
    return Date.now() - startMs;
  } finally {
    next.cancel();
    await healthyAgain(rig);
  }
}

export function lossCases(): Case[] {
  return [
    {
      section: 5,
      rule: "without a majority every call is answered, UNAVAILABLE, and /health is 503; then all goes on",
      way: "calls",
      isAlone: true,
      needsThree: true,
      run: async (rig) => {
        const topic = await rig.topic();
        for (let i = 0; i < 2; i += 1) await rig.enqueue(topic);
        const held = await rig.lease(topic);
        for (const place of [1, 2]) await rig.node(place).kill();
        try {
          for (const { call, code, tookMs } of await everyCall(rig.client(0), held.item)) {
            const codes: number[] = [Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED];
            assert(codes.includes(code), `${call} answered with ${String(Status[code])}`);
            assert(tookMs < ANSWER_MAX_MS, `${call} answered after ${String(tookMs)} ms`);
          }
          let health = { status: 200, text: "" };
          await until("/health says that there is no leader", async () => {
            const response = await fetch(`${rig.node(0).http}/health`);
            health = { status: response.status, text: await response.text() };
            return health.status === 503;
          });
          assert.match(health.text, /^\{"healthy":false,"is_leader":false,"leader":"","status":"/);
        } finally {
          await healthyAgain(rig);
        }
        held.pop.cancel();
        await rig.settle(topic);
        const { pop } = await rig.lease(topic);
        pop.cancel();
      },
    },
    {
      section: 9,
      rule: "a consumer's node is killed and comes back: its leases end after the grace, not the visibility",
      isAlone: true,
      needsThree: true,
      run: async (rig) => {
        const tookMs = await leaseOfLostNode(rig);
        assert(tookMs < GRACE_MS + SLACK_MS, `after ${String(tookMs)} ms`);
      },
    },
    {
      section: 12,
      rule: "a duplicate stays one, and an ack's repeat OK, after every node was killed",
      isAlone: true,
      run: async (rig) => {
        const topic = await rig.topic();
        const triple = { producerId: "p", epoch: 1n, sequence: 1n };
        const { messageId } = await rig.enqueue(topic, triple);
        const { pop, item } = await rig.lease(topic);
        await rig.ack(item);
        await Promise.all(rig.nodes.map((node) => node.kill()));
        pop.cancel();
        await healthyAgain(rig);
        await rig.settle(topic);
        for (const place of rig.nodes.keys()) {
          const again = await rig.enqueue(topic, triple, place);
          assert.deepEqual([again.messageId, again.duplicate], [messageId, true]);
          await rig.ack(item, place);
        }
        assert.equal((await rig.stats(topic)).totalMessages, 0n);
      },
    },
  ];
}
