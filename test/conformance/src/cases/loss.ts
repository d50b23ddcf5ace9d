// Sections 5, 9 and 12 under the loss of nodes: what is answered without a majority, what becomes of the
// leases of a consumer whose node is gone, and what a restart must not forget.

import assert from "node:assert/strict";
import { DisheapService, EnqueueReq } from "@disheap/proto";
import { type Client, status as Status } from "@grpc/grpc-js";
import type { Bench } from "../bench.js";
import type { Case } from "../case.js";
import { until } from "../wait.js";

const HOUR_MS = 3_600_000;
const GRACE_MS = 5_000;
/** The start of a node, the tick that notices, and a busy machine. */
const SLACK_MS = 10_000;
/** A node gives a request 10 s; then it must have said something. */
const ANSWER_MAX_MS = 15_000;

/** Position of the node that leads the only partition. */
async function leaderOf(bench: Bench, topic: string): Promise<number> {
  const name = (await bench.stats(topic)).partitionStats.get(0)?.leaderNode;
  return bench.nodes.findIndex((node) => node.name === name);
}

async function healthyAgain(bench: Bench): Promise<void> {
  for (const node of bench.nodes) if (!node.isRunning) node.start();
  await Promise.all(bench.nodes.map((node) => node.healthy()));
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
async function leaseOfLostNode(bench: Bench): Promise<number> {
  const topic = await bench.topic();
  const leader = await leaderOf(bench, topic);
  const [edge, other] = [(leader + 1) % 3, (leader + 2) % 3];
  await bench.enqueue(topic, {}, other);
  const pop = bench.stream(topic, edge).filter(topic, { visibilityMs: HOUR_MS }).credits(1);
  const item = await pop.one();
  const startMs = Date.now();
  await bench.node(edge).kill();
  bench.node(edge).start();
  await bench.node(edge).healthy();
  const next = bench.stream(topic, other).filter(topic).credits(1);
  try {
    await until("the message comes again", () => Promise.resolve(next.items.length > 0));
    const again = await next.one();
    assert.deepEqual([again.messageId, again.attempts], [item.messageId, 2]);
    return Date.now() - startMs;
  } finally {
    next.cancel();
    await healthyAgain(bench);
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
      run: async (bench) => {
        const topic = await bench.topic();
        await bench.enqueue(topic);
        for (const place of [1, 2]) await bench.node(place).kill();
        try {
          const { code, tookMs } = await withoutDeadline(bench.client(0), topic);
          const codes: number[] = [Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED];
          assert(codes.includes(code), `answered with ${String(Status[code])}`);
          assert(tookMs < ANSWER_MAX_MS, `answered after ${String(tookMs)} ms`);
          let health = { status: 200, text: "" };
          await until("/health says that there is no leader", async () => {
            const response = await fetch(`${bench.node(0).http}/health`);
            health = { status: response.status, text: await response.text() };
            return health.status === 503;
          });
          assert.match(health.text, /^\{"healthy":false,"is_leader":false,"leader":"","status":"/);
        } finally {
          await healthyAgain(bench);
        }
        await bench.settle(topic);
        const { pop } = await bench.lease(topic);
        pop.cancel();
      },
    },
    {
      section: 9,
      rule: "a consumer's node is killed and comes back: its leases end after the grace, not the visibility",
      isAlone: true,
      needsThree: true,
      run: async (bench) => {
        const tookMs = await leaseOfLostNode(bench);
        assert(tookMs < GRACE_MS + SLACK_MS, `after ${String(tookMs)} ms`);
      },
    },
    {
      section: 12,
      rule: "a duplicate stays one, and an ack's repeat OK, after every node was killed",
      isAlone: true,
      run: async (bench) => {
        const topic = await bench.topic();
        const triple = { producerId: "p", epoch: 1n, sequence: 1n };
        const { messageId } = await bench.enqueue(topic, triple);
        const { pop, item } = await bench.lease(topic);
        await bench.ack(item);
        await Promise.all(bench.nodes.map((node) => node.kill()));
        pop.cancel();
        await healthyAgain(bench);
        await bench.settle(topic);
        for (const place of bench.nodes.keys()) {
          const again = await bench.enqueue(topic, triple, place);
          assert.deepEqual([again.messageId, again.duplicate], [messageId, true]);
          await bench.ack(item, place);
        }
        assert.equal((await bench.stats(topic)).totalMessages, 0n);
      },
    },
  ];
}
