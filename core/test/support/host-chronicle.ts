// What hosts do, in lines: who leads, what entries did to messages, what clients heard, and the letters of the
// kinds that a transcript watches. Messages go by their payload, groups by topic and partition, times count
// from the start. What an entry did is told once, by the replica that applied it first; another one that says
// otherwise is an error.

import type { ClientEffect, ClientResult, DeliveredItem } from "../../src/contract/api.js";
import type { MachineEvent } from "../../src/delivery/events.js";
import { decodeLeaseToken } from "../../src/edge/lease-token.js";
import { intentsOf } from "../../src/machine/entry-intents.js";
import type { HostObserver } from "../../src/member/observer.js";
import { EntryKind, type EntryView } from "../../src/wire/blocks.js";
import { START_MS, type Fate, type NetWatcher } from "./host-net.js";
import { letterText } from "./host-letters.js";
import type { PeerMessage } from "../../src/wire/messages.js";

export class Chronicle implements NetWatcher {
  lines: string[] = [];
  watched: ReadonlySet<string> = new Set();
  readonly groups = new Map<number, string>([[0, "meta"]]);
  /** The newest lease of each message that a consumer was given, by "payload/fence". */
  readonly items = new Map<string, { readonly item: DeliveredItem; readonly fence: number }>();
  readonly clients = new Map<string, string>();
  onItem: (node: string, stream: number, item: DeliveredItem) => void = () => undefined;
  onRecall: (node: string, stream: number) => void = () => undefined;
  /** A refusal that names the token to confirm it with. */
  onConfirmation: (token: string) => void = () => undefined;
  private readonly payloads = new Map<string, string>();
  private readonly leaders = new Map<string, number>();
  private readonly told = new Map<string, string>();

  say(line: string): void {
    this.lines.push(line);
  }

  /** Who leads a group in the newest term that anybody led. */
  leaderOf(name: string): string | undefined {
    let [newest, leader]: [number, string | undefined] = [0, undefined];
    for (const [key, term] of this.leaders) {
      const [node, group] = key.split(" ");
      if (group === name && term > newest) [newest, leader] = [term, node];
    }
    return leader;
  }

  observerOf(node: string): HostObserver {
    let done: MachineEvent[] = [];
    return {
      roleChanged: (group, term, role) => this.roleChanged(node, group, term, role === "leader"),
      proposed: () => undefined,
      sent: () => undefined,
      machineEvent: (_group, _index, _stampMs, event) => done.push(event),
      applied: (group, entry) => {
        this.applied(node, group, entry, done);
        done = [];
      },
      groupStopped: (group, reason) => this.say(`${node} stops ${this.group(group)}: ${reason}`),
      groupRemoved: (group) => this.say(`${node} removes ${this.group(group)}`),
    };
  }

  private roleChanged(node: string, group: number, term: number, isLeader: boolean): void {
    const key = `${node} ${this.group(group)}`;
    if (isLeader) this.say(`${node} leads ${this.group(group)} in term ${term}`);
    else if (this.leaders.has(key)) this.say(`${node} leads ${this.group(group)} no more`);
    if (isLeader) this.leaders.set(key, term);
    else this.leaders.delete(key);
  }

  forget(node: string): void {
    for (const key of this.leaders.keys()) if (key.startsWith(`${node} `)) this.leaders.delete(key);
  }

  private applied(
    node: string,
    group: number,
    entry: EntryView,
    events: readonly MachineEvent[],
  ): void {
    this.learn(group, entry);
    const name = this.group(group);
    const lines = events.map((e) => `${name}: ${this.eventText(group, e)}`);
    const key = `${group} ${entry.index}`;
    const before = this.told.get(key);
    if (before === undefined) {
      this.told.set(key, lines.join("\n"));
      for (const line of lines) this.say(line);
    } else if (before !== lines.join("\n")) {
      throw new Error(`${node} did otherwise at ${key}: ${before}, and then ${lines.join("\n")}`);
    }
  }

  private learn(group: number, entry: EntryView): void {
    if (entry.kind !== EntryKind.command) return;
    for (const [offset, intent] of intentsOf(entry).entries()) {
      const place = `${group}:${entry.index}.${offset}`;
      if (intent.kind === "enqueue") this.payloads.set(place, textOf(intent.payload));
    }
  }

  group(id: number): string {
    return this.groups.get(id) ?? `group ${id}`;
  }

  message(group: number, index: number, offset: number): string {
    return this.payloads.get(`${group}:${index}.${offset}`) ?? `${index}.${offset}`;
  }

  private eventText(group: number, e: MachineEvent): string {
    const name = this.message(group, e.index, e.offset);
    const until = (ms: number): string => `until ${ms - START_MS}`;
    switch (e.kind) {
      case "message.enqueued":
        return `${name} is in${e.notBeforeMs === 0 ? "" : `, not before ${e.notBeforeMs - START_MS}`}`;
      case "message.duplicate":
        return `a repeat of ${name}`;
      case "message.granted":
        return `${name}/${e.fence} is leased, attempt ${e.attempts}, ${until(e.deadlineMs)}, at n${e.edge}`;
      case "message.acked":
        return `${name}/${e.fence} is acknowledged`;
      case "message.nacked":
      case "message.expired": {
        const how = e.kind === "message.nacked" ? "is rejected" : "expires";
        const wait = e.outcome === "delayed" ? ` ${until(e.notBeforeMs)}` : "";
        return `${name}/${e.fence} ${how}: ${e.outcome}${wait}`;
      }
      case "message.ready":
        return `${name} is ready again`;
      case "message.extended":
        return `${name}/${e.fence} is extended ${until(e.deadlineMs)}`;
      case "message.shortened":
        return `${name}/${e.fence} is shortened, ${until(e.deadlineMs)}`;
      case "message.released":
        return `${name}/${e.fence} is given back by its ${e.by}`;
      case "message.taken-back":
        return `${name}/${e.fence} had expired and is taken back, ${e.attempts} attempts count`;
    }
  }

  // --- what leaves a host ----------------------------------------------------------------------------

  letter(from: string, to: string, message: PeerMessage, fate: Fate): void {
    if (!this.watched.has(message.kind)) return;
    const text = letterText(message, this);
    this.say(`${from} -> ${to}  ${text}${fate === "sent" ? "" : `  (${fate})`}`);
  }

  effect(node: string, effect: ClientEffect): void {
    if (effect.kind === "client.reply") {
      const { result } = effect;
      const token = result.ok ? undefined : result.failure.confirmationToken;
      if (token !== undefined) this.onConfirmation(token);
      this.say(`${this.client(node, effect.requestId)} hears: ${this.resultText(effect.result)}`);
      return;
    }
    // No script opens a session.
    if (!("streamId" in effect)) return;
    const client = this.client(node, effect.streamId);
    if (effect.kind === "stream.item") {
      const { item } = effect;
      const name = `${textOf(item.payload)}/${item.fence}`;
      this.items.set(name, { item, fence: item.fence });
      this.say(`${client} is handed ${name}, attempt ${item.attempts}`);
      this.onItem(node, effect.streamId, item);
    } else if (effect.kind === "stream.recall") {
      this.say(`${client} has to give back what was not taken`);
      this.onRecall(node, effect.streamId);
    } else {
      const { failure } = effect;
      this.say(`${client} ends: ${failure ? `${failure.code}: ${failure.message}` : "OK"}`);
    }
  }

  private client(node: string, id: number): string {
    return this.clients.get(`${node} ${id}`) ?? `client ${id} of ${node}`;
  }

  private resultText(result: ClientResult): string {
    if (!result.ok) return `${result.failure.code}: ${result.failure.message}`;
    switch (result.op) {
      case "enqueue":
        return result.duplicate ? "OK, a repeat" : "OK";
      case "peek": {
        const all = result.items.map(
          (i) => `${textOf(i.payload)}${i.isLeased ? " (leased)" : i.inDlq ? " (dead)" : ""}`,
        );
        return all.length === 0 ? "nothing" : all.join(", ");
      }
      case "stats": {
        const { totalMessages, inflightMessages, dlqMessages } = result.global;
        return `${totalMessages} messages, ${inflightMessages} leased, ${dlqMessages} dead`;
      }
      case "topic.list":
        return result.topics.length === 0
          ? "no topic"
          : result.topics.map((t) => t.topic).join(", ");
      default:
        return "OK";
    }
  }

  ended(node: string, sentence: string): void {
    this.say(`${node} ends: ${sentence}`);
  }

  /** The token that a consumer was given with "payload/fence". */
  tokenOf(name: string): { readonly messageId: string; readonly leaseToken: string } {
    const found = this.items.get(name);
    if (!found || !decodeLeaseToken(found.item.leaseToken))
      throw new Error(`nobody was given ${name}`);
    return found.item;
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}
