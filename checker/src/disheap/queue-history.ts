// Turns Disheap's recorded operations and events into the neutral queue history the monitors read.
import type { HistoryLine } from "../history/line.js";
import { fileLine } from "../history/line.js";
import type { PairedOperation } from "../history/operations.js";
import { pairOperations } from "../history/operations.js";
import { tightenGrants } from "../monitor/grant-order.js";
import type {
  Delivery,
  Enqueue,
  LeaseEnd,
  MessageRecord,
  OpenPop,
  QueueHistory,
  Remaining,
  Settle,
  TopicFacts,
} from "../monitor/queue-history.js";
import { messageKey, unknownTopic } from "../monitor/queue-history.js";
import { Fields } from "./fields.js";

/** Operations that take messages away without an ack: Q1 cannot judge such a topic. */
const LOSSY = new Set(["purge", "deleteHeap", "dlq.delete", "moveToDlq", "updateHeap"]);
const REMAINING_STATES = ["ready", "delayed", "leased", "dlq"] as const;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Builder state: filled line by line, read by the monitors afterwards. */
class Builder {
  readonly lines: readonly HistoryLine[];
  readonly enqueues: Enqueue[] = [];
  readonly deliveries: Delivery[] = [];
  readonly openPops: OpenPop[] = [];
  readonly settles: Settle[] = [];
  readonly messages = new Map<string, MessageRecord>();
  readonly topics = new Map<string, Mutable<TopicFacts>>();
  readonly #firstCredit = new Map<string, number>();

  constructor(lines: readonly HistoryLine[]) {
    this.lines = lines;
  }

  #fileLine(index: number): number {
    return fileLine(index, this.lines[index]);
  }

  topic(name: string): Mutable<TopicFacts> {
    let facts = this.topics.get(name);
    if (facts === undefined) this.topics.set(name, (facts = unknownTopic(name)));
    return facts;
  }

  message(topic: string, messageId: string): MessageRecord {
    const key = messageKey(topic, messageId);
    let record = this.messages.get(key);
    if (record === undefined) {
      record = {
        topic,
        messageId,
        partitionLife: groupOf(messageId),
        enqueues: [],
        deliveries: [],
        settles: [],
        remaining: [],
        ends: [],
      };
      this.messages.set(key, record);
    }
    return record;
  }

  event(f: string, value: unknown, index: number): void {
    const fields = () => new Fields(value, this.#fileLine(index), `event ${f}`);
    if (f === "topic") this.#topicEvent(fields());
    if (f === "drained") this.topic(fields().text("topic")).drainedAt = index;
    if (f === "remaining") this.#remaining(fields(), index);
    if (f === "lease.expired") this.#leaseEnd(fields(), index);
    if (f === "expired") this.topic(fields().text("topic")).lossy = true;
    if (f === "deleted") this.#deleted(fields(), index);
  }

  #deleted(fields: Fields, index: number): void {
    const topic = this.topic(fields.text("topic"));
    topic.lossy = true;
    if (topic.deletedAt < 0) topic.deletedAt = index;
  }

  operation(op: PairedOperation): void {
    const input = () => new Fields(op.input, op.line, `${op.f} invoke`);
    if (op.f === "enqueue") this.#enqueue(op, input());
    else if (op.f === "pop") this.#pop(op, input());
    else if (op.f === "ack" || op.f === "nack" || op.f === "extend" || op.f === "release") {
      this.#settle(op, op.f, input());
    } else if (op.outcome !== "fail" && LOSSY.has(op.f)) {
      this.topic(input().text("topic")).lossy = true;
    } else if (op.outcome !== "fail" && op.f === "dlq.replay") {
      this.topic(input().text("topic")).replayed = true;
    }
  }

  #topicEvent(fields: Fields): void {
    const visibilityMs = fields.optionalInteger("visibilityMs");
    const topic = this.topic(fields.text("topic"));
    // Another topic of the same name may have other settings, and no pop says which one it asked.
    const isOther = topic.partitions > 0 && topic.visibilityMs !== visibilityMs;
    Object.assign(topic, {
      mode: fields.oneOf("mode", ["MIN", "MAX"]),
      partitions: fields.integer("partitions"),
      maxRetries: fields.integer("maxRetries"),
      dlq: fields.boolean("dlq"),
      ...(visibilityMs === undefined ? {} : { visibilityMs }),
    });
    if (isOther) delete topic.visibilityMs;
  }

  #remaining(fields: Fields, index: number): void {
    const topic = fields.text("topic");
    const messageId = fields.text("messageId");
    const attempts = fields.optionalInteger("attempts");
    const fence = fields.optionalInteger("fence");
    const payload = fields.optionalText("payload");
    const left: Remaining = {
      index,
      topic,
      messageId,
      state: fields.oneOf("state", REMAINING_STATES),
      ...(attempts === undefined ? {} : { attempts }),
      ...(fence === undefined ? {} : { fence }),
      ...(payload === undefined ? {} : { payload }),
      ...(fields.has("priority") ? { priority: fields.int64("priority") } : {}),
    };
    this.topic(topic).drainedAt = index;
    this.message(topic, messageId).remaining.push(left);
  }

  #leaseEnd(fields: Fields, index: number): void {
    const end: LeaseEnd = {
      index,
      topic: fields.text("topic"),
      messageId: fields.text("messageId"),
      fence: fields.integer("fence"),
      atMs: fields.integer("atMs"),
    };
    this.message(end.topic, end.messageId).ends.push(end);
  }

  #enqueue(op: PairedOperation, input: Fields): void {
    const topic = input.text("topic");
    const key = dedupKey(topic, input);
    const maxRetries = input.optionalInteger("maxRetries");
    const batch = input.optionalText("batch");
    const enqueue: Mutable<Enqueue> = {
      outcome: op.outcome,
      call: op.call,
      ret: op.ret,
      topic,
      payload: input.text("payload"),
      priority: input.int64("priority"),
      delayMs: input.optionalInteger("delayMs") ?? 0,
      duplicate: false,
      ...(key === undefined ? {} : { dedupKey: key.all, producer: key.producer }),
      ...(maxRetries === undefined ? {} : { maxRetries }),
      ...(batch === undefined ? {} : { batch }),
    };
    if (op.outcome === "ok") {
      const output = new Fields(op.output, this.#fileLine(op.ret), "enqueue ok");
      enqueue.messageId = output.text("messageId");
      enqueue.partition = output.integer("partition");
      enqueue.duplicate = output.has("duplicate") && output.boolean("duplicate");
      this.message(topic, enqueue.messageId).enqueues.push(enqueue);
    }
    this.enqueues.push(enqueue);
  }

  #pop(op: PairedOperation, input: Fields): void {
    const topic = input.text("topic");
    const stream = `${String(op.process)}\u0000${input.text("stream")}`;
    const earliest = this.#firstCredit.get(stream) ?? op.call;
    this.#firstCredit.set(stream, earliest);
    const span = { outcome: op.outcome, call: op.call, ret: op.ret };
    if (op.outcome === "unknown") this.openPops.push({ ...span, topic });
    if (op.outcome !== "ok") return;
    const output = new Fields(op.output, this.#fileLine(op.ret), "pop ok");
    const deadlineMs = output.integer("deadlineMs");
    const visibilityMs = input.optionalInteger("visibilityMs") ?? this.topic(topic).visibilityMs;
    const delivery: Delivery = {
      ...span,
      topic,
      messageId: output.text("messageId"),
      partition: output.integer("partition"),
      payload: output.text("payload"),
      priority: output.int64("priority"),
      attempts: output.integer("attempts"),
      maxRetries: output.integer("maxRetries"),
      fence: output.integer("fence"),
      enqueuedMs: output.integer("enqueuedMs"),
      deadlineMs,
      earliest,
      filtered: input.has("partitions"),
      ...(visibilityMs === undefined ? {} : { grantedMs: deadlineMs - visibilityMs }),
    };
    this.deliveries.push(delivery);
    this.message(topic, delivery.messageId).deliveries.push(delivery);
  }

  #settle(op: PairedOperation, kind: Settle["kind"], input: Fields): void {
    const backoffMs = input.optionalInteger("backoffMs");
    const extensionMs = input.optionalInteger("extensionMs");
    const settle: Settle = {
      outcome: op.outcome,
      call: op.call,
      ret: op.ret,
      kind,
      topic: input.text("topic"),
      messageId: input.text("messageId"),
      fence: input.integer("fence"),
      ...(backoffMs === undefined ? {} : { backoffMs }),
      ...(extensionMs === undefined ? {} : { extensionMs }),
    };
    this.settles.push(settle);
    this.message(settle.topic, settle.messageId).settles.push(settle);
  }
}

/**
 * The characters of a message id that hold its group (contract section 3: 48 bits of time, 24 of group):
 * a group is one partition of one topic and is never used again. Empty for ids of another shape.
 */
function groupOf(messageId: string): string {
  if (!/^[0-9A-HJKMNP-TV-Z]{26}$/.test(messageId)) return "";
  // The last of them holds one bit of the index, which is 0 for as long as a log is shorter than 2^41.
  return messageId.slice(10, 15);
}

function dedupKey(topic: string, input: Fields): { all: string; producer: string } | undefined {
  if (!input.has("producer") || !input.has("epoch") || !input.has("sequence")) return undefined;
  const producer = `${topic}\u0000${input.text("producer")}\u0000${input.int64("epoch")}`;
  // A repeat with another partition key goes to another partition, which never saw the first.
  const partitionKey = input.optionalText("partitionKey") ?? "";
  return { all: `${producer}\u0000${input.int64("sequence")}\u0000${partitionKey}`, producer };
}

/** Reads a recorded Disheap history. Throws `HistoryError` on a value of the wrong shape. */
export function disheapQueueHistory(lines: readonly HistoryLine[]): QueueHistory {
  const builder = new Builder(lines);
  lines.forEach((line, index) => {
    if (line.type === "event") builder.event(line.f, line.value, index);
  });
  for (const op of pairOperations(lines)) builder.operation(op);
  for (const record of builder.messages.values()) {
    record.deliveries.sort((a, b) => a.fence - b.fence || a.ret - b.ret);
  }
  return tightenGrants(builder);
}
