// What consumers are given:
//   Q3 an item stands on a committed grant, written once, by the edge that holds the lease;
//   Q2, Q9, Q13 it shows the message as it was enqueued: priority, time, payload, retries; and the
//      attempts and deadline of its grant;
//   Q16 per stream, items never exceed the credits, come in grant order per partition, and never after
//      the end; an item given back as undelivered was never written.

import {
  compareInt64,
  decodeMessageId,
  type ClientEffect,
  type DeliveredItem,
} from "@disheap/core";
import { aboutMessage } from "../event-log.js";
import { RuleBroken, type Rule, type Seen } from "../oracle.js";
import type { Grant, Happening, Ledger, MessageRecord, MessageRule } from "./ledger.js";
import { nameOf, seenHappening } from "./ledger.js";
import { priorityText } from "./order-rules.js";
import { seen, type Watched } from "./watched.js";

interface Written {
  readonly atUs: number;
  readonly grant: Grant;
  readonly message: MessageRecord;
}

interface StreamRecord {
  credits: number;
  items: number;
  isOver: boolean;
  /** Last item per group. */
  readonly last: Map<number, Written>;
}

export class DeliveryRules implements Rule, MessageRule {
  private world: Watched | undefined;
  private ledger: Ledger | undefined;
  private readonly streams = new Map<number, StreamRecord>();
  /** Items written, by message and fence. */
  private readonly written = new Map<MessageRecord, Map<number, Seen>>();

  attach(world: Watched): void {
    this.world = world;
  }

  /** The ledger tells this rule of events; the rule asks it for records. */
  reads(ledger: Ledger): void {
    this.ledger = ledger;
  }

  creditsSent(_node: number, streamId: number, credits: number): void {
    this.streamOf(streamId).credits += credits;
  }

  private streamOf(streamId: number): StreamRecord {
    let stream = this.streams.get(streamId);
    if (!stream) {
      stream = { credits: 0, items: 0, isOver: false, last: new Map() };
      this.streams.set(streamId, stream);
    }
    return stream;
  }

  clientEffect(node: number, effect: ClientEffect): void {
    if (effect.kind === "client.reply") return;
    const stream = this.streamOf(effect.streamId);
    if (effect.kind === "stream.end") {
      stream.isOver = true;
      return;
    }
    const { item, streamId } = effect;
    const now = seen(
      { atUs: this.world?.queue.nowUs ?? 0, node },
      `stream ${streamId} got ${item.messageId} with fence ${item.fence}, attempt ${item.attempts}`,
    );
    stream.items += 1;
    const name = `stream ${streamId} at n${node}`;
    if (stream.isOver) fail("Q16", `${name} got an item after its end`, now);
    if (stream.items > stream.credits) {
      fail("Q16", `${name} got ${stream.items} items for ${stream.credits} credits`, now);
    }
    const { message, grant } = this.grantOf(item, now);
    this.checkHolder(node, message, grant, now);
    checkShown(item, message, grant, now);
    this.checkOnce(message, grant, now);
    this.checkOrder(name, stream, { atUs: now.atUs, grant, message }, now);
  }

  private grantOf(item: DeliveredItem, now: Seen): { message: MessageRecord; grant: Grant } {
    const id = decodeMessageId(item.messageId);
    const message = id && this.ledger?.find(id.group, id.index, id.offset);
    if (!message)
      fail("Q2", `${item.messageId} was delivered, but no committed entry made it`, now);
    const grant = message.grants.find((g) => g.fence === item.fence);
    if (!grant) {
      const text =
        `${nameOf(message)} was delivered with fence ${item.fence}, ` +
        "which no committed entry granted";
      fail("Q3", text, now, seenHappening(message.last), message);
    }
    return { message, grant };
  }

  private checkHolder(node: number, message: MessageRecord, grant: Grant, now: Seen): void {
    const incarnation = this.world?.host(node)?.context.incarnation;
    if (grant.edge === node && grant.edgeIncarnation === incarnation) return;
    const holder = `n${grant.edge}, incarnation ${grant.edgeIncarnation}`;
    const text =
      `${nameOf(message)}: lease ${grant.fence} belongs to ${holder}, but n${node}, ` +
      `incarnation ${incarnation}, wrote it`;
    fail("Q3", text, now, seenHappening(grant.happening), message);
  }

  private checkOnce(message: MessageRecord, grant: Grant, now: Seen): void {
    let fences = this.written.get(message);
    if (!fences) {
      fences = new Map();
      this.written.set(message, fences);
    }
    const before = fences.get(grant.fence);
    const name = `${nameOf(message)}: lease ${grant.fence}`;
    if (before) fail("Q3", `${name} was written to a consumer twice`, now, before, message);
    const back = message.released.get(grant.fence);
    if (back) {
      fail(
        "Q16",
        `${name} was given back as undelivered and written all the same`,
        now,
        seenHappening(back),
        message,
      );
    }
    fences.set(grant.fence, now);
  }

  event(now: Happening, message: MessageRecord | undefined): void {
    const { event } = now;
    if (event.kind !== "message.released" || !message) return;
    const before = this.written.get(message)?.get(event.fence);
    if (!before) return;
    const text =
      `${nameOf(message)}: lease ${event.fence} was given back as undelivered, ` +
      "but a consumer had it";
    fail("Q16", text, seenHappening(now), before, message);
  }

  private checkOrder(name: string, stream: StreamRecord, now: Written, at: Seen): void {
    const { group } = now.message;
    const before = stream.last.get(group);
    stream.last.set(group, now);
    if (!before || isAfter(now.grant, before.grant)) return;
    // The items of one round are sorted before they are written (D-4d).
    const isOneRound = now.grant.round === before.grant.round && now.atUs === before.atUs;
    if (isOneRound && isSorted(before.message, now.message)) return;
    const lease = ({ message, grant }: Written): string =>
      `${nameOf(message)}, lease ${grant.fence}`;
    const text = `${name}: ${lease(now)}, was written after ${lease(before)}, which was granted later`;
    fail("Q16", text, at, seenHappening(before.grant.happening), now.message);
  }
}

function isAfter(a: Grant, b: Grant): boolean {
  const [left, right] = [a.happening, b.happening];
  if (left.entry.index !== right.entry.index) return left.entry.index > right.entry.index;
  return left.order > right.order;
}

/** By priority in either mode, then by age: all that one round may have re-ordered. */
function isSorted(a: MessageRecord, b: MessageRecord): boolean {
  const c = compareInt64(a.priorityHi, a.priorityLo, b.priorityHi, b.priorityLo);
  return c !== 0 || a.index < b.index || (a.index === b.index && a.offset < b.offset);
}

function checkShown(item: DeliveredItem, message: MessageRecord, grant: Grant, now: Seen): void {
  const differs = (
    rule: string,
    what: string,
    given: unknown,
    right: unknown,
    first: Happening,
  ): void => {
    if (given === right) return;
    const text = `${nameOf(message)} was delivered with ${what} ${String(given)}; it is ${String(right)}`;
    fail(rule, text, now, seenHappening(first), message);
  };
  differs("Q13", "priority", priorityText(item), priorityText(message), message.made);
  differs("Q13", "enqueued time", item.enqueuedMs, message.enqueuedMs, message.made);
  differs("Q10", "retry limit", item.maxRetries, message.maxRetries, message.made);
  differs("Q9", "attempts", item.attempts, grant.attempts, grant.happening);
  differs("Q6", "deadline", item.leaseDeadlineMs, grant.deadlineMs, grant.happening);
  const { payload } = message;
  if (!payload) return;
  const isSame =
    payload.length === item.payload.length && payload.every((byte, i) => byte === item.payload[i]);
  if (!isSame) {
    const text = `${nameOf(message)} was delivered with another payload than it was enqueued with`;
    fail("Q2", text, now, seenHappening(message.made), message);
  }
}

function fail(
  rule: string,
  message: string,
  now: Seen,
  first?: Seen,
  about?: MessageRecord,
): never {
  throw new RuleBroken({
    rule,
    message,
    ...(first ? { first } : {}),
    second: now,
    about: about ? aboutMessage(about.index, about.offset) : "",
  });
}
