// What clients are told stands in the log:
//   R12 an OK leaves only for what a committed entry did: the message enqueued as asked, the lease
//      acknowledged, rejected, given back or extended;
//   Q5 a repeat of an acknowledgement, rejection or give-back with the same token is OK while it is remembered
//      (10 minutes of group time, D-35);
//   Q4 a token that differs from the one its lease was given out with settles and extends nothing (D-15).

import {
  decodeLeaseToken,
  decodeMessageId,
  leaseKey,
  type ClientEffect,
  type ClientRequest,
  type ClientResult,
  type LeaseToken,
} from "@disheap/core";
import { aboutMessage } from "../../event-log.js";
import { RuleBroken, type Rule, type Seen } from "../../oracle.js";
import {
  nameOf,
  seenHappening,
  type Happening,
  type Ledger,
  type MessageRecord,
} from "../entries/ledger.js";
import { priorityText } from "../delivery/order-rules.js";
import { seen, type Watched } from "../views/watched.js";

const REMEMBERED_MS = 600_000;

type SettleRequest = Extract<ClientRequest, { op: "ack" | "nack" | "release" | "extend" }>;
type EnqueueRequest = Extract<ClientRequest, { op: "enqueue" }>;

export class AnswerRules implements Rule {
  private world: Watched | undefined;
  private readonly ledger: Ledger;
  private readonly requests = new Map<number, EnqueueRequest | SettleRequest>();
  /** The token that each lease was given out with. */
  private readonly tokens = new Map<string, string>();

  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  attach(world: Watched): void {
    this.world = world;
  }

  /** Called for every request when it reaches its node. */
  readStarted(requestId: number, _node: number, request: ClientRequest): void {
    const { op } = request;
    const isSettling = op === "ack" || op === "nack" || op === "release" || op === "extend";
    if (op === "enqueue" || isSettling) {
      this.requests.set(requestId, request);
    }
  }

  clientEffect(node: number, effect: ClientEffect): void {
    if (effect.kind === "stream.item") {
      const token = decodeLeaseToken(effect.item.leaseToken);
      if (token) this.tokens.set(leaseOf(token), effect.item.leaseToken);
    }
    if (effect.kind !== "client.reply") return;
    const request = this.requests.get(effect.requestId);
    if (!request) return;
    this.requests.delete(effect.requestId);
    const now = { atUs: this.world?.queue.nowUs ?? 0, node };
    if (request.op === "enqueue") this.enqueued(request, effect.result, now);
    else this.settled(request, effect.result, now);
  }

  private enqueued(
    request: EnqueueRequest,
    result: ClientResult,
    at: { atUs: number; node: number },
  ): void {
    if (!result.ok || result.op !== "enqueue") return;
    const now = seen(at, `answered OK: ${result.messageId}`);
    const id = decodeMessageId(result.messageId);
    const message = id && this.ledger.find(id.group, id.index, id.offset);
    if (!message) fail("R12", `OK for ${result.messageId}, but no committed entry made it`, now);
    // The first message counts for a repeat, whatever the repeat carried.
    if (result.duplicate) return;
    if (priorityText(message) !== priorityText(request)) {
      const asked = `asked for with priority ${priorityText(request)}`;
      fail(
        "Q13",
        `${nameOf(message)} has priority ${priorityText(message)}; it was ${asked}`,
        now,
        message.made,
        message,
      );
    }
  }

  /** Whether the node knows the group as a partition of some topic. */
  private isPlaced(node: number, group: number): boolean {
    const machine = this.world?.host(node)?.context.groups.get(0)?.machine;
    if (machine?.kind !== "cluster") return true;
    return [...machine.cluster.topics.values()].some(({ partitions }) =>
      partitions.some((place) => place.group === group),
    );
  }

  private settled(
    request: SettleRequest,
    result: ClientResult,
    at: { atUs: number; node: number },
  ): void {
    const token = decodeLeaseToken(request.leaseToken);
    const message = token && this.ledger.find(token.group, token.index, token.offset);
    if (!token || !message) return;
    const { op } = request;
    const done = doneWith(message, op).get(token.fence);
    const lease = `${nameOf(message)}, lease ${token.fence}`;
    const given = this.tokens.get(leaseOf(token));
    if (given !== undefined && given !== request.leaseToken) {
      if (!result.ok) return;
      const now = seen(at, `answered OK to ${op}`);
      fail(
        "Q4",
        `${lease}: OK for ${op} with a token nobody was given`,
        now,
        message.last,
        message,
      );
    }
    if (result.ok) {
      if (done) return;
      const now = seen(at, `answered OK to ${op}`);
      fail(
        "R12",
        `${lease}: OK for ${op}, but no committed entry did it`,
        now,
        message.last,
        message,
      );
    }
    if (op === "extend" || result.failure.code !== "FAILED_PRECONDITION" || !done) return;
    // What is taken back late is remembered only as long as its expiry would have been.
    if (done.event.kind === "message.taken-back") return;
    // A token of a deleted topic belongs to nothing, though a topic of that name may be there again.
    if (!this.isPlaced(at.node, token.group)) return;
    const stampMs = this.ledger.group(token.group)?.stampMs ?? 0;
    if (stampMs - done.entry.stampMs >= REMEMBERED_MS) return;
    const now = seen(at, `refused ${op}: ${result.failure.message}`);
    fail("Q5", `${lease}: a repeat of the ${op} that succeeded was refused`, now, done, message);
  }
}

function leaseOf(token: LeaseToken): string {
  return `${token.group}.${leaseKey(token)}`;
}

function doneWith(message: MessageRecord, op: SettleRequest["op"]): ReadonlyMap<number, Happening> {
  if (op === "ack") return message.acked;
  if (op === "release") return message.givenBack;
  return op === "nack" ? message.nacked : message.extended;
}

function fail(
  rule: string,
  message: string,
  now: Seen,
  first?: Happening,
  about?: MessageRecord,
): never {
  throw new RuleBroken({
    rule,
    message,
    ...(first ? { first: seenHappening(first) } : {}),
    second: now,
    about: about ? aboutMessage(about.index, about.offset) : "",
  });
}
