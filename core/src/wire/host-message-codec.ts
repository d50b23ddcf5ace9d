// The bytes of requests, replies, grants, ladders and digests (kinds from 32).

import { MalformedInput, type Reader, type Writer } from "../lib/bytes.js";
import { ERROR_CODES } from "../contract/error-codes.js";
import { readOptionalProducer, writeOptionalProducer } from "./producer.js";
import type {
  Granted,
  GrantedItem,
  HostMessage,
  LeaseRef,
  ReplyOutcome,
  RequestAction,
} from "./messages.js";

const Kind = {
  request: 32,
  reply: 33,
  grantRequest: 34,
  granted: 35,
  ask: 36,
  ladder: 37,
  digest: 38,
  digestRequest: 39,
} as const;

const GRANTED_STATES = ["more", "final", "closed", "not-leader"] as const;
const LADDER_STATES = ["ok", "not-leader", "closed"] as const;

function pick<T>(values: readonly T[], at: number): T {
  if (at >= values.length) throw new MalformedInput(`value ${at} is out of range`);
  return values[at];
}

function writeAction(w: Writer, action: RequestAction): void {
  switch (action.type) {
    case "propose":
      w.u8(0).blob(action.intent);
      break;
    case "barrier":
      w.u8(1);
      break;
    case "repeat":
      w.u8(4);
      break;
    case "read.counts":
      w.u8(2);
      break;
    case "read.peek":
      w.u8(3)
        .u32(action.limit)
        .u8(action.includeDlq ? 1 : 0);
      break;
  }
}

function readAction(r: Reader): RequestAction {
  switch (r.u8()) {
    case 0:
      return { type: "propose", intent: r.blob().slice() };
    case 1:
      return { type: "barrier" };
    case 2:
      return { type: "read.counts" };
    case 3:
      return { type: "read.peek", limit: r.u32(), includeDlq: r.u8() === 1 };
    case 4:
      return { type: "repeat" };
    default:
      throw new MalformedInput("request action is unknown to this version");
  }
}

function writeOutcome(w: Writer, outcome: ReplyOutcome): void {
  switch (outcome.type) {
    case "done":
      w.u8(0).u48(outcome.index).blob(outcome.body);
      break;
    case "refused":
      w.u8(1).u8(ERROR_CODES.indexOf(outcome.code)).text(outcome.message);
      break;
    case "surely-not":
      w.u8(2).u16(outcome.leader);
      break;
    case "unknown-group":
      w.u8(3);
      break;
    case "in-hand":
      w.u8(4);
      break;
    case "not-in-hand":
      w.u8(5);
      break;
  }
}

function readOutcome(r: Reader): ReplyOutcome {
  switch (r.u8()) {
    case 0:
      return { type: "done", index: r.u48(), body: r.blob() };
    case 1:
      return { type: "refused", code: pick(ERROR_CODES, r.u8()), message: r.text() };
    case 2:
      return { type: "surely-not", leader: r.u16() };
    case 3:
      return { type: "unknown-group" };
    case 4:
      return { type: "in-hand" };
    case 5:
      return { type: "not-in-hand" };
    default:
      throw new MalformedInput("reply outcome is unknown to this version");
  }
}

function writeItem(w: Writer, i: GrantedItem): void {
  w.u48(i.index).u16(i.offset).u32(i.fence).u32(i.attempts).u32(i.maxRetries);
  w.i32(i.priorityHi).u32(i.priorityLo).u48(i.enqueuedMs).u48(i.deadlineMs).u48(i.leaseMs);
  w.raw(i.mac).blob(i.payload);
  writeOptionalProducer(w, i.producer);
}

function readItem(r: Reader): GrantedItem {
  const head = {
    index: r.u48(),
    offset: r.u16(),
    fence: r.u32(),
    attempts: r.u32(),
    maxRetries: r.u32(),
    priorityHi: r.i32(),
    priorityLo: r.u32(),
    enqueuedMs: r.u48(),
    deadlineMs: r.u48(),
    leaseMs: r.u48(),
    mac: r.raw(16),
    payload: r.blob(),
  };
  const producer = readOptionalProducer(r);
  return { ...head, producer };
}

function writeGranted(w: Writer, m: Granted): void {
  w.u8(Kind.granted).u32(m.group).u32(m.term).u32(m.edgeIncarnation).u48(m.stream).u48(m.round);
  w.u32(m.grantedInRound)
    .u48(m.index)
    .u8(GRANTED_STATES.indexOf(m.state))
    .u48(m.serial)
    .u32(m.items.length);
  for (const item of m.items) writeItem(w, item);
}

function readGranted(r: Reader): Granted {
  const head = {
    kind: "granted" as const,
    group: r.u32(),
    term: r.u32(),
    edgeIncarnation: r.u32(),
    stream: r.u48(),
    round: r.u48(),
    grantedInRound: r.u32(),
    index: r.u48(),
    state: pick(GRANTED_STATES, r.u8()),
    serial: r.u48(),
  };
  const items: GrantedItem[] = [];
  const count = r.u32();
  for (let i = 0; i < count; i += 1) items.push(readItem(r));
  return { ...head, items };
}

function writeLeases(w: Writer, leases: readonly LeaseRef[]): void {
  w.u32(leases.length);
  for (const l of leases) {
    w.u48(l.index).u16(l.offset).u32(l.fence).u48(l.stream).u48(l.round).u48(l.grantIndex);
  }
}

function readLeases(r: Reader): LeaseRef[] {
  const leases: LeaseRef[] = [];
  const count = r.u32();
  for (let i = 0; i < count; i += 1) {
    leases.push({
      index: r.u48(),
      offset: r.u16(),
      fence: r.u32(),
      stream: r.u48(),
      round: r.u48(),
      grantIndex: r.u48(),
    });
  }
  return leases;
}

export function writeHostMessage(w: Writer, m: HostMessage): void {
  switch (m.kind) {
    case "request":
      w.u8(Kind.request).u32(m.edgeIncarnation).u48(m.requestId).u32(m.attempt);
      w.u8(m.isOnce ? 1 : 0).u32(m.group);
      writeAction(w, m.action);
      break;
    case "reply":
      w.u8(Kind.reply).u32(m.edgeIncarnation).u48(m.requestId).u32(m.attempt);
      writeOutcome(w, m.outcome);
      break;
    case "grant.request":
      w.u8(Kind.grantRequest).u32(m.group).u32(m.edgeIncarnation).u48(m.stream).u48(m.round);
      w.u32(m.n).u48(m.visibilityMs);
      w.u8((m.isStanding ? 1 : 0) | (m.bound ? 2 : 0));
      if (m.bound) w.i32(m.bound.hi).u32(m.bound.lo);
      w.u48(m.serial);
      break;
    case "granted":
      writeGranted(w, m);
      break;
    case "ask":
      w.u8(Kind.ask).u32(m.group).u32(m.edgeIncarnation).u48(m.stream).u48(m.serial).u32(m.count);
      break;
    case "ladder":
      w.u8(Kind.ladder).u32(m.group).u32(m.edgeIncarnation).u48(m.stream).u48(m.serial);
      w.u8(LADDER_STATES.indexOf(m.state)).u16(m.leader);
      w.u8(m.hasMore ? 1 : 0).u32(m.rungs.length);
      for (const rung of m.rungs) w.i32(rung.hi).u32(rung.lo).u32(rung.count);
      break;
    case "digest":
      w.u8(Kind.digest)
        .u32(m.group)
        .u32(m.edgeIncarnation)
        .u48(m.stream)
        .u8(m.isLast ? 1 : 0);
      writeLeases(w, m.leases);
      break;
    case "digest.request":
      w.u8(Kind.digestRequest).u32(m.group).u32(m.edgeIncarnation).u48(m.stream);
      break;
  }
}

export function readHostMessage(kind: number, r: Reader): HostMessage {
  switch (kind) {
    case Kind.request:
      return {
        kind: "request",
        edgeIncarnation: r.u32(),
        requestId: r.u48(),
        attempt: r.u32(),
        isOnce: r.u8() === 1,
        group: r.u32(),
        action: readAction(r),
      };
    case Kind.reply:
      return {
        kind: "reply",
        edgeIncarnation: r.u32(),
        requestId: r.u48(),
        attempt: r.u32(),
        outcome: readOutcome(r),
      };
    case Kind.grantRequest: {
      const head = {
        kind: "grant.request" as const,
        group: r.u32(),
        edgeIncarnation: r.u32(),
        stream: r.u48(),
        round: r.u48(),
        n: r.u32(),
        visibilityMs: r.u48(),
      };
      const flags = r.u8();
      const bound = flags & 2 ? { hi: r.i32(), lo: r.u32() } : undefined;
      return { ...head, isStanding: (flags & 1) !== 0, bound, serial: r.u48() };
    }
    case Kind.granted:
      return readGranted(r);
    case Kind.ask:
      return {
        kind: "ask",
        group: r.u32(),
        edgeIncarnation: r.u32(),
        stream: r.u48(),
        serial: r.u48(),
        count: r.u32(),
      };
    case Kind.ladder: {
      const head = {
        kind: "ladder" as const,
        group: r.u32(),
        edgeIncarnation: r.u32(),
        stream: r.u48(),
        serial: r.u48(),
        state: pick(LADDER_STATES, r.u8()),
        leader: r.u16(),
        hasMore: r.u8() === 1,
      };
      const rungs = [];
      const count = r.u32();
      for (let i = 0; i < count; i += 1) rungs.push({ hi: r.i32(), lo: r.u32(), count: r.u32() });
      return { ...head, rungs };
    }
    case Kind.digest: {
      const group = r.u32();
      const edgeIncarnation = r.u32();
      const stream = r.u48();
      const isLast = r.u8() === 1;
      return { kind: "digest", group, edgeIncarnation, stream, isLast, leases: readLeases(r) };
    }
    case Kind.digestRequest:
      return {
        kind: "digest.request",
        group: r.u32(),
        edgeIncarnation: r.u32(),
        stream: r.u48(),
      };
    default:
      throw new MalformedInput(`message kind ${kind} is unknown to this version`);
  }
}
