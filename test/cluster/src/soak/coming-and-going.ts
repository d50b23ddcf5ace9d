// Load of things that end: a topic is made, clients with an identity of their own put messages into it, consumers
// wait in vain, take, settle, hold what they took, and leave; then the topic is deleted.

import { DisheapClient, type Message } from "@disheap/client";

const PRODUCERS = 4;
const MESSAGES = 8;
const PAYLOAD_BYTES = 2_000;
const IDLE_MS = 150;

export interface Done {
  rounds: number;
  messages: number;
  streams: number;
}

/** Rounds through one node until the time is over; throws when a call fails for good. */
export async function comeAndGo(
  endpoint: string,
  name: string,
  untilMs: number,
  done: Done,
): Promise<void> {
  for (let round = 0; performance.now() < untilMs; round += 1) {
    await roundOf(endpoint, `${name}-${String(round)}`, round, done);
    done.rounds += 1;
  }
}

async function roundOf(endpoint: string, topic: string, round: number, done: Done): Promise<void> {
  const client = new DisheapClient({ endpoints: [endpoint] });
  try {
    await client.createTopic(topic, {
      partitions: 1 + (round % 3),
      replicationFactor: round % 2 === 0 ? 3 : 1,
    });
    await waitInVain(client, topic);
    for (let i = 0; i < PRODUCERS; i += 1) await produce(endpoint, topic);
    done.messages += PRODUCERS * MESSAGES;
    await take(client, topic, MESSAGES, (message) => message.ack());
    await take(client, topic, 2, (message) => message.nack({ backoffMs: 0 }));
    await take(client, topic, 2, () => Promise.resolve());
    done.streams += 4;
    await client.deleteTopic(topic, { force: true });
  } finally {
    await client.close();
  }
}

/** A consumer whose credits stand where there is nothing. */
async function waitInVain(client: DisheapClient, topic: string): Promise<void> {
  const stream = client.pop(topic, { prefetch: 5 });
  const timer = setTimeout(() => void stream.close(), IDLE_MS);
  for await (const message of stream) throw new Error(`${message.id} was never put in`);
  clearTimeout(timer);
}

/** Each client is a producer of its own. */
async function produce(endpoint: string, topic: string): Promise<void> {
  const producer = new DisheapClient({ endpoints: [endpoint] });
  const payload = Buffer.alloc(PAYLOAD_BYTES, 0x78);
  try {
    const enqueues = Array.from({ length: MESSAGES }, (_, priority) =>
      producer.enqueue(topic, payload, { priority }),
    );
    await Promise.all(enqueues);
  } finally {
    await producer.close();
  }
}

async function take(
  client: DisheapClient,
  topic: string,
  limit: number,
  settle: (message: Message) => Promise<void>,
): Promise<void> {
  for await (const message of client.pop(topic, { limit })) await settle(message);
}
