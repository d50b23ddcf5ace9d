// One consumer: opens a stream, takes deliveries, settles them by its habits (decided per delivery by a
// draw), opens anew elsewhere when its node dies, and ends the way its plan says.

import {
  decodeLeaseToken,
  encodeLeaseToken,
  type ClientResult,
  type DeliveredItem,
} from "@disheap/core";
import type { OperationPlan, ReadPause } from "../plan/plan.js";
import { between, chance, draw, kindOf } from "../world/draw.js";
import type { ClientHub } from "./client-hub.js";
import { GiveBacks } from "./give-backs.js";
import type { Recorder } from "./recorder.js";
import { decimal, payloadHash } from "./values.js";

type ConsumePlan = Extract<OperationPlan, { type: "consume" }>;

const DRAW = {
  fate: kindOf("consumer.fate"),
  think: kindOf("consumer.think"),
  late: kindOf("consumer.late"),
  extend: kindOf("consumer.extend"),
  repeat: kindOf("consumer.repeat"),
  stale: kindOf("consumer.stale"),
  forge: kindOf("consumer.forge"),
  backoff: kindOf("consumer.backoff"),
  node: kindOf("consumer.node"),
};

/** The shortest lease there is (wire contract, section 9). */
const LEASE_MS_MIN = 100;
/** Tries to settle at nodes that may be down. */
const SETTLE_TRIES = 3;

export class Consumer {
  private readonly hub: ClientHub;
  private readonly recorder: Recorder;
  private readonly plan: ConsumePlan;
  private node: number;
  private stream = 0;
  private lives = 0;
  private isOver = false;
  private isAbandoned = false;
  /** Half-closed: no more credits, and no new stream when this one breaks. */
  private isEnding = false;
  private deliveries = 0;
  /** Operation ids of credits sent and not used, oldest first. */
  private openPops: number[] = [];
  private readonly onSettled: ((messageId: string) => void) | undefined;
  private readonly leaseMs: number;
  private readonly giveBacks: GiveBacks;
  /** Delivered, and its work has not ended: what an orderly leave gives back. */
  private readonly inHand = new Map<number, DeliveredItem>();

  constructor(
    hub: ClientHub,
    recorder: Recorder,
    plan: ConsumePlan,
    onSettled?: (messageId: string) => void,
  ) {
    this.hub = hub;
    this.recorder = recorder;
    this.plan = plan;
    this.node = plan.node;
    this.onSettled = onSettled;
    this.leaseMs = Math.max(LEASE_MS_MIN, plan.visibilityMs);
    const drawOf = (kind: number, ordinal: number): number => this.draw(kind, ordinal);
    this.giveBacks = new GiveBacks(plan.givesBack, this.leaseMs, drawOf);
  }

  private get name(): string {
    return `c${this.plan.id}`;
  }

  private draw(kind: number, ordinal: number): number {
    const { seedHi, seedLo } = this.hub.world.plan;
    return draw({ hi: seedHi, lo: seedLo }, kind, this.plan.id, ordinal);
  }

  private after(ms: number, run: () => void): void {
    const { queue } = this.hub.world;
    queue.schedule(queue.nowUs + ms * 1000, run);
  }

  start(): void {
    this.open();
    const { queue } = this.hub.world;
    this.after(Math.max(0, this.plan.untilMs - queue.nowUs / 1000), () => this.finish());
    for (const pause of this.plan.pauses ?? []) this.after(pause.afterMs, () => this.pause(pause));
  }

  private pause({ forMs, room }: ReadPause): void {
    if (this.isOver) return;
    const { stream } = this;
    this.hub.stopReading(stream, room);
    this.after(forMs, () => this.hub.readAgain(stream));
  }

  private open(): void {
    if (this.isOver) return;
    this.lives += 1;
    this.stream = this.hub.openStream(this.node, {
      onItem: (item) => this.onItem(item),
      onEnd: (code, isBroken) => this.onEnd(code, isBroken),
    });
    this.hub.sendOnStream(this.stream, {
      kind: "stream.filter",
      streamId: this.stream,
      topic: this.plan.topic,
      partitionIds: this.plan.partitions,
      visibilityMs: this.plan.visibilityMs,
    });
    this.sendCredits(this.plan.credits);
  }

  private sendCredits(credits: number): void {
    if (this.isOver || this.isEnding) return;
    const { topic, partitions } = this.plan;
    const { leaseMs: visibilityMs } = this;
    const stream = `${this.name}.${this.lives}`;
    for (let i = 0; i < credits; i += 1) {
      this.openPops.push(
        this.recorder.invoke(this.name, "pop", { topic, stream, partitions, visibilityMs }),
      );
    }
    this.hub.sendOnStream(this.stream, { kind: "stream.credits", streamId: this.stream, credits });
  }

  private loseCredits(): void {
    for (const id of this.openPops) this.recorder.complete(id, this.name, "info", "pop", {});
    this.openPops = [];
  }

  private onEnd(code: string | undefined, isBroken: boolean): void {
    this.loseCredits();
    if (this.isOver) return;
    // The topic is gone, or the stream ended well: nothing to come back for.
    if (this.isEnding || (!isBroken && (code === "NOT_FOUND" || code === "OK"))) {
      this.isOver = true;
      return;
    }
    this.node = (this.node % this.hub.world.plan.nodes) + 1;
    this.after(100, () => this.open());
  }

  /** The plan's end of this consumer. */
  private finish(): void {
    if (this.isOver) return;
    const { end } = this.plan;
    if (end === "half-close") {
      this.isEnding = true;
      this.hub.world.count("client.half-close");
      this.hub.sendOnStream(this.stream, { kind: "stream.half-close", streamId: this.stream });
      return;
    }
    if (this.giveBacks.leavesInOrder && end === "cancel") this.giveAllBack();
    this.isOver = true;
    this.isAbandoned = end === "abandon";
    this.hub.world.count(end === "abandon" ? "client.abandon" : "client.cancel");
    this.hub.sendOnStream(this.stream, { kind: "stream.cancel", streamId: this.stream });
    this.hub.forgetStream(this.stream);
    this.loseCredits();
  }

  private onItem(item: DeliveredItem): void {
    const pop = this.openPops.shift();
    if (pop === undefined) throw new Error(`Q16: ${this.name} got an item without a credit`);
    this.recorder.complete(pop, this.name, "ok", "pop", {
      topic: item.topic,
      messageId: item.messageId,
      partition: item.partitionId,
      payload: payloadHash(item.payload),
      priority: decimal(item.priorityHi, item.priorityLo),
      attempts: item.attempts,
      maxRetries: item.maxRetries,
      fence: item.fence,
      enqueuedMs: item.enqueuedMs,
      deadlineMs: item.leaseDeadlineMs,
    });
    const ordinal = this.deliveries;
    this.deliveries += 1;
    const { habits } = this.plan;
    const { leaseMs: visibilityMs } = this;
    this.inHand.set(ordinal, item);
    const isLate = chance(this.draw(DRAW.late, ordinal), habits.late);
    if (isLate) this.hub.world.count("client.late");
    const thinkMs = isLate
      ? visibilityMs + between(this.draw(DRAW.think, ordinal), 1, 2_000)
      : between(this.draw(DRAW.think, ordinal), 0, habits.thinkMaxMs);
    if (chance(this.draw(DRAW.extend, ordinal), habits.extend)) this.extend(item, ordinal);
    this.after(thinkMs, () => this.settle(item, ordinal));
  }

  private settleNode(ordinal: number): number {
    const h = this.draw(DRAW.node, ordinal);
    const { nodes } = this.hub.world.plan;
    return chance(h, this.plan.habits.otherNode) ? (h % nodes) + 1 : this.node;
  }

  private giveAllBack(): void {
    for (const [ordinal, item] of this.inHand) {
      this.hub.world.count("client.leave");
      this.giveBack(item, this.settleNode(ordinal), 0);
    }
    this.inHand.clear();
  }

  private settle(item: DeliveredItem, ordinal: number): void {
    if (this.isAbandoned || !this.inHand.delete(ordinal)) return;
    const { habits } = this.plan;
    const back = this.giveBacks.insteadOf(ordinal);
    if (back) {
      const node = this.settleNode(ordinal);
      this.after(back.afterMs, () => this.giveBack(item, node, 0));
      if (back.isTwice) this.after(back.afterMs + 20, () => this.giveBack(item, this.node, 0));
      if (this.plan.refill) this.sendCredits(1);
      return;
    }
    if (chance(this.draw(DRAW.forge, ordinal), habits.forge ?? 0)) this.forge(item, ordinal);
    const fate = this.draw(DRAW.fate, ordinal);
    const node = this.settleNode(ordinal);
    if (chance(fate, habits.ack)) this.ack(item, node, ordinal, 0);
    else if (chance(fate, habits.ack + habits.nack)) this.nack(item, node, ordinal, 0);
    if (chance(this.draw(DRAW.stale, ordinal), habits.staleSettle)) {
      this.hub.world.count("client.stale");
      this.after(this.leaseMs + 500, () => this.ack(item, this.node, ordinal, SETTLE_TRIES));
    }
    if (this.plan.refill) this.sendCredits(1);
  }

  private ack(item: DeliveredItem, node: number, ordinal: number, tries: number): void {
    const { topic, messageId, leaseToken, fence } = item;
    const id = this.recorder.invoke(this.name, "ack", { topic, messageId, fence });
    this.hub.request(node, { op: "ack", topic, messageId, leaseToken }, (result) => {
      this.finishOperation(id, "ack", result);
      if (result?.ok) this.onSettled?.(messageId);
      if (this.isUnknown(result) && tries < SETTLE_TRIES) {
        const next = (node % this.hub.world.plan.nodes) + 1;
        this.after(200, () => this.ack(item, next, ordinal, tries + 1));
        return;
      }
      if (tries === 0 && chance(this.draw(DRAW.repeat, ordinal), this.plan.habits.repeatAck)) {
        this.hub.world.count("client.repeat");
        this.after(50, () => this.ack(item, node, ordinal, SETTLE_TRIES));
      }
    });
  }

  private nack(item: DeliveredItem, node: number, ordinal: number, tries: number): void {
    const { topic, messageId, leaseToken, fence } = item;
    const { backoffMaxMs } = this.plan.habits;
    const backoffMs =
      backoffMaxMs === 0 ? undefined : between(this.draw(DRAW.backoff, ordinal), 0, backoffMaxMs);
    const value = { topic, messageId, fence, ...(backoffMs === undefined ? {} : { backoffMs }) };
    const id = this.recorder.invoke(this.name, "nack", value);
    const request = { op: "nack" as const, topic, messageId, leaseToken };
    this.hub.request(
      node,
      backoffMs === undefined ? request : { ...request, backoffMs },
      (result) => {
        this.finishOperation(id, "nack", result);
        if (result?.ok && this.giveBacks.isAfterNack(ordinal)) {
          this.giveBack(item, node, SETTLE_TRIES);
        }
        if (!this.isUnknown(result) || tries >= SETTLE_TRIES) return;
        const next = (node % this.hub.world.plan.nodes) + 1;
        this.after(200, () => this.nack(item, next, ordinal, tries + 1));
      },
    );
  }

  private giveBack(item: DeliveredItem, node: number, tries: number): void {
    this.hub.world.count("client.give-back");
    const { topic, messageId, leaseToken, fence } = item;
    const id = this.recorder.invoke(this.name, "release", { topic, messageId, fence });
    this.hub.request(node, { op: "release", topic, messageId, leaseToken }, (result) => {
      this.finishOperation(id, "release", result);
      if (!this.isUnknown(result) || tries >= SETTLE_TRIES) return;
      const next = (node % this.hub.world.plan.nodes) + 1;
      this.after(200, () => this.giveBack(item, next, tries + 1));
    });
  }

  /** No operation of the history: whatever it is answered, nothing may have happened (D-15). */
  private forge(item: DeliveredItem, ordinal: number): void {
    const token = decodeLeaseToken(item.leaseToken);
    if (!token) return;
    this.hub.world.count("client.forged");
    const bit = this.draw(DRAW.forge, ordinal) % 128;
    const mac = token.mac.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    const { topic, messageId } = item;
    const leaseToken = encodeLeaseToken({ ...token, mac });
    this.hub.request(this.node, { op: "ack", topic, messageId, leaseToken }, () => undefined);
  }

  private extend(item: DeliveredItem, ordinal: number): void {
    const { topic, messageId, leaseToken, fence } = item;
    const extensionMs = between(this.draw(DRAW.backoff, ordinal), 1, 3_000);
    const id = this.recorder.invoke(this.name, "extend", { topic, messageId, fence, extensionMs });
    this.hub.request(this.node, { op: "extend", topic, leaseToken, extensionMs }, (result) =>
      this.finishOperation(id, "extend", result),
    );
  }

  private isUnknown(result: ClientResult | undefined): boolean {
    return result === undefined || (!result.ok && result.failure.code === "UNAVAILABLE");
  }

  private finishOperation(id: number, f: string, result: ClientResult | undefined): void {
    if (this.isUnknown(result)) this.recorder.complete(id, this.name, "info", f, {});
    else if (result?.ok) this.recorder.complete(id, this.name, "ok", f, {});
    else if (result) {
      this.recorder.complete(id, this.name, "fail", f, { code: result.failure.code });
    }
  }
}
