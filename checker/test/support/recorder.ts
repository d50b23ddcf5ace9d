// Writes small histories of a leased queue by hand: every call appends its lines in order, so a test
// reads like the story it tells. Values default to a legal story; tests override what is wrong.
import type { HistoryLine } from "../../src/index.js";

export interface MessageOptions {
  topic?: string;
  payload?: string;
  priority?: string;
  partition?: number;
  fence?: number;
  attempts?: number;
  maxRetries?: number;
  enqueuedMs?: number;
  grantedMs?: number;
  stream?: string;
  process?: string;
}

const VISIBILITY_MS = 30_000;

export class Recorder {
  readonly lines: HistoryLine[] = [];
  #nextId = 0;

  event(f: string, value: object): this {
    this.lines.push({ type: "event", f, time: this.lines.length, value });
    return this;
  }

  topic(options: Partial<Record<string, unknown>> = {}): this {
    return this.event("topic", {
      topic: "t",
      mode: "MIN",
      partitions: 1,
      maxRetries: 3,
      dlq: true,
      visibilityMs: VISIBILITY_MS,
      ...options,
    });
  }

  invoke(f: string, value: object, process = "c1"): number {
    const id = this.#nextId;
    this.#nextId += 1;
    this.lines.push({ id, process, type: "invoke", f, time: this.lines.length, value });
    return id;
  }

  complete(id: number, type: "ok" | "fail" | "info", value: object = {}): this {
    const start = this.lines.find((line) => line.type === "invoke" && line.id === id);
    if (start?.type !== "invoke") throw new Error(`no invoke with id ${id}`);
    const { process, f } = start;
    this.lines.push({ id, process, type, f, time: this.lines.length, value });
    return this;
  }

  enqueue(messageId: string, input: object = {}, output: object = {}): this {
    const value = { topic: "t", payload: `p-${messageId}`, priority: "5", ...input };
    const id = this.invoke("enqueue", value);
    return this.complete(id, "ok", { messageId, partition: 0, duplicate: false, ...output });
  }

  credit(options: MessageOptions = {}): number {
    const { topic = "t", stream = "s1", process = "c1" } = options;
    return this.invoke("pop", { topic, stream }, process);
  }

  /** Completes a credit with a delivery. */
  deliver(credit: number, messageId: string, options: MessageOptions = {}): this {
    const grantedMs = options.grantedMs ?? 1000 + this.lines.length;
    return this.complete(credit, "ok", {
      topic: options.topic ?? "t",
      messageId,
      partition: options.partition ?? 0,
      payload: options.payload ?? `p-${messageId}`,
      priority: options.priority ?? "5",
      attempts: options.attempts ?? options.fence ?? 1,
      maxRetries: options.maxRetries ?? 3,
      fence: options.fence ?? 1,
      enqueuedMs: options.enqueuedMs ?? 100,
      deadlineMs: grantedMs + VISIBILITY_MS,
    });
  }

  /** A credit of its own stream, answered at once. */
  pop(messageId: string, options: MessageOptions = {}): this {
    const stream = options.stream ?? `own-${this.#nextId}`;
    return this.deliver(this.credit({ ...options, stream }), messageId, options);
  }

  settle(
    f: "ack" | "nack" | "extend" | "release",
    messageId: string,
    fence = 1,
    input: object = {},
    type: "ok" | "fail" | "info" = "ok",
  ): this {
    const extra = f === "extend" ? { extensionMs: 10_000 } : {};
    const id = this.invoke(f, { topic: "t", messageId, fence, ...extra, ...input });
    return this.complete(id, type, type === "fail" ? { code: "FAILED_PRECONDITION" } : {});
  }

  ack(messageId: string, fence = 1, type: "ok" | "fail" | "info" = "ok"): this {
    return this.settle("ack", messageId, fence, {}, type);
  }

  nack(messageId: string, fence = 1, backoffMs?: number): this {
    return this.settle("nack", messageId, fence, backoffMs === undefined ? {} : { backoffMs });
  }

  remaining(messageId: string, state: string, extra: object = {}): this {
    return this.event("remaining", { topic: "t", messageId, state, ...extra });
  }

  deleted(): this {
    return this.event("deleted", { topic: "t" });
  }

  drained(): this {
    return this.event("drained", { topic: "t" });
  }
}

export function record(): Recorder {
  return new Recorder().topic();
}
