// R4: the same index holds the same entry, does the same to messages and leads to the same state hash on
// every replica, at every apply, in every life. The first replica that applies an entry defines it; what
// it did is handed on once, in log order, to the rules about messages.

import {
  EntryKind,
  hashBytes,
  Reader,
  readIntent,
  rowsOf,
  type EntryView,
  type Intent,
  type MachineEvent,
  type RowIntent,
} from "@disheap/core";
import { RuleBroken, type Rule } from "../../oracle.js";
import { eventText, seen, type SeenAt, type Watched } from "../views/watched.js";

/** A committed entry of a group, as the first replica applied it. */
export interface CommittedEntry extends SeenAt {
  readonly group: number;
  readonly index: number;
  readonly term: number;
  readonly stampMs: number;
  readonly seedHi: number;
  readonly seedLo: number;
  /** Decoded for the first apply; empty for a leader's first entry of a term. */
  /** By offset: the rows of batches one by one. */
  readonly intents: readonly RowIntent[];
  readonly events: readonly MachineEvent[];
}

/** Sees every committed entry of a partition once, in log order. */
export interface EntryRule {
  entry(entry: CommittedEntry): void;
}

interface Known extends SeenAt {
  readonly term: number;
  readonly bytesHash: number;
  readonly length: number;
  readonly hashHi: number;
  readonly hashLo: number;
  readonly events: readonly MachineEvent[];
}

const NO_EVENTS: readonly MachineEvent[] = [];

export class Canon implements Rule {
  private readonly listeners: readonly EntryRule[];
  private world: Watched | undefined;
  /** Per group, entry `index` at place `index - 1`. */
  private readonly groups = new Map<number, Known[]>();
  /** Events of the entry that is being applied. */
  private events: MachineEvent[] = [];

  constructor(listeners: readonly EntryRule[]) {
    this.listeners = listeners;
  }

  attach(world: Watched): void {
    this.world = world;
  }

  machineEvent(
    _node: number,
    _group: number,
    _index: number,
    _stampMs: number,
    event: MachineEvent,
  ): void {
    this.events.push(event);
  }

  applied(node: number, group: number, entry: EntryView, hashHi: number, hashLo: number): void {
    const events = this.events.length === 0 ? NO_EVENTS : this.events;
    if (events !== NO_EVENTS) this.events = [];
    const now: Known = {
      atUs: this.world?.queue.nowUs ?? 0,
      node,
      term: entry.term,
      bytesHash: hashBytes(0x63616e6f, entry.bytes, entry.from, entry.to),
      length: entry.to - entry.from,
      hashHi,
      hashLo,
      events,
    };
    let list = this.groups.get(group);
    if (!list) {
      list = [];
      this.groups.set(group, list);
    }
    if (entry.index <= list.length) this.compare(group, entry.index, list[entry.index - 1], now);
    else if (entry.index === list.length + 1) {
      list.push(now);
      if (group !== 0) this.handOn(group, entry, now);
    } else {
      throw new RuleBroken({
        rule: "R4",
        message:
          `n${node} applied entry ${entry.index} of group ${group}, but nobody ever applied entry ` +
          `${list.length + 1}: entries are applied in order without a gap`,
        second: seen(now, `applied entry ${entry.index} of group ${group}`),
        about: `group ${group}`,
      });
    }
  }

  private handOn(group: number, entry: EntryView, now: Known): void {
    const { index, term, stampMs, seedHi, seedLo } = entry;
    const { atUs, node, events } = now;
    const intents = decodeIntents(entry);
    const committed = {
      atUs,
      node,
      group,
      index,
      term,
      stampMs,
      seedHi,
      seedLo,
      intents,
      events,
    };
    for (const listener of this.listeners) listener.entry(committed);
  }

  private compare(group: number, index: number, first: Known, second: Known): void {
    const what = differenceOf(first, second);
    if (what === undefined) return;
    const text = (known: Known): string =>
      `applied entry ${index} of group ${group}: term ${known.term}, ${known.length} bytes with hash ` +
      `${known.bytesHash}, ${known.events.length} events, state ${known.hashHi}:${known.hashLo}`;
    throw new RuleBroken({
      rule: "R4",
      message:
        `entry ${index} of group ${group} differs between n${first.node} and n${second.node}: ` +
        what(group, index),
      first: seen(first, text(first)),
      second: seen(second, text(second)),
      about: `group ${group} `,
    });
  }
}

type Difference = (group: number, index: number) => string;

function differenceOf(a: Known, b: Known): Difference | undefined {
  if (a.term !== b.term) return () => `its term is ${a.term} and ${b.term}`;
  if (a.length !== b.length || a.bytesHash !== b.bytesHash) return () => "its bytes differ";
  const place = differingEvent(a.events, b.events);
  if (place >= 0) {
    return (group, index) => {
      const name = (event: MachineEvent | undefined): string =>
        event ? eventText(group, index, event) : "nothing more";
      return `event ${place} is "${name(a.events[place])}" and "${name(b.events[place])}"`;
    };
  }
  if (a.hashHi !== b.hashHi || a.hashLo !== b.hashLo) {
    return () => "the state after it has another hash";
  }
  return undefined;
}

/** Place of the first event that differs, -1 when none does. */
export function differingEvent(a: readonly MachineEvent[], b: readonly MachineEvent[]): number {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    if (i >= a.length || i >= b.length || !isSameEvent(a[i], b[i])) return i;
  }
  return -1;
}

/** Field by field: events are flat. */
function isSameEvent(a: MachineEvent, b: MachineEvent): boolean {
  const left = a as unknown as Readonly<Record<string, unknown>>;
  const right = b as unknown as Readonly<Record<string, unknown>>;
  for (const name in left) if (left[name] !== right[name]) return false;
  for (const name in right) if (!(name in left)) return false;
  return true;
}

/** Row by row: what stands at an offset is found at that place. */
export function decodeIntents(entry: EntryView): readonly RowIntent[] {
  if (entry.kind === EntryKind.noop) return [];
  const reader = new Reader(entry.bytes, entry.intentsFrom, entry.to);
  const intents: Intent[] = [];
  for (let i = 0; i < entry.intentCount; i += 1) intents.push(readIntent(reader));
  return rowsOf(intents);
}
