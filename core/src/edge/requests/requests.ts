// The edge's side of forwarded requests (D-11): who is asked, when to ask again, when to give up. A
// request that may have been applied is repeated only if a repeat changes nothing; otherwise its client
// hears UNAVAILABLE and the outcome stays unknown. Invariants:
//   REQ1 what a repeat would double does not travel again once an earlier attempt of it is in doubt;
//   REQ2 a request ends once.

import { assert } from "../../lib/assert.js";
import { SequenceTable } from "../../lib/sequence-table.js";
import type { ErrorCode } from "../../contract/api.js";
import type { Reply, ReplyOutcome, RequestAction } from "../../wire/messages.js";
import type { HostContext } from "../../member/context.js";
import { Forwards } from "./forwards.js";

/** How a request ended, for the operation that waits for it. */
export type RequestEnd =
  | {
      readonly type: "done";
      readonly index: number;
      readonly body: Uint8Array;
      /** Member number of the leader that answered. */
      readonly from: number;
    }
  | {
      readonly type: "failed";
      readonly code: ErrorCode;
      readonly message: string;
      /** An attempt got no answer and may have been applied; false: surely not. */
      readonly mayBeDone: boolean;
    };

interface PendingRequest {
  readonly id: number;
  readonly group: number;
  /** Member numbers that hold the group; asked in turn while the leader is unknown. */
  readonly voters: readonly number[];
  readonly action: RequestAction;
  /** A repeat changes nothing: it may be sent again while the outcome is unknown. */
  readonly isIdempotent: boolean;
  /** Nobody waits for it, and it must get through: a leader that has no room is asked again. */
  readonly isPatient: boolean;
  readonly deadlineMs: number;
  /** The operation that waits, and which leg of it this is. */
  readonly operation: number;
  readonly leg: number;
  /** The last send was a repeat without its payload. */
  isQuestion: boolean;
  /** It was refused by who does not lead: before it travels again, a voter is asked without its payload. */
  asksFirst: boolean;
  wasRefused: boolean;
  /** An earlier attempt got no answer: it may have been applied, whatever is said of a later one. */
  isDoubtful: boolean;
  target: number;
  /** Whose window its bytes take (forwards.ts), 0 for none. */
  window: number;
  /** Sent and not answered; false while it waits to be sent again. */
  isOut: boolean;
  sentMs: number;
  nextTry: number;
  tries: number;
  attempt: number;
}

/** A repeat of an unanswered idempotent request. */
const RESEND_MS = 1000;
/** A repeat of so many bytes or more first asks whether its request is in hand, without them. */
const QUESTION_BYTES = 1024;
/** What a link and two disks take at the least, before it is said that nobody answers. */
const BYTES_A_SECOND = 4 << 20;
const NO_ROOM_ON_LINK = {
  code: "RESOURCE_EXHAUSTED",
  message:
    "the leader of the partition is on another node and takes large messages more slowly than they come " +
    "(LINK_BYTES_MAX); wait for answers before sending more",
} as const;
/** A pause before the next voter is asked. */
const RETRY_MS = 100;

export class ForwardedRequests {
  private readonly context: HostContext;
  private readonly pending = new SequenceTable<PendingRequest>();
  /** Last known leaders of groups that are not on this node. */
  private readonly hints = new Map<number, number>();
  private readonly forwards: Forwards<PendingRequest>;
  private nextId = 1;
  private readonly onEnd: (operation: number, leg: number, end: RequestEnd) => void;

  /**
   * Whether the local meta table names the group. Group ids are never used again, and a request names only
   * groups that this node had heard of: otherwise its topic is gone.
   */
  private readonly isKnown: (group: number) => boolean;

  constructor(
    context: HostContext,
    onEnd: (operation: number, leg: number, end: RequestEnd) => void,
    isKnown: (group: number) => boolean,
  ) {
    this.context = context;
    this.onEnd = onEnd;
    this.isKnown = isKnown;
    this.forwards = new Forwards(context.config.limits.linkBytesMax);
  }

  get size(): number {
    return this.pending.size;
  }

  /**
   * The member to ask: the leader as far as known, and every other time the next voter in turn. One whose link
   * is not up would not hear it, and nobody would say so: it is passed over while another can be asked.
   */
  leaderOf(group: number, voters: readonly number[], tries: number): number {
    const { context } = this;
    const known = this.knownLeader(group);
    const leader = tries % 2 === 0 ? known : 0;
    if (leader !== 0 && context.isReachable(leader)) return leader;
    const next = (after: number): number => voters[((tries >> 1) + after) % voters.length];
    for (let i = 0; i < voters.length; i += 1) if (context.isReachable(next(i))) return next(i);
    return leader !== 0 ? leader : next(0);
  }

  /** The leader as far as this node knows; 0: it does not. */
  knownLeader(group: number): number {
    const local = this.context.groups.get(group)?.raft.leader ?? 0;
    return local !== 0 ? local : (this.hints.get(group) ?? 0);
  }

  /** A leader was seen, or named by a peer: used for groups without a replica here, until proved wrong. */
  learnLeader(group: number, leader: number): void {
    if (this.isKnown(group) && this.context.isMember(leader)) this.hints.set(group, leader);
  }

  get hintCount(): number {
    return this.hints.size;
  }

  /** It does not answer: the next voters are asked. */
  forgetLeader(group: number): void {
    this.hints.delete(group);
  }

  start(options: {
    readonly group: number;
    readonly voters: readonly number[];
    readonly action: RequestAction;
    readonly isIdempotent: boolean;
    readonly isPatient: boolean;
    readonly deadlineMs: number;
    readonly operation: number;
    readonly leg: number;
  }): void {
    // Field by field: a spread of options costs more than all the rest of a request.
    const request: PendingRequest = {
      id: this.nextId,
      group: options.group,
      voters: options.voters,
      action: options.action,
      isIdempotent: options.isIdempotent,
      isPatient: options.isPatient,
      deadlineMs: options.deadlineMs,
      operation: options.operation,
      leg: options.leg,
      isQuestion: false,
      asksFirst: false,
      wasRefused: false,
      isDoubtful: false,
      target: 0,
      window: 0,
      isOut: false,
      sentMs: 0,
      nextTry: 0,
      tries: 0,
      attempt: 0,
    };
    this.nextId += 1;
    this.pending.set(request.id, request);
    this.transmit(request);
  }

  private transmit(request: PendingRequest): void {
    const target = this.leaderOf(request.group, request.voters, request.tries);
    request.isQuestion = false;
    if (request.asksFirst && target !== this.context.self && isLarge(request)) {
      this.forwards.give(request);
      request.target = target;
      this.ask(request);
      return;
    }
    request.asksFirst = false;
    if (target === this.context.self) this.forwards.give(request);
    // What was sent before may have been applied, and somebody has to be asked about it: it does not wait.
    else if (!this.forwards.take(request, target, request.isDoubtful)) {
      request.isOut = false;
      request.nextTry = Infinity;
      return;
    }
    request.target = target;
    this.sendTo(request, request.action);
  }

  /** Without its payload. */
  private ask(request: PendingRequest): void {
    request.isQuestion = true;
    this.sendTo(request, { type: "repeat" });
  }

  /** Answers make room: what waits for it leaves, as long as there is any. */
  private pump(): void {
    if (this.forwards.waitingCount === 0) return;
    const full = new Set<number>();
    for (const request of [...this.forwards.waiting]) {
      if (full.size + 1 >= this.context.members.length) return;
      const target = this.leaderOf(request.group, request.voters, request.tries);
      if (full.has(target)) continue;
      this.transmit(request);
      if (this.forwards.isWaiting(request)) full.add(target);
    }
  }

  private sendTo(request: PendingRequest, action: RequestAction): void {
    const isSafe = request.isIdempotent || !request.isDoubtful || action.type === "repeat";
    assert(isSafe, "REQ1: what is in doubt is not sent again when a repeat would double it");
    request.isOut = true;
    request.attempt += 1;
    request.sentMs = this.context.monotonicMs;
    this.context.send(request.target, {
      kind: "request",
      edgeIncarnation: this.context.incarnation,
      requestId: request.id,
      attempt: request.attempt,
      isOnce: !request.isIdempotent,
      group: request.group,
      action,
    });
  }

  onReply(from: number, reply: Reply): void {
    if (reply.edgeIncarnation !== this.context.incarnation) return;
    const request = this.pending.get(reply.requestId);
    if (!request) return;
    this.judge(request, from, reply);
    this.pump();
  }

  private judge(request: PendingRequest, from: number, reply: Reply): void {
    const { outcome } = reply;
    switch (outcome.type) {
      case "done":
        this.learnLeader(request.group, from);
        this.finish(request, { type: "done", index: outcome.index, body: outcome.body, from });
        break;
      case "refused":
        if (outcome.code === "RESOURCE_EXHAUSTED" && canWait(request)) this.later(request, reply);
        else if (outcome.code === "NOT_FOUND" && mayBeApplied(request)) this.giveUp(request);
        else this.refuse(request, outcome.code, outcome.message);
        break;
      case "surely-not":
      case "unknown-group":
        // Only the newest attempt is judged by its refusal: an older one's copy may come late.
        if (outcome.type === "unknown-group" && !this.isKnown(request.group)) {
          if (mayBeApplied(request)) {
            this.giveUp(request);
            break;
          }
          const message = "the topic was not found any more: it was deleted meanwhile";
          this.refuse(request, "NOT_FOUND", message);
        } else if (reply.attempt === request.attempt) this.again(request, from, outcome);
        break;
      case "in-hand":
      case "not-in-hand":
        if (reply.attempt === request.attempt) this.onAsked(request, from, outcome.type);
        break;
    }
  }

  /** Surely not applied by `from`: at once to a leader it names, else after a pause to the next voter. */
  private again(request: PendingRequest, from: number, outcome: ReplyOutcome): void {
    if (!request.isOut) return;
    if (this.hints.get(request.group) === from) this.hints.delete(request.group);
    const named = outcome.type === "surely-not" ? outcome.leader : 0;
    const leader = this.context.isMember(named) ? named : 0;
    // While nobody leads, or a new leader is not known everywhere, megabytes would go around in vain.
    request.asksFirst = request.wasRefused || leader === 0 || leader === from;
    request.wasRefused = true;
    request.isOut = false;
    this.forwards.give(request);
    if (leader !== 0 && leader !== from) {
      this.learnLeader(request.group, leader);
      request.tries = 0;
      // One that cannot be reached is asked once its link is up, or another one was elected.
      const isNext = this.leaderOf(request.group, request.voters, 0) === leader;
      request.nextTry = this.context.monotonicMs + (isNext ? 0 : RETRY_MS);
    } else {
      request.tries = leader === from ? 0 : request.tries + 1;
      request.nextTry = this.context.monotonicMs + RETRY_MS;
    }
    if (request.nextTry <= this.context.monotonicMs && request.target !== leader) {
      this.transmit(request);
    }
  }

  /** What a leader says to a repeat: it waits for the log, or must be sent whole. */
  private onAsked(request: PendingRequest, from: number, answer: "in-hand" | "not-in-hand"): void {
    if (!request.isOut) return;
    if (answer === "in-hand") {
      request.isQuestion = false;
      request.sentMs = this.context.monotonicMs;
      return;
    }
    if (request.asksFirst) {
      this.learnLeader(request.group, from);
      request.asksFirst = false;
    }
    this.transmit(request);
  }

  /** The leader has no room for this attempt: asked again, as long as there is time. */
  private later(request: PendingRequest, reply: Reply): void {
    if (!request.isOut || reply.attempt !== request.attempt) return;
    request.isOut = false;
    this.forwards.give(request);
    request.tries = 0;
    request.nextTry = this.context.monotonicMs + RETRY_MS;
  }

  /** Sends again what waits or may be repeated; ends what is out of time. */
  tick(): void {
    const now = this.context.monotonicMs;
    for (const [, request] of this.pending.entries()) {
      if (now >= request.deadlineMs) this.giveUp(request);
      else if (!request.isOut && now >= request.nextTry) this.transmit(request);
      else if (request.isOut && mayRepeat(request) && this.isOverdue(request)) this.repeat(request);
    }
    this.pump();
  }

  /** What is on its way to the same node takes its time on the link and on disks. */
  private isOverdue({ sentMs, target, window }: PendingRequest): boolean {
    const bytes = window === 0 ? 0 : this.forwards.bytesTo(target);
    return this.context.monotonicMs - sentMs >= RESEND_MS * (1 + bytes / BYTES_A_SECOND);
  }

  /**
   * No answer for a while. Who holds a large request is asked about it once before it travels again; then
   * the next voter gets it.
   */
  private repeat(request: PendingRequest): void {
    request.isDoubtful ||= !request.asksFirst;
    if (isLarge(request) && !request.isQuestion) {
      this.ask(request);
      return;
    }
    this.hints.delete(request.group);
    request.tries += 1;
    this.transmit(request);
  }

  /** A member came back under a new incarnation: what it held unanswered has an unknown outcome. */
  peerReplaced(peer: number): void {
    for (const [, request] of this.pending.entries()) {
      if (!request.isOut || request.target !== peer) continue;
      request.isDoubtful ||= !request.asksFirst;
      if (mayRepeat(request)) this.transmit(request);
      else this.giveUp(request);
    }
  }

  private giveUp(request: PendingRequest): void {
    if (this.forwards.isWaiting(request)) {
      this.refuse(request, NO_ROOM_ON_LINK.code, NO_ROOM_ON_LINK.message);
      return;
    }
    const isUnknown =
      ((request.isOut && !request.asksFirst) || request.isDoubtful) &&
      request.action.type === "propose";
    const who = request.group === 0 ? "the group that knows all topics" : "the partition";
    this.finish(request, {
      type: "failed",
      code: "UNAVAILABLE",
      mayBeDone: isUnknown,
      message: isUnknown
        ? `the leader of ${who} did not answer, so the outcome is unknown; look before you repeat ` +
          "it, or send a producer triple so that a repeat is harmless"
        : `${who} has no leader that answers; try again, and look at cluster status if it lasts`,
    });
  }

  /** Not applied by this attempt; an earlier one may have been. */
  private refuse(request: PendingRequest, code: ErrorCode, message: string): void {
    const mayBeDone = request.isDoubtful && request.action.type === "propose";
    this.finish(request, { type: "failed", code, message, mayBeDone });
  }

  private finish(request: PendingRequest, end: RequestEnd): void {
    assert(this.pending.get(request.id) === request, "REQ2: a request ends once");
    this.pending.delete(request.id);
    this.forwards.give(request);
    this.onEnd(request.operation, request.leg, end);
  }
}

/** Nothing is done twice by it: what is out carries no payload, or one that is known again. */
function mayRepeat({ isIdempotent, asksFirst }: PendingRequest): boolean {
  return isIdempotent || asksFirst;
}

function isLarge({ action }: PendingRequest): boolean {
  return action.type === "propose" && action.intent.length >= QUESTION_BYTES;
}

/** An earlier attempt may have been applied before the topic went: that it is gone now says nothing of it. */
function mayBeApplied({ isPatient, isDoubtful, action }: PendingRequest): boolean {
  return isDoubtful && !isPatient && action.type === "propose";
}

/** No room is no answer where nobody waits for one, nor where an earlier attempt may be applied already. */
function canWait({ isPatient, isDoubtful }: PendingRequest): boolean {
  return isPatient || isDoubtful;
}
