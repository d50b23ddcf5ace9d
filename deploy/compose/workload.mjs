// The client of `smoke`. It runs inside the image, on the network of the cluster.
//   fill COUNT   enqueues COUNT messages and consumes beside it; some stay leased and unsettled
//   drain        consumes until nothing is left
//   judge        reads what both printed and says whether anything acknowledged was lost
// What happened is printed as one JSON object a line, after the cluster's answer and never before.
import { createInterface } from "node:readline";
import { DisheapClient, DisheapConflictError } from "@disheap/client";

const TOPIC = "smoke";
const PARTITIONS = 4;
/** Between two enqueues: the run has to be long enough for a node to die and come back meanwhile. */
const PACE_MS = 8;
const HELD_MAX = 20;

const say = (event) => console.log(JSON.stringify(event));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function connect() {
  const endpoints = (process.env.ENDPOINTS ?? "").split(",").filter((text) => text !== "");
  return new DisheapClient({ endpoints, retry: { maxAttempts: 10 } });
}

async function consume(stream, isHeld) {
  for await (const message of stream) {
    say({ delivered: message.id });
    if (isHeld) continue;
    try {
      await message.ack();
      say({ acked: message.id });
    } catch (error) {
      // The lease may have ended meanwhile; the message comes again.
      say({ unsettled: message.id, why: error.message });
    }
  }
}

async function topicStats(client) {
  return (await client.stats(TOPIC)).topics.get(TOPIC);
}

async function fill(count) {
  const client = connect();
  await client
    .createTopic(TOPIC, { partitions: PARTITIONS, replicationFactor: 3, maxRetries: 100 })
    .catch((error) => {
      if (!(error instanceof DisheapConflictError)) throw error;
    });
  say({ leader: await leaderOfFirstPartition(client) });
  const streams = [
    client.pop(TOPIC, { prefetch: 20 }),
    // Takes messages and does nothing with them: work in flight when a node dies.
    client.pop(TOPIC, { prefetch: HELD_MAX }),
  ];
  const consumers = streams.map((stream, index) => consume(stream, index === 1));
  for (let n = 0; n < count; n += 1) {
    const payload = `message ${String(n)}`;
    try {
      const { messageId } = await client.enqueue(TOPIC, payload, { priority: n % 7 });
      say({ enqueued: messageId });
    } catch (error) {
      say({ refused: n, why: error.message });
    }
    await sleep(PACE_MS);
  }
  await client.close();
  await Promise.all(consumers);
}

/** A new partition has no leader for a moment. */
async function leaderOfFirstPartition(client) {
  for (;;) {
    const first = (await topicStats(client))?.partitions.find(({ partition }) => partition === 0);
    if (first !== undefined && first.leader !== "") return first.leader;
    await sleep(50);
  }
}

async function drain() {
  const client = connect();
  const stream = client.pop(TOPIC, { prefetch: 100 });
  const consumer = consume(stream, false);
  for (;;) {
    const stats = await topicStats(client);
    if (stats?.messages === 0) {
      say({ left: stats.messages, deadLetters: stats.deadLetters });
      break;
    }
    await sleep(200);
  }
  await client.close();
  await consumer;
}

async function judge() {
  const enqueued = new Set();
  const acked = new Set();
  const delivered = new Set();
  const again = new Set();
  for await (const line of createInterface({ input: process.stdin })) {
    const event = JSON.parse(line);
    if (event.enqueued !== undefined) enqueued.add(event.enqueued);
    if (event.acked !== undefined) acked.add(event.acked);
    if (event.delivered !== undefined) {
      if (acked.has(event.delivered)) again.add(event.delivered);
      delivered.add(event.delivered);
    }
  }
  const lost = [...enqueued].filter((id) => !delivered.has(id));
  console.log(
    `${String(enqueued.size)} acknowledged enqueues, ${String(acked.size)} acknowledged settles, ` +
      `${String(lost.length)} lost, ${String(again.size)} given out again after their ack`,
  );
  process.exitCode = enqueued.size > 0 && lost.length === 0 && again.size === 0 ? 0 : 1;
}

const [mode, count] = process.argv.slice(2);
if (mode === "fill") await fill(Number(count));
else if (mode === "drain") await drain();
else if (mode === "judge") await judge();
else throw new Error("workload.mjs: say fill COUNT, drain or judge.");
// A connection attempt to the address of a killed container outlives its client by two minutes.
process.exit();
