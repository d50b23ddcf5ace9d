// RabbitMQ: a quorum queue on three nodes, and a classic queue with priorities on one.

import type { Lane, LaneEvents } from "../load/end-to-end-load.js";
import { prefetchOf } from "../load/prefetch.js";
import { numberOf, payloadOf } from "../workloads/workload.js";
import { loadLibrary } from "./libraries.js";
import type { Peer } from "./peer.js";
import { LOOPBACK, type PeerHost } from "./peer-host.js";
import { RABBIT_PROGRAMS, startRabbits } from "./rabbitmq-nodes.js";

interface Amqplib {
  readonly connect: (url: string, socket: { noDelay: boolean }) => Promise<Connection>;
}

interface Connection {
  createConfirmChannel(): Promise<Channel>;
  createChannel(): Promise<Channel>;
  on(event: "error" | "close", listener: () => void): unknown;
  close(): Promise<void>;
}

interface Message {
  readonly content: Buffer;
}

interface Channel {
  assertQueue(name: string, options: QueueOptions): Promise<unknown>;
  prefetch(count: number): Promise<unknown>;
  consume(name: string, listener: (message: Message | null) => void): Promise<unknown>;
  ack(message: Message): void;
  sendToQueue(
    name: string,
    payload: Buffer,
    options: { persistent: true; priority: number },
    done: (error: unknown) => void,
  ): boolean;
}

interface QueueOptions {
  readonly durable: true;
  readonly arguments: Readonly<Record<string, string | number>>;
}

const QUEUE = "bench";
const PRIORITIES = 10;

interface Kind {
  readonly name: string;
  readonly about: string;
  readonly nodes: number;
  readonly arguments: QueueOptions["arguments"];
  readonly doesNot: readonly string[];
}

async function openLane(
  host: PeerHost,
  port: number,
  kind: Kind,
  { events, window }: { events: LaneEvents; window: number },
): Promise<Lane> {
  const { connect } = loadLibrary<Amqplib>("amqplib");
  const open = async (): Promise<Connection> => {
    const connection = await connect(`amqp://${LOOPBACK}:${port}`, { noDelay: true });
    // It breaks when the server is ended.
    connection.on("error", () => undefined);
    host.onClose(() => connection.close());
    return connection;
  };
  const producer = await (await open()).createConfirmChannel();
  const consumer = await (await open()).createChannel();
  await producer.assertQueue(QUEUE, { durable: true, arguments: kind.arguments });
  await consumer.prefetch(prefetchOf(window));
  await consumer.consume(QUEUE, (message) => {
    if (message === null) return;
    const number = numberOf(message.content);
    events.delivered(number);
    consumer.ack(message);
    events.settled(number);
  });
  return {
    enqueue: (number) => {
      const rules = { persistent: true, priority: number % PRIORITIES } as const;
      producer.sendToQueue(QUEUE, Buffer.from(payloadOf(number)), rules, (error) => {
        if (error) events.failed("enqueue", error);
        else events.enqueued(number);
      });
    },
  };
}

function peerOf(kind: Kind): Peer {
  return {
    name: kind.name,
    about: kind.about,
    programs: RABBIT_PROGRAMS,
    library: "amqplib",
    doesNot: kind.doesNot,
    start: async (host) => {
      const port = await startRabbits(host, kind.nodes);
      return {
        openLane: (events, window) => openLane(host, port, kind, { events, window }),
        usage: () => Promise.resolve(host.usage()),
        close: () => host.close(),
      };
    },
  };
}

const ACKS = "answer acknowledgements: one counts as settled when it is sent";

export const rabbitQuorum = peerOf({
  name: "rabbitmq-quorum",
  about: "RabbitMQ, a quorum queue on three nodes",
  nodes: 3,
  arguments: { "x-queue-type": "quorum" },
  doesNot: [
    "keep priorities",
    ACKS,
    "deduplicate repeats, fence late workers, end a lease by time",
  ],
});

export const rabbitClassic = peerOf({
  name: "rabbitmq-classic",
  about: "RabbitMQ, a classic queue with 10 priorities on one node",
  nodes: 1,
  arguments: { "x-max-priority": PRIORITIES },
  doesNot: [
    "replicate: one node, one disk; keep more than 10 priorities here",
    ACKS,
    "deduplicate repeats, fence late workers, end a lease by time",
  ],
});
