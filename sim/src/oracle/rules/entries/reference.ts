// Every committed entry is played to the specification, and what the machine did must be what that says. The
// difference is named by the rule it concerns.

import {
  decodeLeaseToken,
  leaseKey,
  type ClientEffect,
  type LeaseName,
  type MachineEvent,
} from "@disheap/core";
import { aboutMessage } from "../../event-log.js";
import { RuleBroken, type Rule } from "../../oracle.js";
import { eventsInOrder, SpecPartition, type Token } from "../../spec/index.js";
import { differingEvent, type CommittedEntry, type EntryRule } from "./canon.js";
import { eventText, seen } from "../views/watched.js";

export class Reference implements Rule, EntryRule {
  private readonly partitions = new Map<number, SpecPartition>();
  /** The MAC of every token that a consumer was given. */
  private readonly tokens = new Map<string, string>();

  /** A consumer is given a lease token: from now on it may come back. */
  clientEffect(_node: number, effect: ClientEffect): void {
    if (effect.kind !== "stream.item") return;
    const token = decodeLeaseToken(effect.item.leaseToken);
    if (token) this.tokens.set(tokenName(token.group, token), token.mac.join());
  }

  entry(entry: CommittedEntry): void {
    const { group } = entry;
    let partition = this.partitions.get(group);
    if (!partition) {
      partition = new SpecPartition((token) => this.isGiven(group, token));
      this.partitions.set(group, partition);
    }
    const expected = eventsInOrder(partition.apply(entry).events);
    const found = eventsInOrder(entry.events);
    const differing = differingEvent(expected, found);
    if (differing >= 0) broken(entry, expected.at(differing), found.at(differing));
  }

  /** A row without a MAC is vouched for by its node, which settles only what it handed out (D-79). */
  private isGiven(group: number, token: Token): boolean {
    const given = this.tokens.get(tokenName(group, token));
    return given !== undefined && (token.mac === undefined || token.mac.join() === given);
  }
}

function tokenName(group: number, token: LeaseName): string {
  return `${group}.${leaseKey(token)}`;
}

function broken(
  entry: CommittedEntry,
  expected: MachineEvent | undefined,
  found: MachineEvent | undefined,
): never {
  const text = (event: MachineEvent | undefined): string =>
    event ? eventText(entry.group, entry.index, event) : "nothing more";
  const about = found ?? expected;
  throw new RuleBroken({
    rule: ruleOf(expected, found),
    message:
      `entry ${entry.index} of group ${entry.group} (term ${entry.term}, stamp ${entry.stampMs}) must ` +
      `do "${text(expected)}", and did "${text(found)}"`,
    first: seen(entry, `by the specification: ${text(expected)}`),
    second: seen(entry, `by the machine: ${text(found)}`),
    about: about ? aboutMessage(about.index, about.offset) : `group ${entry.group} `,
  });
}

const RULE_OF_KIND: Readonly<Record<MachineEvent["kind"], string>> = {
  "message.enqueued": "Q8",
  "message.duplicate": "Q8",
  "message.granted": "Q14",
  "message.acked": "Q4",
  "message.nacked": "Q4",
  "message.expired": "Q7",
  "message.ready": "Q11",
  "message.extended": "Q6",
  "message.shortened": "Q16",
  "message.released": "Q9",
  "message.taken-back": "Q9",
};

/** The rule that the first differing field belongs to; otherwise that of what should have happened. */
export function ruleOf(
  expected: MachineEvent | undefined,
  found: MachineEvent | undefined,
): string {
  if (!expected || !found || expected.kind !== found.kind) {
    const event = expected ?? found;
    return event ? RULE_OF_KIND[event.kind] : "R4";
  }
  const isSameMessage = expected.index === found.index && expected.offset === found.offset;
  if (!isSameMessage) return RULE_OF_KIND[expected.kind];
  const left = expected as unknown as Readonly<Record<string, unknown>>;
  const right = found as unknown as Readonly<Record<string, unknown>>;
  const field = Object.keys(left).find((name) => left[name] !== right[name]) ?? "";
  return RULE_OF_FIELD[field] ?? RULE_OF_KIND[expected.kind];
}

const RULE_OF_FIELD: Readonly<Record<string, string>> = {
  priorityHi: "Q13",
  priorityLo: "Q13",
  maxRetries: "Q10",
  notBeforeMs: "Q11",
  fence: "Q4",
  attempts: "Q9",
  deadlineMs: "Q6",
  outcome: "Q10",
  edge: "Q16",
  edgeIncarnation: "Q16",
  stream: "Q16",
  round: "Q16",
};
