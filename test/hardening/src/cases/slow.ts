// Clients that are slow, dead, impatient or many.

import type { PopItem } from "@disheap/proto";
import { status as Status } from "@grpc/grpc-js";
import { setTimeout as sleep } from "node:timers/promises";
import { type NodeProcess, Proxy, until } from "@disheap/harness";
import { Api } from "../api.js";
import type { HardeningCase } from "../case.js";
import { expect } from "../expect.js";
import type { StandingCluster } from "../cluster.js";
import { openTcp } from "../raw-tcp.js";

interface Load {
  readonly streams: number;
  readonly requests: number;
}

async function loadOf(node: NodeProcess): Promise<Load> {
  const answer = await fetch(`http://${node.addresses.http}/raft/status`);
  const { open_streams, pending_requests } = (await answer.json()) as Record<string, unknown>;
  return { streams: Number(open_streams), requests: Number(pending_requests) };
}

/** Nothing of the clients is left: no stream, no request, no handle. */
async function isQuiet(node: NodeProcess, handlesBefore: number | undefined): Promise<boolean> {
  const { streams, requests } = await loadOf(node);
  const handles = node.resources()?.handles;
  const isHandleFree =
    handles === undefined || handlesBefore === undefined || handles <= handlesBefore + 4;
  return streams === 0 && requests === 0 && isHandleFree;
}

const LARGE_BYTES = 100_000;
const LARGE_COUNT = 300;
const READERS = 4;
/**
 * What a connection takes of large messages although nobody reads them: gRPC at the client reads 16 ahead,
 * one is under way, and one may lie in the HTTP/2 window. They are delivered, for all the node can tell.
 */
const TAKEN_MAX = 18;
const SLEEPER_VISIBILITY_S = 2;

/** A stream with a filter and a million credits that is never read. */
function neverReads(api: Api, topic: string): { cancel: () => void } {
  const stream = api.client.popStream();
  stream.pause();
  // Without a first read gRPC takes everything into a list of its own: to a node, a client that reads.
  stream.read(0);
  stream.on("error", () => undefined);
  const visibilityTimeout = { seconds: BigInt(SLEEPER_VISIBILITY_S), nanos: 0 };
  stream.write({
    kind: { $case: "filter", value: { topic, partitionIds: [], visibilityTimeout } },
  });
  stream.write({ kind: { $case: "flowControl", value: { credits: 1_000_000 } } });
  return {
    cancel: () => {
      stream.cancel();
    },
  };
}

const slowReaders: HardeningCase = {
  name: "slow.never-reads",
  does: `${String(READERS)} consumers with a million credits each never read, over ${String(LARGE_COUNT)} messages of 100 KB`,
  expects:
    "memory stays bounded; another consumer gets every message while they sleep, and none has lost an " +
    `attempt but the ${String(TAKEN_MAX)} that each connection may have taken`,
  lane: "own",
  maxMs: 90_000,
  run: async (world) => {
    const node = await world.running();
    const api = world.api(node);
    await api.makeTopic("large", 2);
    const payload = "x".repeat(LARGE_BYTES);
    for (let i = 0; i < LARGE_COUNT; i += 1) await api.enqueue("large", payload);
    const before = node.resources();
    const apis = Array.from({ length: READERS }, () => world.api(node));
    const readers = apis.map((one) => neverReads(one, "large"));
    // Leases of two seconds expire and are granted again, so that a pile would grow all the time.
    await sleep(8_000);
    const during = node.resources();
    await api.enqueue("large", payload);
    const items = await api.pop("large", { count: LARGE_COUNT + 1, maxMs: 45_000 });
    for (const reader of readers) reader.cancel();
    for (const one of apis) one.close();
    const ids = new Set(items.map(({ messageId }) => messageId));
    expect(ids.size === LARGE_COUNT + 1, `only ${String(ids.size)} messages came to who reads`);
    const lost = items.reduce((sum, { attempts }) => sum + attempts - 1, 0);
    expect(lost <= READERS * TAKEN_MAX, `the sleepers cost ${String(lost)} attempts`);
    await until("no stream is left", 10_000, () => isQuiet(node, undefined));
    if (before === undefined || during === undefined) return "this system does not tell memory";
    const grown = during.rssMb - before.rssMb;
    expect(grown < 150, `the node grew by ${String(grown)} MB`);
    return `grown by ${String(grown)} MB; ${String(lost)} attempts for what the connections took`;
  },
};

const STREAMS = 3_000;
const BATCH = 300;

async function openAndDrop(cluster: StandingCluster, count: number): Promise<void> {
  const { topic } = cluster.ledger;
  for (let done = 0; done < count; done += BATCH) {
    const api = new Api(cluster.node((done / BATCH) % 3).addresses.grpc);
    const streams = Array.from({ length: BATCH }, (_, i) => {
      const stream = api.client.popStream();
      stream.on("error", () => undefined);
      if (i % 3 !== 0) {
        stream.write({
          kind: { $case: "filter", value: { topic: `no-${topic}`, partitionIds: [] } },
        });
      }
      if (i % 3 === 1) stream.write({ kind: { $case: "flowControl", value: { credits: 10 } } });
      return stream;
    });
    await sleep(60);
    if ((done / BATCH) % 2 === 0) for (const stream of streams) stream.cancel();
    // Every other time the whole connection goes, with its streams open.
    api.close();
    for (const stream of streams) stream.cancel();
  }
}

const manyStreams: HardeningCase = {
  name: "slow.many-streams",
  does: `${String(STREAMS)} PopStreams opened and dropped at all nodes, some with filter and credits`,
  expects: "no stream, request or handle is left, and the second half costs no more memory",
  lane: "cluster",
  maxMs: 90_000,
  run: async ({ cluster }) => {
    const handles = cluster.nodes.map((node) => node.resources()?.handles);
    await openAndDrop(cluster, STREAMS / 2);
    await sleep(500);
    const middle = cluster.nodes.map((node) => node.resources()?.rssMb ?? 0);
    await openAndDrop(cluster, STREAMS / 2);
    for (const [i, node] of cluster.nodes.entries()) {
      await until(`${node.name} is quiet`, 15_000, () => isQuiet(node, handles[i]));
    }
    const after = cluster.nodes.map((node) => node.resources()?.rssMb ?? 0);
    const grown = after.map((mb, i) => mb - (middle[i] ?? 0));
    expect(Math.max(...grown) < 60, `memory grew by ${grown.join(", ")} MB in the second half`);
    return `second half: ${grown.join(", ")} MB`;
  },
};

const HELD = 800;
const HELD_MESSAGES = 60;

const heldStreams: HardeningCase = {
  name: "slow.streams-held-open",
  does: `${String(HELD)} PopStreams stay open at each of three nodes, all waiting on one topic`,
  expects: "each message goes to one of them, calls are answered beside them, and nothing is left",
  lane: "cluster",
  maxMs: 90_000,
  run: async ({ cluster }) => {
    const topic = "held-open";
    await cluster.api(0).makeTopic(topic, 3);
    const handles = cluster.nodes.map((node) => node.resources()?.handles);
    const apis = cluster.nodes.map(({ addresses }) => new Api(addresses.grpc));
    const items: PopItem[] = [];
    const ends: string[] = [];
    const streams = apis.flatMap((api) =>
      Array.from({ length: HELD }, () => {
        const stream = api.client.popStream();
        stream.on("data", (item: PopItem) => items.push(item));
        stream.on("error", (error: Error) => ends.push(error.message));
        stream.write({ kind: { $case: "filter", value: { topic, partitionIds: [] } } });
        stream.write(creditsOf(1));
        return stream;
      }),
    );
    for (const node of cluster.nodes) {
      await until(`${node.name} holds them all`, 30_000, async () => {
        return (await loadOf(node)).streams === HELD;
      });
    }
    for (let n = 0; n < HELD_MESSAGES; n += 1) {
      await cluster.api(n % 3).enqueue(topic, `message ${String(n)}`);
    }
    await until("every message came", 30_000, () => items.length >= HELD_MESSAGES);
    const ids = new Set(items.map(({ messageId }) => messageId));
    expect(ids.size === HELD_MESSAGES, `${String(ids.size)} of ${String(HELD_MESSAGES)} came`);
    expect(items.length === ids.size, "a message was given to two streams");
    expect(ends.length === 0, `a stream ended: ${ends[0] ?? ""}`);
    for (const item of items) await cluster.api(0).ack(item);
    for (const stream of streams) stream.cancel();
    for (const api of apis) api.close();
    for (const [i, node] of cluster.nodes.entries()) {
      await until(`${node.name} is quiet`, 15_000, () => isQuiet(node, handles[i]));
    }
    return `${String(streams.length)} streams at once, ${String(items.length)} messages, each to one`;
  },
};

/** Points at which a client gives up; each returns when it has. */
const GIVING_UP: readonly [string, (api: Api, topic: string) => Promise<void>][] = [
  ["before a word", cancelAfter(() => undefined, 0)],
  ["after the filter", cancelAfter((stream, topic) => stream.write(filterOf(topic)), 0)],
  ["credits without a filter", cancelAfter((stream) => stream.write(creditsOf(5)), 5)],
  ["with credits, at once", cancelAfter(fullOpen, 0)],
  ["with credits, a bit later", cancelAfter(fullOpen, 3)],
  ["with credits, later", cancelAfter(fullOpen, 12)],
  [
    "after a half-close",
    cancelAfter((stream, topic) => {
      fullOpen(stream, topic);
      stream.end();
    }, 2),
  ],
  ["at the first message", cancelAtItem],
];

type PopStream = ReturnType<Api["client"]["popStream"]>;
type Opening = Parameters<PopStream["write"]>[0];

function filterOf(topic: string): Opening {
  const visibilityTimeout = { seconds: 1n, nanos: 0 };
  return { kind: { $case: "filter", value: { topic, partitionIds: [], visibilityTimeout } } };
}

function creditsOf(credits: number): Opening {
  return { kind: { $case: "flowControl", value: { credits } } };
}

function fullOpen(stream: PopStream, topic: string): void {
  stream.write(filterOf(topic));
  stream.write(creditsOf(5));
}

function cancelAfter(
  open: (stream: PopStream, topic: string) => unknown,
  waitMs: number,
): (api: Api, topic: string) => Promise<void> {
  return async (api, topic) => {
    const stream = api.client.popStream();
    stream.on("error", () => undefined);
    stream.on("data", () => undefined);
    open(stream, topic);
    await sleep(waitMs);
    stream.cancel();
  };
}

async function cancelAtItem(api: Api, topic: string): Promise<void> {
  const stream = api.client.popStream();
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      stream.cancel();
      resolve();
    };
    const timer = setTimeout(end, 3_000);
    stream.on("error", () => undefined);
    stream.on("data", end);
    fullOpen(stream, topic);
  });
}

const cancels: HardeningCase = {
  name: "slow.cancels-everywhere",
  does: "consumers give up at 8 different points, 12 times each, and 60 unary calls are cancelled",
  expects: "every message can be taken by the next consumer; nothing is left open",
  lane: "cluster",
  maxMs: 90_000,
  run: async ({ cluster }) => {
    const topic = "cancelled";
    const calm = cluster.api(0);
    await calm.makeTopic(topic, 2);
    for (let i = 0; i < 30; i += 1) await calm.enqueue(topic, `m${String(i)}`);
    for (let round = 0; round < 12; round += 1) {
      const api = new Api(cluster.node(round % 3).addresses.grpc);
      for (const [, giveUp] of GIVING_UP) await giveUp(api, topic);
      for (let i = 0; i < 5; i += 1) {
        const call = api.client.stats({ topic }, () => undefined);
        if (i > 0) await sleep(i);
        call.cancel();
      }
      api.close();
    }
    const found = new Map<string, PopItem>();
    await until("every message came to a patient consumer", 20_000, async () => {
      const items = await calm.pop(topic, { count: 30, maxMs: 2_000, visibilityMs: 30_000 });
      for (const item of items) found.set(item.messageId, item);
      return found.size === 30;
    });
    for (const item of found.values()) await calm.ack(item).catch(ignoreLost);
    for (const node of cluster.nodes) {
      await until(`${node.name} is quiet`, 10_000, () => isQuiet(node, undefined));
    }
    return "all 30 messages came to the consumer after them";
  },
};

/** A lease that was given out again belongs to somebody else: a refusal of the contract. */
function ignoreLost(error: unknown): void {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code !== Status.FAILED_PRECONDITION && code !== Status.NOT_FOUND) throw error;
}

const IDLE = 150;

const halfOpen: HardeningCase = {
  name: "slow.half-open",
  does: `${String(IDLE)} connections that never say a word, and a consumer whose network goes silent`,
  expects: "the node drops all of them within its keepalive of 80 s, and the message comes back",
  lane: "patient",
  maxMs: 140_000,
  run: async (world) => {
    const node = await world.running();
    const api = world.api(node);
    await api.makeTopic("t");
    const before = node.resources()?.handles;
    let open = 0;
    const sockets = await Promise.all(
      Array.from({ length: IDLE }, async (_, i) => {
        const socket = await openTcp(i % 2 === 0 ? node.addresses.grpc : node.addresses.raft);
        open += 1;
        socket.on("close", () => {
          open -= 1;
        });
        socket.resume();
        if (i % 3 === 0) socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        return socket;
      }),
    );
    world.atEnd(() => {
      for (const socket of sockets) socket.destroy();
    });
    const network = await Proxy.listen(node.endpoint);
    world.atEnd(() => network.close());
    const far = new Api(network.address);
    world.atEnd(() => {
      far.close();
    });
    const stream = far.client.popStream();
    stream.on("error", () => undefined);
    stream.write({ kind: { $case: "filter", value: { topic: "t", partitionIds: [] } } });
    stream.write(creditsOf(1));
    await until(
      "the far consumer has a stream",
      5_000,
      async () => (await loadOf(node)).streams === 1,
    );
    network.freeze();
    await api.enqueue("t", "for whoever lives");
    const startMs = performance.now();
    await until(
      "the silent stream is ended",
      100_000,
      async () => (await loadOf(node)).streams === 0,
    );
    const endedMs = performance.now() - startMs;
    const [item] = await api.pop("t", { count: 1, maxMs: 10_000 });
    expect(item !== undefined, "the message of the dead consumer did not come back");
    await until("the idle connections are closed", 100_000, () => open === 0);
    await until("no handle is left", 10_000, () => {
      const handles = node.resources()?.handles;
      return before === undefined || handles === undefined || handles <= before + 4;
    });
    return `the dead consumer was noticed after ${(endedMs / 1000).toFixed(0)} s`;
  },
};

export const slowCases: readonly HardeningCase[] = [
  slowReaders,
  manyStreams,
  heldStreams,
  cancels,
  halfOpen,
];
