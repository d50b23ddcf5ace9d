// What clients may make this node hold, all groups together (D-92). Beyond a budget the answer is
// RESOURCE_EXHAUSTED at once, with a sentence; never memory without bound, nor a node too busy to lead. Invariant:
//   BUD1 what is given back was taken before: no count is ever below zero.

import type { Failure } from "../contract/api.js";
import { broken } from "../lib/assert.js";
import type { LimitsConfig } from "./config.js";

export type BudgetName =
  | "request_bytes"
  | "proposed_bytes"
  | "link_bytes"
  | "streams"
  | "sessions"
  | "topics"
  | "groups"
  | "producer_bytes";

/** How much of a budget is in use, for operators. */
export interface BudgetUse {
  readonly name: BudgetName;
  readonly used: number;
  readonly most: number;
  /** Refusals since the process started. */
  readonly refused: number;
}

/** Beside its payload a request costs about this much while it is under way, in bytes. */
const REQUEST_BYTES = 512;

export class Budgets {
  private readonly limits: LimitsConfig;
  /** Of clients' requests that are under way at this node. */
  edgeBytes = 0;
  /** Of requests that wait for a leader on this node, its own clients' aside. */
  queuedBytes = 0;
  /** Of entries that leaders here proposed and have not applied; more waits in their queues. */
  proposedBytes = 0;
  /** A leader here has more to propose than there was room for. */
  isShort = false;
  private readonly refusals = new Map<BudgetName, number>();

  constructor(limits: LimitsConfig) {
    this.limits = limits;
  }

  get requestBytes(): number {
    return this.edgeBytes + this.queuedBytes;
  }

  /**
   * Takes room for a client's request; 0 when there is none. All but enqueues have an eighth more: what
   * settles messages makes room, and what reads shows why there is none.
   */
  takeRequest(payloadBytes: number, isEnqueue: boolean): number {
    const bytes = REQUEST_BYTES + payloadBytes;
    if (!this.hasRoom(bytes, isEnqueue)) return 0;
    this.edgeBytes += bytes;
    return bytes;
  }

  giveRequest(bytes: number): void {
    this.edgeBytes -= bytes;
    if (this.edgeBytes < 0) broken(`BUD1: ${this.edgeBytes} bytes of requests are under way`);
  }

  /** Requests of other nodes' clients wait for a leader here, or less than none of them. */
  countQueued(bytes: number): void {
    this.queuedBytes += bytes;
    if (this.queuedBytes < 0) broken(`BUD1: ${this.queuedBytes} bytes wait for leaders here`);
  }

  countProposed(bytes: number): void {
    this.proposedBytes += bytes;
    if (this.proposedBytes < 0) broken(`BUD1: ${this.proposedBytes} bytes are proposed here`);
  }

  /** Whether a request may come in; the refusal is counted. */
  hasRoom(bytes: number, isEnqueue: boolean): boolean {
    const { requestBytesMax } = this.limits;
    const most = isEnqueue ? requestBytesMax : requestBytesMax + Math.floor(requestBytesMax / 8);
    if (this.requestBytes + bytes <= most) return true;
    this.countRefusal("request_bytes");
    return false;
  }

  /** Whether a leader may propose more; one that has nothing under way always may. */
  mayPropose(ofGroupBytes: number): boolean {
    const { proposedBytesMax } = this.limits;
    if (ofGroupBytes === 0) return true;
    return ofGroupBytes * 2 < proposedBytesMax && this.proposedBytes < proposedBytesMax;
  }

  /** Why no further stream may be opened, or undefined. */
  streamProblem(open: number): Failure | undefined {
    const { streamsMax } = this.limits;
    if (open < streamsMax) return undefined;
    this.countRefusal("streams");
    return {
      code: "RESOURCE_EXHAUSTED",
      message:
        `this node has ${streamsMax} streams open, as many as it may (STREAMS_MAX); let one stream carry more ` +
        "credits, or open it on another node",
    };
  }

  /** Why no further session may be opened, or undefined. */
  sessionProblem(open: number): Failure | undefined {
    const { sessionsMax } = this.limits;
    if (open < sessionsMax) return undefined;
    this.countRefusal("sessions");
    return {
      code: "RESOURCE_EXHAUSTED",
      message:
        `this node has ${sessionsMax} sessions open, as many as it may (SESSIONS_MAX); let one session carry more, or ` +
        "open it on another node",
    };
  }

  countRefusal(name: BudgetName): void {
    this.refusals.set(name, this.refused(name) + 1);
  }

  refused(name: BudgetName): number {
    return this.refusals.get(name) ?? 0;
  }
}

export const NO_ROOM_FOR_REQUEST: Failure = {
  code: "RESOURCE_EXHAUSTED",
  message:
    "this node has as many bytes of requests under way as it may (REQUEST_BYTES_MAX); wait for answers before " +
    "sending more, or spread the load over the nodes",
};
