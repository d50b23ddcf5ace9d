// One run: a cluster, producers and consumers through random nodes, killed leaders, and what the
// checker says of the recorded history.

import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "@disheap/harness";
import { MakeHeapReq, Mode } from "@disheap/proto";
import { Metadata } from "@grpc/grpc-js";
import { checkDisheap, renderDisheapReport } from "linearizability";
import { Caller } from "./caller.js";
import { runChaos } from "./chaos.js";
import { Consumer } from "./consumer.js";
import { recordRemaining, statsOfEveryNode, waitUntilEmpty } from "./drain.js";
import { Producer } from "./producer.js";
import type { Recorder } from "./recorder.js";
import { Rng } from "./rng.js";

export interface RunPlan {
  readonly seed: number;
  readonly messages: number;
  readonly kills: number;
  readonly say: (text: string) => void;
}

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

interface TopicPlan {
  readonly topic: string;
  readonly mode: "MIN" | "MAX";
  readonly partitions: number;
  readonly maxRetries: number;
  readonly messages: number;
  readonly producers: number;
  readonly consumers: number;
  readonly nackPercent: number;
}

const VISIBILITY_MS = 4_000;
const MAKE_MAX_MS = 20_000;
/** Guarantees this workload must give the checker something to judge; batches do not exist yet. */
const EXPECTED = new Set(["G1", "G2", "G3", "G4", "G5", "G6", "G8", "G9"]);

function topicPlans(messages: number): TopicPlan[] {
  const shared = { producers: 8, consumers: 4 };
  return [
    // Retries never run out here: everything must come out and be acked.
    {
      topic: "work",
      mode: "MIN",
      partitions: 4,
      maxRetries: 1000,
      messages,
      nackPercent: 6,
      ...shared,
    },
    // One partition and MAX: exact order in real time, and messages that die.
    {
      topic: "letters",
      mode: "MAX",
      partitions: 1,
      maxRetries: 1,
      messages: Math.ceil(messages / 20),
      producers: 1,
      consumers: 1,
      nackPercent: 30,
    },
  ];
}

export async function run(plan: RunPlan, cluster: Cluster, recorder: Recorder): Promise<Check[]> {
  const rng = new Rng(plan.seed);
  const caller = new Caller(cluster.endpoints, rng.fork());
  const checks: Check[] = [];
  const check = (name: string, ok: boolean, detail: string): void => {
    checks.push({ name, ok, detail });
  };
  const topics = topicPlans(plan.messages);
  for (const topic of topics) await makeTopic(topic, caller, recorder);
  plan.say(`topics ${topics.map(({ topic }) => topic).join(", ")} are made`);

  const down = new Set<string>();
  const broken: string[] = [];
  const onBroken = (endpoint: string, why: string): void => {
    if (!down.has(endpoint)) broken.push(`${endpoint}: ${why}`);
  };
  const consumers = topics.flatMap((topic) => consumersOf(topic, onBroken, caller, recorder, rng));
  const consuming = consumers.map((consumer) => consumer.run());
  // Spread over the time the kills take, so that messages are under way at each of them.
  const producersMs = Math.max(1, plan.kills) * 3_000;
  const producers = topics.flatMap((topic) =>
    producersOf(topic, producersMs, caller, recorder, rng),
  );
  const producing = producers.map((producer) => producer.run());
  const main = topics[0];
  if (main === undefined) throw new Error("no topic");
  const killed = await runChaos(
    { topic: main.topic, kills: plan.kills, partitions: main.partitions, down, say: plan.say },
    cluster,
    caller,
    recorder,
  );
  check(
    `a partition's leader was killed ${String(plan.kills)} times`,
    sum(killed.values()) === plan.kills,
    [...killed].map(([node, times]) => `${node} ${String(times)}`).join(", "),
  );
  for (const producer of producers) producer.hurry();
  const acknowledged = sum(await Promise.all(producing));
  plan.say(`${String(acknowledged)} enqueues are acknowledged; draining`);
  for (const consumer of consumers) consumer.calm();
  for (const { topic } of topics) {
    const isEmpty = await waitUntilEmpty(topic, caller);
    check(`${topic} drains`, isEmpty, isEmpty ? "nothing left to deliver" : "messages are stuck");
  }
  for (const consumer of consumers) consumer.stop();
  await Promise.all(consuming);
  // Leases of streams that just ended are over after this, so that "remaining" is final.
  await sleep(200);
  for (const { topic, partitions } of topics) {
    const remaining = await recordRemaining(topic, partitions, caller, recorder);
    const told = await statsOfEveryNode(topic, caller);
    check(`every node tells the same of ${topic}`, new Set(told).size === 1, told.join(" | "));
    plan.say(`${topic}: ${String(remaining)} messages remain`);
  }
  check(
    "streams of living nodes outlive every leader change",
    broken.length === 0,
    broken.length === 0 ? "none broke" : broken.join("; "),
  );
  const delivered = sum(consumers.map((consumer) => consumer.deliveries));
  check("messages were delivered", delivered >= plan.messages, `${String(delivered)} deliveries`);
  caller.close();
  checks.push(...judge(recorder, plan.say));
  return checks;
}

function judge(recorder: Recorder, say: (text: string) => void): Check[] {
  const report = checkDisheap(recorder.lines);
  say(renderDisheapReport(report));
  return report.guarantees
    .filter(({ guarantee, verdict }) => EXPECTED.has(guarantee) || verdict === "violated")
    .map(({ guarantee, title, verdict }) => ({
      name: `${guarantee} ${title}`,
      ok: verdict === "ok",
      detail: verdict,
    }));
}

async function makeTopic(plan: TopicPlan, caller: Caller, recorder: Recorder): Promise<void> {
  const { topic, mode, partitions, maxRetries } = plan;
  recorder.event("topic", { topic, mode, partitions, maxRetries, dlq: true });
  const request = MakeHeapReq.create({
    topic,
    mode: mode === "MAX" ? Mode.MAX : Mode.MIN,
    partitions,
    replicationFactor: 3,
    maxRetriesDefault: maxRetries,
  });
  await caller.insist<unknown>(
    "MakeHeap",
    (client, options, done) => client.makeHeap(request, new Metadata(), options, done),
    MAKE_MAX_MS,
  );
}

function producersOf(
  plan: TopicPlan,
  spreadMs: number,
  caller: Caller,
  recorder: Recorder,
  rng: Rng,
): Producer[] {
  const messages = Math.ceil(plan.messages / plan.producers);
  return names(plan.producers, `p-${plan.topic}`).map(
    (name) =>
      new Producer(
        { name, topic: plan.topic, messages, pauseMs: Math.floor(spreadMs / messages) },
        caller,
        recorder,
        rng.fork(),
      ),
  );
}

function consumersOf(
  plan: TopicPlan,
  onBroken: (endpoint: string, why: string) => void,
  caller: Caller,
  recorder: Recorder,
  rng: Rng,
): Consumer[] {
  const { topic, nackPercent } = plan;
  return names(plan.consumers, `c-${topic}`).map(
    (name) =>
      new Consumer(
        { name, topic, credits: 8, visibilityMs: VISIBILITY_MS, nackPercent, onBroken },
        caller,
        recorder,
        rng.fork(),
      ),
  );
}

function names(count: number, prefix: string): string[] {
  return Array.from({ length: count }, (_, position) => `${prefix}-${String(position + 1)}`);
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
