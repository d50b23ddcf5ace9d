// What requests, replies, grants, ladders and digests look like as bytes.

import { ERROR_CODES } from "../contract/error-codes.js";
import type {
  GrantedItem,
  GrantedLease,
  GrantRequest,
  HostMessage,
  Ladder,
  ReplyOutcome,
  RequestAction,
} from "./messages.js";
import { producer } from "./producer.js";
import { variants, type Layout, type Rows } from "./rows.js";

const GRANTED_STATES = ["more", "final", "closed", "not-leader"] as const;
const LADDER_STATES = ["ok", "not-leader", "closed"] as const;

const ACTIONS = variants<RequestAction, "type">("request action", "type", {
  propose: {
    tag: 0,
    layout: (pass, a) => ({ type: "propose", intent: pass.ownBlob(a.intent) }),
  },
  barrier: { tag: 1, layout: () => ({ type: "barrier" }) },
  "read.counts": { tag: 2, layout: () => ({ type: "read.counts" }) },
  "read.peek": {
    tag: 3,
    layout: (pass, a) => ({
      type: "read.peek",
      limit: pass.u32(a.limit),
      includeDlq: pass.flag(a.includeDlq),
    }),
  },
  repeat: { tag: 4, layout: () => ({ type: "repeat" }) },
});

const OUTCOMES = variants<ReplyOutcome, "type">("reply outcome", "type", {
  done: {
    tag: 0,
    layout: (pass, o) => ({ type: "done", index: pass.u48(o.index), body: pass.blob(o.body) }),
  },
  refused: {
    tag: 1,
    layout: (pass, o) => ({
      type: "refused",
      code: pass.oneOf(o.code, ERROR_CODES),
      message: pass.text(o.message),
    }),
  },
  "surely-not": {
    tag: 2,
    layout: (pass, o) => ({ type: "surely-not", leader: pass.u16(o.leader) }),
  },
  "unknown-group": { tag: 3, layout: () => ({ type: "unknown-group" }) },
  "in-hand": { tag: 4, layout: () => ({ type: "in-hand" }) },
  "not-in-hand": { tag: 5, layout: () => ({ type: "not-in-hand" }) },
});

const priority: Layout<NonNullable<GrantRequest["bound"]>> = (pass, p) => ({
  hi: pass.i32(p.hi),
  lo: pass.u32(p.lo),
});

const rung: Layout<Ladder["rungs"][number]> = (pass, r) => ({
  hi: pass.i32(r.hi),
  lo: pass.u32(r.lo),
  count: pass.u32(r.count),
});

const item: Layout<GrantedItem> = (pass, i) => ({
  index: pass.u48(i.index),
  offset: pass.u16(i.offset),
  fence: pass.u32(i.fence),
  attempts: pass.u32(i.attempts),
  maxRetries: pass.u32(i.maxRetries),
  priorityHi: pass.i32(i.priorityHi),
  priorityLo: pass.u32(i.priorityLo),
  enqueuedMs: pass.u48(i.enqueuedMs),
  deadlineMs: pass.u48(i.deadlineMs),
  leaseMs: pass.u48(i.leaseMs),
  mac: pass.raw(i.mac, 16),
  payload: pass.blob(i.payload),
  producer: pass.optional(i.producer, producer),
});

const lease: Layout<GrantedLease> = (pass, l) => ({
  index: pass.u48(l.index),
  offset: pass.u16(l.offset),
  fence: pass.u32(l.fence),
  stream: pass.u48(l.stream),
  round: pass.u48(l.round),
  grantIndex: pass.u48(l.grantIndex),
});

export const HOST_ROWS: Rows<HostMessage, "kind"> = {
  request: {
    tag: 32,
    layout: (pass, m) => ({
      kind: "request",
      edgeIncarnation: pass.u32(m.edgeIncarnation),
      requestId: pass.u48(m.requestId),
      attempt: pass.u32(m.attempt),
      isOnce: pass.flag(m.isOnce),
      group: pass.u32(m.group),
      action: pass.variant(m.action, ACTIONS),
    }),
  },
  reply: {
    tag: 33,
    layout: (pass, m) => ({
      kind: "reply",
      edgeIncarnation: pass.u32(m.edgeIncarnation),
      requestId: pass.u48(m.requestId),
      attempt: pass.u32(m.attempt),
      outcome: pass.variant(m.outcome, OUTCOMES),
    }),
  },
  "grant.request": {
    tag: 34,
    layout: (pass, m) => ({
      kind: "grant.request",
      group: pass.u32(m.group),
      edgeIncarnation: pass.u32(m.edgeIncarnation),
      stream: pass.u48(m.stream),
      round: pass.u48(m.round),
      n: pass.u32(m.n),
      visibilityMs: pass.u48(m.visibilityMs),
      isStanding: pass.bit(0, m.isStanding),
      bound: pass.optionalBit(1, m.bound, priority),
      serial: pass.u48(m.serial),
    }),
  },
  granted: {
    tag: 35,
    layout: (pass, m) => ({
      kind: "granted",
      group: pass.u32(m.group),
      term: pass.u32(m.term),
      edgeIncarnation: pass.u32(m.edgeIncarnation),
      stream: pass.u48(m.stream),
      round: pass.u48(m.round),
      grantedInRound: pass.u32(m.grantedInRound),
      index: pass.u48(m.index),
      state: pass.oneOf(m.state, GRANTED_STATES),
      serial: pass.u48(m.serial),
      items: pass.list32(m.items, item),
    }),
  },
  ask: {
    tag: 36,
    layout: (pass, m) => ({
      kind: "ask",
      group: pass.u32(m.group),
      edgeIncarnation: pass.u32(m.edgeIncarnation),
      stream: pass.u48(m.stream),
      serial: pass.u48(m.serial),
      count: pass.u32(m.count),
    }),
  },
  ladder: {
    tag: 37,
    layout: (pass, m) => ({
      kind: "ladder",
      group: pass.u32(m.group),
      edgeIncarnation: pass.u32(m.edgeIncarnation),
      stream: pass.u48(m.stream),
      serial: pass.u48(m.serial),
      state: pass.oneOf(m.state, LADDER_STATES),
      leader: pass.u16(m.leader),
      hasMore: pass.flag(m.hasMore),
      rungs: pass.list32(m.rungs, rung),
    }),
  },
  digest: {
    tag: 38,
    layout: (pass, m) => ({
      kind: "digest",
      group: pass.u32(m.group),
      edgeIncarnation: pass.u32(m.edgeIncarnation),
      stream: pass.u48(m.stream),
      isLast: pass.flag(m.isLast),
      leases: pass.list32(m.leases, lease),
    }),
  },
  "digest.request": {
    tag: 39,
    layout: (pass, m) => ({
      kind: "digest.request",
      group: pass.u32(m.group),
      edgeIncarnation: pass.u32(m.edgeIncarnation),
      stream: pass.u48(m.stream),
    }),
  },
};
