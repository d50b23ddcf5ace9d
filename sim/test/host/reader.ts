// A consumer of the topic "jobs" that keeps what it is given and settles nothing by itself.

import type { DeliveredItem } from "@disheap/core";
import type { QuietWorld } from "./quiet-world.js";

export class Reader {
  readonly items: DeliveredItem[] = [];
  readonly stream: number;
  end: string | undefined;
  private readonly q: QuietWorld;

  constructor(q: QuietWorld, node: number, credits: number, visibilityMs = 10_000) {
    this.q = q;
    this.stream = q.hub.openStream(node, {
      onItem: (item) => this.items.push(item),
      onEnd: (code) => {
        this.end = code;
      },
    });
    const streamId = this.stream;
    const filter = { streamId, topic: "jobs", partitionIds: [], visibilityMs };
    q.hub.sendOnStream(streamId, { kind: "stream.filter", ...filter });
    this.sendCredits(credits);
  }

  send(kind: "stream.cancel" | "stream.half-close"): void {
    this.q.hub.sendOnStream(this.stream, { kind, streamId: this.stream });
  }

  sendCredits(credits: number): void {
    const streamId = this.stream;
    this.q.hub.sendOnStream(streamId, { kind: "stream.credits", streamId, credits });
  }

  get attempts(): number[] {
    return this.items.map((item) => item.attempts);
  }
}
