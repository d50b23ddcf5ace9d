// Sections 5, 9 and 12 under the loss of nodes: what is answered without a majority, what becomes of the
// leases of a consumer whose node is gone, and what a restart must not forget.

import assert from "node:assert/strict";
import { DisheapService, EnqueueReq } from "@disheap/proto";
import { type Client, status as Status } from "@grpc/grpc-js";
import type { Rig } from "../rig.js";
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

/** As the Python SDK calls: without a deadline. Resolves with the code and the time it took. */
function withoutDeadline(client: Client, topic: string): Promise<{ code: number; tookMs: number }> {
  const { path, requestSerialize, responseDeserialize } = DisheapService.enqueue;
  const request = EnqueueReq.create({ topic, payload: Buffer.from("x") });
  const startMs = Date.now();
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error) => {
      resolve({ code: error?.code ?? 0, tookMs: Date.now() - startMs });
    });
  });
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
        await rig.enqueue(topic);
        for (const place of [1, 2]) await rig.node(place).kill();
        try {
          const { code, tookMs } = await withoutDeadline(rig.client(0), topic);
          const codes: number[] = [Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED];
          assert(codes.includes(code), `answered with ${String(Status[code])}`);
          assert(tookMs < ANSWER_MAX_MS, `answered after ${String(tookMs)} ms`);
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
