// One deployment under test, and the calls that cases make on it. Which node answers is the
// deployment's business: the only one, any of three, or always one that leads as little as possible.
// The ways differ in how messages are enqueued, consumed and settled: by calls of their own, as here, or by
// sessions (session/session-rig.ts).

import assert from "node:assert/strict";
import type { NodeProcess } from "@disheap/harness";
import {
  type AckReq,
  AdminService,
  DisheapClient,
  DisheapService,
  EnqueueReq,
  type EnqueueResp,
  type HeapInfo,
  type HeapStats,
  ListHeapsReq,
  MakeHeapReq,
  PeekReq,
  type PeekResp,
  StatsReq,
} from "@disheap/proto";
import {
  type Client,
  credentials,
  Metadata,
  type ServiceError,
  status as Status,
} from "@grpc/grpc-js";
import type { Pop, PopFilterOptions } from "./pop.js";
import { PopCall } from "./pop-call.js";
import { MAX_WAIT_MS, until } from "./wait.js";

export type Through = "any" | "follower";
export type CodeName = keyof typeof Status;

export interface Method<Req, Res> {
  readonly path: string;
  readonly requestSerialize: (value: Req) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Res;
}

type Heap = Partial<Omit<MakeHeapReq, "topic">>;
export type Enqueue = Partial<Omit<EnqueueReq, "topic">>;
/** What identifies a delivery. */
export type Delivery = Pick<AckReq, "topic" | "messageId" | "leaseToken">;

export class Rig {
  readonly nodes: readonly NodeProcess[];
  readonly clients: readonly DisheapClient[];
  private readonly through: Through;
  /** In a follower deployment: the node that serves a topic. */
  private readonly servers: Map<string, number>;
  private readonly counts: { turn: number; topics: number };

  /** Of the whole deployment, or one that shares the nodes, the names and the turns of `whole`. */
  constructor(of: readonly [nodes: readonly NodeProcess[], through: Through] | Rig) {
    if (of instanceof Rig) {
      ({ nodes: this.nodes, clients: this.clients, through: this.through } = of);
      ({ servers: this.servers, counts: this.counts } = of);
      return;
    }
    [this.nodes, this.through] = of;
    this.servers = new Map();
    this.counts = { turn: 0, topics: 0 };
    this.clients = this.nodes.map(
      (node) =>
        new DisheapClient(node.endpoint, credentials.createInsecure(), {
          "grpc.initial_reconnect_backoff_ms": 100,
          "grpc.max_reconnect_backoff_ms": 500,
          "grpc.max_receive_message_length": 64 * 1024 * 1024,
        }),
    );
  }

  /** Picks the node for calls that name no topic: in a follower deployment one that does not lead. */
  async prepare(): Promise<void> {
    await until("the meta group has a leader", async () => {
      const answers = await Promise.all(
        this.nodes.map(async (node) => (await fetch(`${node.http}/health`)).text()),
      );
      const leads = answers.map((text) => text.includes('"is_leader":true'));
      this.servers.set("", Math.max(0, leads.indexOf(false)));
      return leads.includes(true);
    });
  }

  /** Position of the node that a call goes to. */
  place(topic?: string): number {
    if (this.through === "follower") return this.servers.get(topic ?? "") ?? 0;
    this.counts.turn += 1;
    return this.counts.turn % this.nodes.length;
  }

  client(place: number): DisheapClient {
    const client = this.clients[place];
    if (client === undefined) throw new Error(`no node ${String(place)}`);
    return client;
  }

  node(place: number): NodeProcess {
    const node = this.nodes[place];
    if (node === undefined) throw new Error(`no node ${String(place)}`);
    return node;
  }

  /** One unary call. A refusal is thrown as it came; see `refused`. */
  call<Req, Res>(
    method: Method<Req, Res>,
    request: Req,
    options: { readonly place?: number; readonly headers?: Record<string, string> } = {},
  ): Promise<Res> {
    const topic = (request as { readonly topic?: string }).topic;
    const client: Client = this.client(options.place ?? this.place(topic));
    const metadata = new Metadata();
    for (const [key, value] of Object.entries(options.headers ?? {})) metadata.set(key, value);
    const deadline = Date.now() + MAX_WAIT_MS;
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        metadata,
        { deadline },
        (error, response) => {
          if (error !== null) reject(error);
          else if (response === undefined) reject(new Error("neither error nor answer"));
          else resolve(response);
        },
      );
    });
  }

  /** Bytes as they are, for what no generated message can say. */
  raw(name: string, bytes: Uint8Array): Promise<Buffer> {
    return this.rawAt(`/disheap.v1.Disheap/${name}`, bytes);
  }

  rawAt(path: string, bytes: Uint8Array): Promise<Buffer> {
    const same = (value: Buffer): Buffer => value;
    const method = { path, requestSerialize: same, responseDeserialize: same };
    return this.call(method, Buffer.from(bytes));
  }

  freshName(): string {
    this.counts.topics += 1;
    return `t${String(this.counts.topics)}`;
  }

  /** A new topic; returns its name once every partition has a leader. */
  async topic(settings: Heap = {}): Promise<string> {
    const topic = this.freshName();
    const request = MakeHeapReq.create({ ...settings, topic });
    try {
      await this.call(DisheapService.makeHeap, request);
    } catch (error) {
      // Allowed while leadership moves, as it may on a busy machine. A topic that was made
      // nevertheless is there when it settles.
      if ((error as ServiceError).code !== Status.UNAVAILABLE) throw error;
      await this.call(DisheapService.makeHeap, request).catch((again: unknown) => {
        if ((again as ServiceError).code !== Status.ALREADY_EXISTS) throw again;
      });
    }
    await this.settle(topic);
    return topic;
  }

  /** Waits for the leaders of a topic and, in a follower deployment, picks the node that serves it. */
  async settle(topic: string): Promise<void> {
    const leads = this.nodes.map(() => 0);
    await until(`every partition of ${topic} has a leader`, async () => {
      const parts = [...(await this.stats(topic)).partitionStats.values()];
      leads.fill(0);
      for (const part of parts) {
        const leader = this.nodes.findIndex((node) => node.name === part.leaderNode);
        if (leader < 0) return false;
        leads[leader] = (leads[leader] ?? 0) + 1;
      }
      return parts.length > 0;
    });
    this.servers.set(topic, leads.indexOf(Math.min(...leads)));
  }

  enqueue(topic: string, fields: Enqueue = {}, place?: number): Promise<EnqueueResp> {
    const request = EnqueueReq.create({ payload: Buffer.from("x"), ...fields, topic });
    return this.call(DisheapService.enqueue, request, place === undefined ? {} : { place });
  }

  async enqueueAll(topic: string, priorities: readonly bigint[]): Promise<string[]> {
    const ids: string[] = [];
    for (const priority of priorities)
      ids.push((await this.enqueue(topic, { priority })).messageId);
    return ids;
  }

  /** A stream without filter and credits. */
  stream(topic: string, place = this.place(topic)): Pop {
    return new PopCall(this.client(place));
  }

  /** A stream with both. */
  pop(topic: string, credits = 1, options: PopFilterOptions = {}): Pop {
    return this.stream(topic).filter(topic, options).credits(credits);
  }

  /** One delivery on a stream that stays open. */
  async lease(
    topic: string,
    visibilityMs?: number,
  ): Promise<{ pop: Pop; item: Awaited<ReturnType<Pop["one"]>> }> {
    const pop = this.pop(topic, 1, visibilityMs === undefined ? {} : { visibilityMs });
    return { pop, item: await pop.one() };
  }

  ack(item: Delivery, place?: number): Promise<unknown> {
    const { topic, messageId, leaseToken } = item;
    const options = place === undefined ? {} : { place };
    return this.call(DisheapService.ack, { topic, messageId, leaseToken }, options);
  }

  /** Of the second service. */
  release(item: Delivery, place?: number): Promise<unknown> {
    const { topic, messageId, leaseToken } = item;
    const options = place === undefined ? {} : { place };
    return this.call(AdminService.release, { topic, messageId, leaseToken }, options);
  }

  /** `backoffMs` undefined leaves the override out. */
  nack(item: Delivery, backoffMs?: number, place?: number): Promise<unknown> {
    const { topic, messageId, leaseToken } = item;
    const backoffOverride = backoffMs === undefined ? undefined : duration(backoffMs);
    const request = { topic, messageId, leaseToken, backoffOverride, reason: undefined };
    return this.call(DisheapService.nack, request, place === undefined ? {} : { place });
  }

  extend(item: Omit<Delivery, "messageId">, extensionMs?: number): Promise<unknown> {
    const extension = extensionMs === undefined ? undefined : duration(extensionMs);
    const { topic, leaseToken } = item;
    return this.call(DisheapService.extend, { topic, leaseToken, extension });
  }

  peek(topic: string, fields: Partial<PeekReq> = {}, place?: number): Promise<PeekResp> {
    const request = PeekReq.create({ ...fields, topic });
    return this.call(DisheapService.peek, request, place === undefined ? {} : { place });
  }

  /** Counters of one topic. */
  async stats(topic: string, place?: number): Promise<HeapStats> {
    const options = place === undefined ? {} : { place };
    const answer = await this.call(DisheapService.stats, StatsReq.create({ topic }), options);
    const stats = answer.topicStats.get(topic);
    assert(stats !== undefined, `Stats of ${topic} does not hold it`);
    return stats;
  }

  /** Every topic, over as many pages as there are. */
  async listAll(place?: number): Promise<HeapInfo[]> {
    const heaps: HeapInfo[] = [];
    let pageToken = "";
    do {
      const request = ListHeapsReq.create({ pageSize: 1000, pageToken });
      const page = await this.call(
        DisheapService.listHeaps,
        request,
        place === undefined ? {} : { place },
      );
      heaps.push(...page.heaps);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return heaps;
  }

  async info(topic: string): Promise<HeapInfo> {
    const info = (await this.listAll()).find((heap) => heap.topic === topic);
    assert(info !== undefined, `ListHeaps does not hold ${topic}`);
    return info;
  }

  close(): void {
    for (const client of this.clients) client.close();
  }
}

export function duration(ms: number): { seconds: bigint; nanos: number } {
  const seconds = Math.trunc(ms / 1000);
  return { seconds: BigInt(seconds), nanos: (ms - seconds * 1000) * 1_000_000 };
}

/** The refusal of a call that must fail with `code` and explain itself. */
export async function refused(code: CodeName, call: Promise<unknown>): Promise<ServiceError> {
  let error: unknown;
  try {
    await call;
  } catch (thrown) {
    error = thrown;
  }
  assert(error !== undefined, `expected ${code}, got OK`);
  if (!(error instanceof Error && "code" in error))
    throw new Error("not a status", { cause: error });
  const { code: got, details } = error as ServiceError;
  assert.equal(Status[got], code, `expected ${code}, got ${String(Status[got])}: ${details}`);
  assert(details.length > 10, `${code} without a sentence: "${details}"`);
  return error as ServiceError;
}
