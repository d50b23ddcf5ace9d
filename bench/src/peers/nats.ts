// NATS JetStream: a work queue of three replicas.

import { execFileSync } from "node:child_process";
import { until } from "@disheap/harness";
import type { Lane, LaneEvents } from "../load/end-to-end-load.js";
import { prefetchOf } from "../load/prefetch.js";
import { numberOf, payloadOf } from "../workloads/workload.js";
import { findProgram } from "./find-programs.js";
import { loadLibrary } from "./libraries.js";
import type { Peer } from "./peer.js";
import { LOOPBACK, type PeerHost } from "./peer-host.js";
import { natsSettings, syncsAlways } from "./nats-settings.js";

interface Nats {
  readonly connect: (options: { servers: string[]; reconnect: boolean }) => Promise<Connection>;
}

interface Connection {
  jetstreamManager(options: { checkAPI: boolean }): Promise<Manager>;
  jetstream(): JetStream;
  close(): Promise<void>;
}

interface Manager {
  readonly streams: { add(config: object): Promise<unknown> };
  readonly consumers: { add(stream: string, config: object): Promise<unknown> };
}

interface JetStream {
  publish(subject: string, payload: Uint8Array): Promise<unknown>;
  readonly consumers: { get(stream: string, consumer: string): Promise<Consumer> };
}

interface Consumer {
  consume(options: { max_messages: number }): Promise<AsyncIterable<Delivery>>;
}

interface Delivery {
  readonly data: Uint8Array;
  /** Resolves to whether the server confirmed it. */
  ackAck(): Promise<boolean>;
}

const NEED = { program: "nats-server", package: "nats-server" };
const SERVERS = 3;
const STREAM = "bench";
const SUBJECT = "bench";
const FORMED_MAX_MS = 60_000;
const LEASE_NS = 300e9;

async function openLane(
  host: PeerHost,
  ports: readonly number[],
  events: LaneEvents,
  window: number,
): Promise<Lane> {
  const { connect } = loadLibrary<Nats>("nats");
  const open = async (): Promise<Connection> => {
    const servers = ports.slice(0, 1).map((port) => `${LOOPBACK}:${port}`);
    const connection = await connect({ servers, reconnect: false });
    host.onClose(() => connection.close());
    return connection;
  };
  const [producer, consumer] = [await open(), await open()];
  await makeStream(await producer.jetstreamManager({ checkAPI: false }));
  const found = await consumer.jetstream().consumers.get(STREAM, STREAM);
  const deliveries = await found.consume({ max_messages: prefetchOf(window) });
  const consume = async (): Promise<void> => {
    for await (const delivery of deliveries) {
      const number = numberOf(delivery.data);
      events.delivered(number);
      delivery.ackAck().then(
        (isConfirmed) => {
          if (isConfirmed) events.settled(number);
          else events.failed("settle", new Error("the acknowledgement was not confirmed"));
        },
        (error: unknown) => events.failed("settle", error),
      );
    }
  };
  void consume().catch(() => undefined);
  const stream = producer.jetstream();
  return {
    enqueue: (number) => {
      stream.publish(SUBJECT, payloadOf(number)).then(
        () => events.enqueued(number),
        (error: unknown) => events.failed("enqueue", error),
      );
    },
  };
}

/** Refused until the servers have found each other and chosen a leader. */
async function makeStream(manager: Manager): Promise<void> {
  const config = {
    name: STREAM,
    subjects: [SUBJECT],
    retention: "workqueue",
    storage: "file",
    num_replicas: SERVERS,
  };
  const consumer = { durable_name: STREAM, ack_policy: "explicit", ack_wait: LEASE_NS };
  const isMade = (made: Promise<unknown>): Promise<boolean> =>
    made.then(
      () => true,
      () => false,
    );
  await until("JetStream takes the stream", FORMED_MAX_MS, () =>
    isMade(manager.streams.add(config)),
  );
  await until("JetStream takes the consumer", FORMED_MAX_MS, () =>
    isMade(manager.consumers.add(STREAM, consumer)),
  );
}

function versionText(): string {
  try {
    return execFileSync(findProgram(NEED), ["--version"], { encoding: "utf8" });
  } catch {
    return "";
  }
}

const isSynced = syncsAlways(versionText());

export const nats: Peer = {
  name: "nats",
  about: `NATS JetStream, three replicas, ${isSynced ? "synced at every write" : "NOT synced"}`,
  programs: [NEED],
  library: "nats",
  doesNot: [
    ...(isSynced ? [] : ["sync before it answers: this version cannot (2.10 could)"]),
    "keep priorities, fence late workers",
  ],
  start: async (host) => {
    const clientPorts = await host.ports(2 * SERVERS);
    const ports = clientPorts.splice(0, SERVERS);
    const servers = ports.map((port, i) => {
      const settings = natsSettings({
        name: `nats${i + 1}`,
        port,
        clusterPorts: clientPorts,
        self: i,
        storeFolder: host.folder(`store${i + 1}`),
        isSynced,
      });
      const file = host.file(`nats${i + 1}.conf`, settings);
      return host.start({ name: `nats${i + 1}`, command: [findProgram(NEED), "-c", file] });
    });
    for (const [i, server] of servers.entries()) await host.listens(server, ports[i] ?? 0);
    return {
      openLane: (events, window) => openLane(host, ports, events, window),
      usage: () => Promise.resolve(host.usage()),
      close: () => host.close(),
    };
  },
};
