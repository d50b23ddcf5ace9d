// The end of a run: wait until nothing is left to deliver, then write down what remained.

import { seenWithin } from "@disheap/harness";
import { type PeekItem, PeekReq, type PeekResp, type StatsResp } from "@disheap/proto";
import { Metadata } from "@grpc/grpc-js";
import type { Caller } from "./caller.js";
import { readStats } from "./chaos.js";
import { hashOf, type Recorder } from "./recorder.js";

const EMPTY_MAX_MS = 30_000;
const READ_MAX_MS = 20_000;
const PEEK_MAX = 1000;

/** Waits until every message is acked or a dead letter; true when that happened in time. */
export async function waitUntilEmpty(topic: string, caller: Caller): Promise<boolean> {
  const isEmpty = await seenWithin(EMPTY_MAX_MS, async () => {
    return (await readStats(topic, caller)).topicStats.get(topic)?.totalMessages === 0n;
  });
  return isEmpty ?? false;
}

/** Records what is left in the topic; how many messages that is. */
export async function recordRemaining(
  topic: string,
  partitions: number,
  caller: Caller,
  recorder: Recorder,
): Promise<number> {
  let count = 0;
  for (let partitionId = 0; partitionId < partitions; partitionId += 1) {
    const request = PeekReq.create({ topic, partitionId, limit: PEEK_MAX, includeDlq: true });
    const answer = await caller.insist<PeekResp>(
      "Peek",
      (client, options, done) => client.peek(request, new Metadata(), options, done),
      READ_MAX_MS,
    );
    if (answer.hasMore) throw new Error(`more than ${String(PEEK_MAX)} messages remain`);
    for (const item of answer.items) {
      count += 1;
      recorder.event("remaining", {
        topic,
        messageId: item.messageId,
        state: stateOf(item),
        attempts: item.attempts,
        priority: String(item.priority),
        payload: hashOf(item.payload),
      });
    }
  }
  recorder.event("drained", { topic });
  return count;
}

function stateOf(item: PeekItem): "dlq" | "leased" | "ready" {
  if (item.inDlq) return "dlq";
  return item.isLeased ? "leased" : "ready";
}

/** The topic's counters as every single node tells them; they must agree (G12). */
export async function statsOfEveryNode(topic: string, caller: Caller): Promise<string[]> {
  const told: string[] = [];
  for (const client of caller.clients) {
    const answer = await caller.call<StatsResp>(
      (_any, options, done) => client.stats({ topic }, new Metadata(), options, done),
      client,
    );
    if (answer.kind !== "ok") {
      told.push(`${answer.code}: ${answer.message}`);
      continue;
    }
    const stats = answer.value.topicStats.get(topic);
    told.push(
      `enqueues ${String(stats?.totalEnqueues)} acks ${String(stats?.totalAcks)} ` +
        `messages ${String(stats?.totalMessages)} dlq ${String(stats?.dlqMessages)}`,
    );
  }
  return told;
}
