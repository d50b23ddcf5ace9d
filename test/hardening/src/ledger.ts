// What was acknowledged to this test: the messages that must still be there in the end, each once.

import type { EnqueueReq } from "@disheap/proto";
import type { Api } from "./api.js";
import { expect } from "./expect.js";

const DRAIN_MAX_MS = 20_000;

export class Ledger {
  readonly topic: string;
  private readonly held = new Map<string, string>();
  private sent = 0;

  constructor(topic: string) {
    this.topic = topic;
  }

  get size(): number {
    return this.held.size;
  }

  get isEmpty(): boolean {
    return this.held.size === 0;
  }

  /** Enqueues through `api` and remembers what was answered with OK; throws on the first refusal. */
  async add(api: Api, count: number, payloadBytes = 64): Promise<void> {
    for (let i = 0; i < count; i += 1) await this.addOne(api, payloadBytes);
  }

  /** The same as clients do it while leaders change: repeated, under one producer triple, until OK. */
  async insist(api: Api, count: number, maxMs: number): Promise<void> {
    const limitMs = performance.now() + maxMs;
    for (let i = 0; i < count;) {
      try {
        const sequence = BigInt(this.sent + 1);
        await this.addOne(api, 64, { producerId: "ledger", epoch: 1n, sequence });
        i += 1;
      } catch (error) {
        if (performance.now() > limitMs) throw error;
        this.sent -= 1;
      }
    }
  }

  private async addOne(api: Api, bytes: number, triple: Partial<EnqueueReq> = {}): Promise<void> {
    this.sent += 1;
    const payload = `${String(this.sent)}:`.padEnd(bytes, "x");
    this.held.set(await api.enqueue(this.topic, payload, triple), payload);
  }

  /** Undefined when every acknowledged message is there with its payload, otherwise what is wrong. */
  async problem(api: Api): Promise<string | undefined> {
    const found = new Map<string, string>();
    const items = await api.pop(this.topic, { count: this.held.size, maxMs: DRAIN_MAX_MS });
    for (const { messageId, payload } of items) {
      if (found.has(messageId)) return `message ${messageId} was delivered twice at once`;
      found.set(messageId, payload.toString());
    }
    const missing = [...this.held].filter(([id, payload]) => found.get(id) !== payload);
    if (missing.length === 0) return undefined;
    return `${String(missing.length)} of ${String(this.held.size)} acknowledged messages are lost or changed`;
  }

  async check(api: Api): Promise<void> {
    const problem = await this.problem(api);
    expect(problem === undefined, problem ?? "");
  }
}
