// One burst: so many enqueues of so many bytes at once, through given nodes, each with the deadline that a
// client has by default and no second try. What was acknowledged is counted by the messages that are there.

import { randomFillSync } from "node:crypto";
import { DisheapClient, EnqueueReq } from "@disheap/proto";
import { setImmediate as yieldOnce } from "node:timers/promises";
import { credentials, Metadata, type ServiceError, status as Status } from "@grpc/grpc-js";

export interface Burst {
  readonly calls: number;
  readonly bytes: number;
}

export interface BurstResult {
  /** By gRPC code, OK included. */
  readonly codes: ReadonlyMap<string, number>;
  /** Sentences of what failed, once each. */
  readonly sentences: readonly string[];
  readonly wallMs: number;
  readonly firstMs: number;
  /** When the last refusal came; 0 without one. */
  readonly lastRefusalMs: number;
}

const DEADLINE_MS = 10_000;
const CONNECTIONS = 4;

export async function burst(
  endpoints: readonly string[],
  topic: string,
  { calls, bytes }: Burst,
): Promise<BurstResult> {
  const clients = Array.from(
    { length: CONNECTIONS },
    (_, i) =>
      new DisheapClient(endpoints[i % endpoints.length] ?? "", credentials.createInsecure(), {
        "grpc.use_local_subchannel_pool": 1,
        "grpc.max_send_message_length": -1,
      }),
  );
  const codes = new Map<string, number>();
  const sentences = new Set<string>();
  const random = randomFillSync(Buffer.alloc(2 * bytes));
  let startMs = 0;
  let firstMs = 0;
  let lastRefusalMs = 0;
  const answered = (error: ServiceError | null): void => {
    const atMs = performance.now() - startMs;
    if (firstMs === 0) firstMs = atMs;
    const code = error === null ? "OK" : (Status[error.code] ?? String(error.code));
    codes.set(code, (codes.get(code) ?? 0) + 1);
    if (error !== null && code !== "DEADLINE_EXCEEDED") sentences.add(error.details.slice(0, 120));
    if (code === "RESOURCE_EXHAUSTED") lastRefusalMs = atMs;
  };
  await Promise.all(clients.map(ready));
  startMs = performance.now();
  const calling: Promise<void>[] = [];
  for (let i = 0; i < calls; i += 1) {
    const at = Math.floor((i * bytes) / calls);
    const payload = random.subarray(at, at + bytes);
    const request = EnqueueReq.fromPartial({ topic, payload, priority: BigInt(i) });
    const options = { deadline: Date.now() + DEADLINE_MS };
    calling.push(
      new Promise((resolve) => {
        clients[i % CONNECTIONS]?.enqueue(request, new Metadata(), options, (error) => {
          answered(error);
          resolve();
        });
      }),
    );
    // What was started leaves while the next ones are encoded.
    if (i % CONNECTIONS === 0) await yieldOnce();
  }
  await Promise.all(calling);
  const wallMs = performance.now() - startMs;
  for (const client of clients) client.close();
  return { codes, sentences: [...sentences], wallMs, firstMs, lastRefusalMs };
}

function ready(client: DisheapClient): Promise<void> {
  return new Promise((resolve, reject) => {
    client.waitForReady(Date.now() + DEADLINE_MS, (error) => {
      if (error === undefined) resolve();
      else reject(error);
    });
  });
}
