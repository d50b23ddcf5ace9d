// One node process as the bench sees it: what it uses and counts, and its profiles. The first and the last
// come from the probe inside of it, over the channel to its parent.

import type { NodeProcess } from "@disheap/harness";
import type { ServerUsage } from "./cost.js";
import { counterOf } from "./metrics-text.js";
import type { ProbeReply, ProbeRequest } from "./probe.js";

const ANSWER_MAX_MS = 30_000;

/** A node tells everything. */
export type NodeUsage = Required<ServerUsage>;

type Waiting = (reply: ProbeReply) => void;
/** Without the number that ties an answer to it. */
type Ask = ProbeRequest extends infer R ? (R extends ProbeRequest ? Omit<R, "id"> : never) : never;

export class MeasuredNode {
  private readonly node: NodeProcess;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;

  constructor(node: NodeProcess) {
    this.node = node;
    node.onMessage((message) => {
      const reply = message as ProbeReply;
      if (reply.kind !== "bench.reply") return;
      this.waiting.get(reply.id)?.(reply);
      this.waiting.delete(reply.id);
    });
  }

  get name(): string {
    return this.node.name;
  }

  get endpoint(): string {
    return this.node.endpoint;
  }

  /** As a power cut ends it. */
  kill(): Promise<void> {
    return this.node.kill();
  }

  async usage(options: { readonly collectGarbage: boolean }): Promise<NodeUsage> {
    const { usage } = await this.ask({ kind: "bench.usage", ...options });
    const response = await fetch(`${this.node.http}/metrics`);
    const text = await response.text();
    return {
      name: this.name,
      ...usage,
      syncs: counterOf(text, "storage_syncs_total"),
      writtenBytes: counterOf(text, "wal_bytes_written_total"),
      turns: counterOf(text, "turns_total"),
      frames: counterOf(text, "peer_frames_sent_total"),
      entries: counterOf(text, "raft_applied_entries_total"),
    };
  }

  async startProfile(): Promise<void> {
    await this.ask({ kind: "bench.profile.start" });
  }

  async stopProfile(file: string): Promise<void> {
    await this.ask({ kind: "bench.profile.stop", file });
  }

  private ask(request: Ask): Promise<ProbeReply> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new Error(`node ${this.name} did not answer the bench's probe (${request.kind})`));
      }, ANSWER_MAX_MS);
      this.waiting.set(id, (reply) => {
        clearTimeout(timer);
        resolve(reply);
      });
      this.node.send({ ...request, id });
    });
  }
}
