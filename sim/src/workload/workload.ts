// Runs the operations of a plan against the world and records what the clients see. It knows only what a
// client could know.

import type { ClientRequest, ClientResult, TopicSettingsInput } from "@disheap/core";
import type { OperationPlan, Plan, TopicPlan } from "../plan/plan.js";
import type { ClientHub } from "./client-hub.js";
import { Consumer } from "./consumer.js";
import type { Recorder } from "./recorder.js";
import { halves, payloadHash, payloadOf } from "./values.js";

type DeletePlan = Extract<OperationPlan, { type: "delete" }>;
type EnqueuePlan = Extract<OperationPlan, { type: "enqueue" }>;

/** Tries of an enqueue with a triple while its outcome is unknown. */
const ENQUEUE_TRIES = 6;

export class Workload {
  private readonly hub: ClientHub;
  private readonly recorder: Recorder;
  private readonly plan: Plan;
  private created = 0;
  readonly deleted = new Set<string>();

  constructor(hub: ClientHub, recorder: Recorder) {
    this.hub = hub;
    this.recorder = recorder;
    this.plan = hub.world.plan;
  }

  /** Every topic of the plan exists. */
  get isSetUp(): boolean {
    return this.created === this.plan.topics.length;
  }

  private at(ms: number, run: () => void): void {
    this.hub.world.queue.schedule(ms * 1000, run);
  }

  private after(ms: number, run: () => void): void {
    const { queue } = this.hub.world;
    queue.schedule(queue.nowUs + ms * 1000, run);
  }

  start(): void {
    for (const topic of this.plan.topics) {
      const { mode, partitions, maxRetries, dlq, visibilityMs } = topic;
      this.recorder.event("topic", {
        topic: topic.topic,
        mode,
        partitions,
        maxRetries,
        dlq,
        visibilityMs,
      });
      this.createTopic(topic.topic, 1);
    }
    for (const operation of this.plan.operations)
      this.at(operation.atMs, () => this.run(operation));
  }

  private createTopic(name: string, node: number): void {
    const topic = this.plan.topics.find((t) => t.topic === name);
    if (!topic) return;
    const request: ClientRequest = {
      op: "topic.create",
      topic: name,
      settings: settingsOf(topic),
    };
    this.hub.request(node, request, (result) => {
      const isThere = result?.ok === true || (result && code(result) === "ALREADY_EXISTS");
      if (isThere) this.created += 1;
      else this.after(200, () => this.createTopic(name, (node % this.plan.nodes) + 1));
    });
  }

  private run(operation: OperationPlan): void {
    switch (operation.type) {
      case "enqueue":
        this.enqueue(operation, operation.node, 1);
        for (const repeat of operation.repeats) {
          this.after(repeat.afterMs, () => {
            this.hub.world.count("client.repeat");
            this.enqueue(operation, repeat.node, ENQUEUE_TRIES);
          });
        }
        break;
      case "consume":
        new Consumer(this.hub, this.recorder, operation).start();
        break;
      case "read":
        this.read(operation);
        break;
      case "delete":
        this.deleteTopic(operation, operation.node);
        for (const rival of operation.rivals ?? []) {
          this.after(rival.afterMs, () => this.deleteTopic(operation, rival.node));
        }
        break;
    }
  }

  private enqueue(operation: EnqueuePlan, node: number, tries: number): void {
    const process = `p${operation.id}`;
    const payload = payloadOf(operation.id, operation.bytes);
    const { topic, priority, delayMs, maxRetries, key, producer, id } = operation;
    const opId = this.recorder.invoke(process, "enqueue", {
      topic,
      payload: payloadHash(payload),
      priority,
      ...(key === undefined ? {} : { partitionKey: key }),
      ...(producer === undefined ? {} : { producer, epoch: "1", sequence: String(id) }),
      ...(delayMs > 0 ? { delayMs } : {}),
      ...(maxRetries === undefined ? {} : { maxRetries }),
    });
    const { hi, lo } = halves(priority);
    const request: ClientRequest = {
      op: "enqueue",
      topic,
      payload,
      priorityHi: hi,
      priorityLo: lo,
      ...(key === undefined ? {} : { partitionKey: key }),
      ...(producer === undefined
        ? {}
        : {
            producer: {
              producerId: producer,
              epochHi: 0,
              epochLo: 1,
              sequenceHi: 0,
              sequenceLo: id,
            },
          }),
      ...(maxRetries === undefined ? {} : { maxRetries }),
      ...(delayMs > 0 ? { delayMs } : {}),
    };
    this.hub.request(node, request, (result) => {
      if (result?.ok && result.op === "enqueue") {
        const { messageId, partitionId, duplicate } = result;
        const value = { messageId, partition: partitionId, duplicate };
        this.recorder.complete(opId, process, "ok", "enqueue", value);
        return;
      }
      const failure = result ? code(result) : "UNAVAILABLE";
      const isUnknown = failure === "UNAVAILABLE";
      if (!isUnknown) {
        this.recorder.complete(opId, process, "fail", "enqueue", { code: failure });
        return;
      }
      this.recorder.complete(opId, process, "info", "enqueue", {});
      // Only with a triple is a repeat harmless.
      if (producer === undefined || tries >= ENQUEUE_TRIES) return;
      const next = (node % this.plan.nodes) + 1;
      this.after(300, () => this.enqueue(operation, next, tries + 1));
    });
  }

  private read(operation: Extract<OperationPlan, { type: "read" }>): void {
    const { topic, what, node } = operation;
    const request: ClientRequest =
      what === "list"
        ? { op: "topic.list", pageSize: 0, pageToken: "" }
        : what === "stats"
          ? { op: "stats", topic }
          : { op: "peek", topic, limit: operation.limit ?? 50, includeDlq: true };
    const f = what === "list" ? "list" : what;
    const id = this.recorder.invoke(`r${operation.id}`, f, { topic });
    this.hub.request(node, request, (result) => {
      const type = result === undefined ? "info" : result.ok ? "ok" : "fail";
      this.recorder.complete(
        id,
        `r${operation.id}`,
        type,
        f,
        result && !result.ok ? { code: result.failure.code } : {},
      );
    });
  }

  private deleteTopic(operation: DeletePlan, node: number): void {
    const { topic } = operation;
    if (!this.deleted.has(topic)) this.recorder.event("deleted", { topic });
    this.deleted.add(topic);
    this.hub.request(
      node,
      { op: "topic.delete", topic, force: true, confirmationToken: "" },
      (r) => {
        if (operation.walksAway === true) return;
        const isGone = r?.ok === true || (r && code(r) === "NOT_FOUND");
        const next = (node % this.plan.nodes) + 1;
        if (isGone) this.createAfter(operation, next);
        else this.after(300, () => this.deleteTopic(operation, next));
      },
    );
  }

  /**
   * A new topic after a deleted one: its groups must be new too (D-10). Under the same name, what is left
   * of a rival's deletion meets another topic than it meant (rev-A1).
   */
  private createAfter(operation: DeletePlan, node: number): void {
    const deleted = this.plan.topics.find((t) => t.topic === operation.topic);
    if (!deleted) return;
    const settings = settingsOf(deleted);
    const topic = operation.isSameName ? operation.topic : `${operation.topic}-again`;
    const request: ClientRequest = { op: "topic.create", topic, settings };
    this.hub.request(node, request, (result) => {
      const isThere = result?.ok === true || (result && code(result) === "ALREADY_EXISTS");
      if (!isThere) {
        this.after(300, () => this.createAfter(operation, (node % this.plan.nodes) + 1));
      }
    });
  }
}

function settingsOf(topic: TopicPlan): TopicSettingsInput {
  const { mode, partitions, replicationFactor, visibilityMs, maxRetries, dlq } = topic;
  const { maxPayloadBytes } = topic;
  return {
    mode,
    partitions,
    replicationFactor,
    visibilityMs,
    maxRetries,
    dlqEnabled: dlq,
    ...(maxPayloadBytes === undefined ? {} : { maxPayloadBytes }),
  };
}

function code(result: ClientResult): string {
  return result.ok ? "OK" : result.failure.code;
}
