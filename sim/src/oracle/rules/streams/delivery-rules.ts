// What consumers are given:
//   Q3 an item stands on a committed grant, written once, by the edge that holds the lease, and not
//      after a whole lease;
//   Q2, Q9, Q13 it shows the message as it was enqueued: priority, time, payload, retries; and the
//      attempts and deadline of its grant;
//   Q16 per stream, items written never exceed the credits, come in grant order per partition, and never
//      after the end; an item given back as undelivered was never written, unless its session had ended in
//      order before it was started (D-94), and what was handed to a carrier and not written is given back by
//      its edge, so that it costs no attempt.

import {
  compareInt64,
  decodeLeaseToken,
  decodeMessageId,
  type ClientEffect,
  type DeliveredItem,
  type PeerMessage,
} from "@disheap/core";
import { aboutMessage } from "../../event-log.js";
import { RuleBroken, type Rule, type Seen } from "../../oracle.js";
import type { Grant, Happening, Ledger, MessageRecord, MessageRule } from "../entries/ledger.js";
import { nameOf, seenHappening } from "../entries/ledger.js";
import { leaseName, releasedLease } from "./leases-named.js";
import { priorityText } from "../delivery/order-rules.js";
import { seen, type Watched } from "../views/watched.js";
import { Unstarted } from "./unstarted.js";

interface Written {
  readonly atUs: number;
  readonly grant: Grant;
  readonly message: MessageRecord;
}

/** Handed to a carrier which never wrote it: its edge owes a release. */
interface Owed {
  readonly node: number;
  readonly incarnation: number;
  readonly at: Seen;
  readonly message: MessageRecord;
}

interface StreamRecord {
  credits: number;
  items: number;
  isOver: boolean;
  /** Leases that its carrier holds, oldest first. */
  readonly handed: string[];
  /** Last item per group. */
  readonly last: Map<number, Written>;
}

/** What was seen of leases, by message and fence. */
class Leases {
  private readonly seen = new Map<MessageRecord, Map<number, Seen>>();

  get(message: MessageRecord, fence: number): Seen | undefined {
    return this.seen.get(message)?.get(fence);
  }

  set(message: MessageRecord, fence: number, at: Seen): void {
    const fences = this.seen.get(message) ?? new Map<number, Seen>();
    this.seen.set(message, fences);
    fences.set(fence, at);
  }
}

export class DeliveryRules implements Rule, MessageRule {
  private world: Watched | undefined;
  private ledger: Ledger | undefined;
  private readonly streams = new Map<number, StreamRecord>();
  private readonly handed = new Leases();
  private readonly written = new Leases();
  private readonly unstarted = new Unstarted();
  private readonly owed = new Map<string, Owed>();
  /**
   * Releases that left, by node and lease. A cancel in the turn of the delivery sends the release before
   * the carrier is handed the item.
   */
  private readonly asked = new Set<string>();

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
      stream = { credits: 0, items: 0, isOver: false, handed: [], last: new Map() };
      this.streams.set(streamId, stream);
    }
    return stream;
  }

  clientEffect(node: number, effect: ClientEffect): void {
    if (effect.kind === "stream.end") this.streamOf(effect.streamId).isOver = true;
    if (effect.kind !== "stream.item") return;
    const { item, streamId } = effect;
    const now = this.seenItem(node, streamId, item, "was handed");
    const stream = this.streamOf(streamId);
    if (stream.isOver) {
      fail("Q16", `stream ${streamId} at n${node} was handed an item after its end`, now);
    }
    const { message, grant } = this.grantOf(item, now);
    this.checkHolder(node, message, grant, now);
    checkShown(item, message, grant, now);
    this.checkOnce(message, grant, now);
    this.checkOrder(
      `stream ${streamId} at n${node}`,
      stream,
      { atUs: now.atUs, grant, message },
      now,
    );
    stream.handed.push(leaseName(message.group, message, item.fence));
  }

  private seenItem(node: number, streamId: number, item: DeliveredItem, what: string): Seen {
    return seen(
      { atUs: this.world?.queue.nowUs ?? 0, node },
      `stream ${streamId} ${what} ${item.messageId} with fence ${item.fence}, attempt ${item.attempts}`,
    );
  }

  /** The transport took it: only now it counts as delivered. */
  itemWritten(node: number, streamId: number, item: DeliveredItem): void {
    const stream = this.streamOf(streamId);
    const now = this.seenItem(node, streamId, item, "got");
    stream.items += 1;
    const name = `stream ${streamId} at n${node}`;
    if (stream.items > stream.credits) {
      fail("Q16", `${name} got ${stream.items} items for ${stream.credits} credits`, now);
    }
    const { message, grant } = this.grantOf(item, now);
    this.unstarted.written(streamId, leaseName(message.group, message, grant.fence));
    this.checkNotBack(message, grant, now);
    checkInTime(message, grant, now);
    checkNext(name, stream, message, grant, now);
  }

  /** A session tells its node which of its deliveries were started. */
  startedTold(_node: number, streamId: number, leaseTokens: readonly string[]): void {
    for (const text of leaseTokens) {
      const token = decodeLeaseToken(text);
      if (token) this.unstarted.startedTold(streamId, leaseName(token.group, token, token.fence));
    }
  }

  endedInOrder(_node: number, streamId: number): void {
    this.unstarted.endedInOrder(streamId);
  }

  itemsReturned(node: number, streamId: number, items: readonly DeliveredItem[]): void {
    const incarnation = this.world?.host(node)?.context.incarnation ?? 0;
    for (const item of items) {
      const at = this.seenItem(node, streamId, item, "never took");
      const { message, grant } = this.grantOf(item, at);
      checkNext(`stream ${streamId} at n${node}`, this.streamOf(streamId), message, grant, at);
      const name = leaseName(message.group, message, item.fence);
      if (!this.asked.has(`${node}: ${name}`)) {
        this.owed.set(name, { node, incarnation, at, message });
      }
    }
  }

  sent(node: number, _to: number, sent: PeerMessage): void {
    const name = releasedLease(sent);
    if (name === undefined) return;
    this.asked.add(`${node}: ${name}`);
    if (this.owed.get(name)?.node === node) this.owed.delete(name);
  }

  finish(): void {
    for (const { node, incarnation, at, message } of this.owed.values()) {
      // Who died owes nothing: the leases of an earlier life are cut to the grace.
      if (this.world?.host(node)?.context.incarnation !== incarnation) continue;
      const text =
        `${nameOf(message)} was not written, and n${node} never gave it back: ` +
        "it cost an attempt or waited for its lease to run out";
      fail("Q16", text, at, seenHappening(message.last), message);
    }
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
    const before = this.handed.get(message, grant.fence);
    this.handed.set(message, grant.fence, now);
    const name = `${nameOf(message)}: lease ${grant.fence}`;
    if (before) fail("Q3", `${name} was handed to a consumer twice`, now, before, message);
  }

  private checkNotBack(message: MessageRecord, grant: Grant, now: Seen): void {
    this.written.set(message, grant.fence, now);
    const back = message.released.get(grant.fence);
    if (!back) return;
    const lease = `${nameOf(message)}: lease ${grant.fence}`;
    const text = `${lease} was given back as undelivered and written all the same`;
    fail("Q16", text, now, seenHappening(back), message);
  }

  event(now: Happening, message: MessageRecord | undefined): void {
    const { event } = now;
    if (event.kind !== "message.released" && event.kind !== "message.taken-back") return;
    // What a client gives back it was given before.
    if (event.by !== "edge" || !message) return;
    const before = this.written.get(message, event.fence);
    if (!before || this.unstarted.mayGoBack(leaseName(message.group, message, event.fence))) return;
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

/** Times are whole milliseconds on both sides of an edge's sum. */
const ROUNDING_US = 2_000;

/**
 * An edge counts a lease from its own request (D-25). That left before the grant was applied anywhere, so
 * whoever writes a whole lease after the apply was late by any count.
 */
function checkInTime(message: MessageRecord, grant: Grant, now: Seen): void {
  const leaseUs = (grant.deadlineMs - grant.grantedMs) * 1000;
  if (now.atUs < grant.happening.entry.atUs + leaseUs + ROUNDING_US) return;
  const text = `${nameOf(message)}: lease ${grant.fence} was over when it was written`;
  fail("Q3", text, now, seenHappening(grant.happening), message);
}

/** Items are written, or go back, in the order in which they were handed over. */
function checkNext(
  name: string,
  stream: StreamRecord,
  message: MessageRecord,
  grant: Grant,
  now: Seen,
): void {
  const next = stream.handed.shift();
  if (next === leaseName(message.group, message, grant.fence)) return;
  const text = `${name}: ${nameOf(message)}, lease ${grant.fence}, came out of turn: ${next ?? "nothing"} was next`;
  fail("Q16", text, now, seenHappening(grant.happening), message);
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
  // An earlier lease may have been given back behind the grant, in the same entry too (D-91): then fewer count.
  const isLower = message.attempts < grant.attempts && item.attempts === message.attempts;
  if (!isLower) differs("Q9", "attempts", item.attempts, grant.attempts, grant.happening);
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
