// What every message went through, as the committed entries tell it: one record per message, kept by the
// events alone. The rules about messages look at an event and at the record before it; the record then
// follows the event, whether it was right or not.

import type { MachineEvent } from "@disheap/core";
import { aboutMessage } from "../../event-log.js";
import { RuleBroken, type Seen } from "../../oracle.js";
import type { CommittedEntry, EntryRule } from "./canon.js";
import { eventText, seen } from "../views/watched.js";

/** An event at its place: `order` counts the events of its entry. */
export interface Happening {
  readonly entry: CommittedEntry;
  readonly order: number;
  readonly event: MachineEvent;
}

export interface Grant {
  readonly happening: Happening;
  readonly fence: number;
  readonly attempts: number;
  readonly grantedMs: number;
  /** Of the grant itself; extensions and shortenings move the lease's. */
  readonly deadlineMs: number;
  readonly edge: number;
  readonly edgeIncarnation: number;
  readonly round: number;
}

type Standing = "ready" | "delayed" | "leased" | "acked" | "dead";

export interface MessageRecord {
  readonly group: number;
  readonly index: number;
  readonly offset: number;
  readonly priorityHi: number;
  readonly priorityLo: number;
  readonly enqueuedMs: number;
  readonly maxRetries: number;
  standing: Standing;
  /** Delayed: not before. Leased: deadline. */
  untilMs: number;
  attempts: number;
  /** Highest fence ever granted. */
  fence: number;
  readonly grants: Grant[];
  readonly payload: Uint8Array | undefined;
  /** What was done with its leases, by fence. */
  readonly acked: Map<number, Happening>;
  readonly nacked: Map<number, Happening>;
  readonly extended: Map<number, Happening>;
  /** Given back by the edge as undelivered, in time or late. */
  readonly released: Map<number, Happening>;
  /** Expired leases that count still, and all that were given back, by whomever. */
  readonly expired: Map<number, Happening>;
  readonly givenBack: Map<number, Happening>;
  /** Its enqueue, and what happened to it last. */
  readonly made: Happening;
  last: Happening;
}

/** Looks at one event and at its message before it; `message` is undefined for a new message. */
export interface MessageRule {
  event(now: Happening, message: MessageRecord | undefined, group: GroupRecord): void;
  /** After all events of an entry. */
  entryDone?(entry: CommittedEntry, group: GroupRecord): void;
}

/** Totals of events, and how many messages stand where now. */
export interface Tally {
  enqueued: number;
  granted: number;
  acked: number;
  nacked: number;
  expired: number;
  /** Failures that did not end in the dead letters. */
  retried: number;
  dead: number;
  leased: number;
  delayed: number;
}

export interface GroupRecord {
  readonly group: number;
  readonly messages: Map<number, MessageRecord>;
  /** Delayed and leased ones: what time moves. */
  readonly waiting: Set<MessageRecord>;
  mode: "MIN" | "MAX" | undefined;
  dlqEnabled: boolean;
  /** Stamp of the last entry. */
  stampMs: number;
  readonly tally: Tally;
}

/** Offsets are below 2^14, so this is one number per message of a group. */
export function messageKey(index: number, offset: number): number {
  return index * 16384 + offset;
}

export class Ledger implements EntryRule {
  private readonly groups = new Map<number, GroupRecord>();
  private readonly rules: readonly MessageRule[];

  constructor(rules: readonly MessageRule[]) {
    this.rules = rules;
  }

  group(group: number): GroupRecord | undefined {
    return this.groups.get(group);
  }

  all(): Iterable<GroupRecord> {
    return this.groups.values();
  }

  find(group: number, index: number, offset: number): MessageRecord | undefined {
    return this.groups.get(group)?.messages.get(messageKey(index, offset));
  }

  entry(entry: CommittedEntry): void {
    const group = this.recordOf(entry.group);
    group.stampMs = entry.stampMs;
    if (group.mode === undefined) takeSettings(group, entry);
    for (let order = 0; order < entry.events.length; order += 1) {
      const event = entry.events[order];
      const now: Happening = { entry, order, event };
      const message = group.messages.get(messageKey(event.index, event.offset));
      for (const rule of this.rules) rule.event(now, message, group);
      if (event.kind === "message.enqueued") admit(group, now, event);
      else if (message) counted(group.tally, message, () => follow(group, message, now));
    }
    for (const rule of this.rules) rule.entryDone?.(entry, group);
  }

  private recordOf(group: number): GroupRecord {
    let record = this.groups.get(group);
    if (!record) {
      record = {
        group,
        messages: new Map(),
        waiting: new Set(),
        mode: undefined,
        dlqEnabled: false,
        stampMs: 0,
        tally: {
          enqueued: 0,
          granted: 0,
          acked: 0,
          nacked: 0,
          expired: 0,
          retried: 0,
          dead: 0,
          leased: 0,
          delayed: 0,
        },
      };
      this.groups.set(group, record);
    }
    return record;
  }
}

function takeSettings(group: GroupRecord, entry: CommittedEntry): void {
  for (const intent of entry.intents) {
    if (intent.kind !== "partition.init") continue;
    group.mode = intent.settings.mode;
    group.dlqEnabled = intent.settings.dlqEnabled;
    return;
  }
}

type EventOf<K extends MachineEvent["kind"]> = Extract<MachineEvent, { kind: K }>;

function admit(group: GroupRecord, now: Happening, event: EventOf<"message.enqueued">): void {
  const { index, offset, priorityHi, priorityLo, maxRetries, notBeforeMs } = event;
  const isDelayed = notBeforeMs > now.entry.stampMs;
  const message: MessageRecord = {
    group: group.group,
    index,
    offset,
    priorityHi,
    priorityLo,
    enqueuedMs: now.entry.stampMs,
    maxRetries,
    standing: isDelayed ? "delayed" : "ready",
    untilMs: notBeforeMs,
    attempts: 0,
    fence: 0,
    grants: [],
    payload: payloadOf(now),
    acked: new Map(),
    nacked: new Map(),
    extended: new Map(),
    released: new Map(),
    expired: new Map(),
    givenBack: new Map(),
    made: now,
    last: now,
  };
  group.messages.set(messageKey(index, offset), message);
  group.tally.enqueued += 1;
  if (!isDelayed) return;
  group.waiting.add(message);
  group.tally.delayed += 1;
}

/** The payload its intent carried: the message's offset is the intent's place in the entry. */
function payloadOf({ entry, event }: Happening): Uint8Array | undefined {
  const intent = entry.intents.at(event.offset);
  return intent?.kind === "enqueue" ? intent.payload : undefined;
}

/** Keeps the tally of where messages stand while `change` moves one. */
function counted(tally: Tally, message: MessageRecord, change: () => void): void {
  const before = message.standing;
  change();
  const after = message.standing;
  if (before === after) return;
  if (before === "leased" || before === "delayed") tally[before] -= 1;
  if (before === "dead") tally.dead -= 1;
  if (after === "leased" || after === "delayed" || after === "dead") tally[after] += 1;
}

function follow(group: GroupRecord, message: MessageRecord, now: Happening): void {
  const { event } = now;
  const { tally } = group;
  switch (event.kind) {
    case "message.enqueued":
    case "message.duplicate":
      return;
    case "message.granted":
      grant(message, now, event);
      tally.granted += 1;
      break;
    case "message.acked":
      message.standing = "acked";
      message.acked.set(event.fence, now);
      tally.acked += 1;
      break;
    case "message.nacked":
      message.nacked.set(event.fence, now);
      tally.nacked += 1;
      tally.retried += event.outcome === "dead" ? 0 : 1;
      stand(message, event.outcome, event.notBeforeMs);
      break;
    case "message.expired":
      tally.expired += 1;
      tally.retried += event.outcome === "dead" ? 0 : 1;
      message.expired.set(event.fence, now);
      stand(message, event.outcome, event.notBeforeMs);
      break;
    case "message.ready":
      stand(message, "ready", 0);
      break;
    case "message.released":
      message.attempts -= 1;
      noteBack(message, now, event);
      stand(message, "ready", 0);
      break;
    case "message.taken-back":
      message.attempts = event.attempts;
      noteBack(message, now, event);
      message.expired.delete(event.fence);
      // Only the newest lease's brings the message back; it may be ready already.
      if (event.fence === message.fence) stand(message, "ready", 0);
      break;
    case "message.extended":
      message.extended.set(event.fence, now);
      message.untilMs = event.deadlineMs;
      break;
    case "message.shortened":
      message.untilMs = event.deadlineMs;
      break;
  }
  message.last = now;
  if (message.standing === "leased" || message.standing === "delayed") group.waiting.add(message);
  else group.waiting.delete(message);
}

function noteBack(
  message: MessageRecord,
  now: Happening,
  { fence, by }: EventOf<"message.released" | "message.taken-back">,
): void {
  message.givenBack.set(fence, now);
  if (by === "edge") message.released.set(fence, now);
}

function stand(message: MessageRecord, standing: Standing, untilMs: number): void {
  message.standing = standing;
  message.untilMs = untilMs;
}

function grant(message: MessageRecord, now: Happening, event: EventOf<"message.granted">): void {
  const { fence, attempts, deadlineMs, edge, edgeIncarnation, round } = event;
  stand(message, "leased", deadlineMs);
  message.attempts = attempts;
  message.fence = fence;
  message.grants.push({
    happening: now,
    fence,
    attempts,
    grantedMs: now.entry.stampMs,
    deadlineMs,
    edge,
    edgeIncarnation,
    round,
  });
}

// --- words ---------------------------------------------------------------------------------------

export function nameOf(message: { group: number; index: number; offset: number }): string {
  return `message ${message.index}.${message.offset} of group ${message.group}`;
}

export function seenHappening({ entry, event }: Happening): Seen {
  return seen(entry, `${eventText(entry.group, entry.index, event)} (stamp ${entry.stampMs})`);
}

/** Breaks a rule by what an event does to a message. */
export function broken(
  rule: string,
  what: string,
  now: Happening,
  first: Happening | undefined,
): never {
  const { entry, event } = now;
  const name = nameOf({ ...event, group: entry.group });
  throw new RuleBroken({
    rule,
    message: `${name}: ${what} (entry ${entry.index}, term ${entry.term}, stamp ${entry.stampMs})`,
    ...(first ? { first: seenHappening(first) } : {}),
    second: seenHappening(now),
    about: aboutMessage(event.index, event.offset),
  });
}
