// The public API of one node as promises: every call has a deadline, so nothing here can hang.

import {
  DisheapClient,
  EnqueueReq,
  MakeHeapReq,
  type PopItem,
  type StatsResp,
} from "@disheap/proto";
import { credentials, Metadata, type ServiceError } from "@grpc/grpc-js";

const CALL_MAX_MS = 8_000;

type Done<T> = (error: ServiceError | null, value: T) => void;
type Send<T> = (client: DisheapClient, options: { deadline: number }, done: Done<T>) => unknown;

export interface PopOptions {
  readonly count: number;
  readonly maxMs: number;
  readonly visibilityMs?: number;
}

export class Api {
  readonly client: DisheapClient;

  constructor(endpoint: string) {
    this.client = new DisheapClient(endpoint, credentials.createInsecure(), {
      "grpc.use_local_subchannel_pool": 1,
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.min_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 300,
    });
  }

  call<T>(send: Send<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      send(this.client, { deadline: Date.now() + CALL_MAX_MS }, (error, value) => {
        if (error === null) resolve(value);
        else reject(error);
      });
    });
  }

  makeTopic(topic: string, partitions = 1): Promise<unknown> {
    const request = MakeHeapReq.fromPartial({ topic, partitions, maxRetriesDefault: 1000 });
    return this.call((client, options, done) =>
      client.makeHeap(request, new Metadata(), options, done),
    );
  }

  /** The message id. */
  async enqueue(topic: string, payload: string, more: Partial<EnqueueReq> = {}): Promise<string> {
    const request = EnqueueReq.fromPartial({
      topic,
      payload: Buffer.from(payload),
      priority: 0n,
      ...more,
    });
    const answer = await this.call<{ messageId: string }>((client, options, done) =>
      client.enqueue(request, new Metadata(), options, done),
    );
    return answer.messageId;
  }

  stats(topic: string): Promise<StatsResp> {
    return this.call((client, options, done) =>
      client.stats({ topic }, new Metadata(), options, done),
    );
  }

  /** Messages in the topic, leased ones included, dead letters not. */
  async count(topic: string): Promise<number> {
    return Number((await this.stats(topic)).topicStats.get(topic)?.totalMessages ?? -1n);
  }

  /** Takes up to `count` messages; ends when they came or the time is up. */
  pop(topic: string, { count, maxMs, visibilityMs = 30_000 }: PopOptions): Promise<PopItem[]> {
    const items: PopItem[] = [];
    const stream = this.client.popStream();
    const visibilityTimeout = {
      seconds: BigInt(Math.floor(visibilityMs / 1000)),
      nanos: (visibilityMs % 1000) * 1_000_000,
    };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        end();
      }, maxMs);
      const end = (error?: Error): void => {
        clearTimeout(timer);
        stream.cancel();
        if (error === undefined) resolve(items);
        else reject(error);
      };
      stream.on("data", (item: PopItem) => {
        items.push(item);
        if (items.length === count) end();
      });
      stream.on("error", (error: Error) => {
        end(error);
      });
      stream.on("end", () => {
        end();
      });
      stream.write({
        kind: { $case: "filter", value: { topic, partitionIds: [], visibilityTimeout } },
      });
      stream.write({ kind: { $case: "flowControl", value: { credits: count } } });
    });
  }

  ack({ topic, messageId, leaseToken }: PopItem): Promise<unknown> {
    return this.call((client, options, done) =>
      client.ack({ topic, messageId, leaseToken }, new Metadata(), options, done),
    );
  }

  close(): void {
    this.client.close();
  }
}
