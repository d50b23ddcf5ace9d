// Q14: a grant takes, at its place in the log, the best ready message: by priority under the topic's
// mode, then by enqueue order, which is the order of (index, offset) (D-12). P3: nothing but a ready
// message is granted. A plain sorted array per partition, fed by the events alone.

import { compareInt64 } from "@disheap/core";
import {
  broken,
  messageKey,
  nameOf,
  type GroupRecord,
  type Happening,
  type MessageRecord,
  type MessageRule,
} from "../entries/ledger.js";

export class OrderRules implements MessageRule {
  private readonly ready = new Map<number, MessageRecord[]>();
  /** Enqueued in the entry at hand: the ledger has the record only after the event. */
  private admitted: { readonly index: number; readonly offset: number }[] = [];

  event(now: Happening, message: MessageRecord | undefined, group: GroupRecord): void {
    const { event, entry } = now;
    this.takeAdmitted(group);
    if (event.kind === "message.enqueued") {
      if (event.notBeforeMs <= entry.stampMs) this.admitted.push(event);
      return;
    }
    if (!message) return;
    if (event.kind === "message.granted") this.granted(now, message, group);
    else if (event.kind === "message.ready" || event.kind === "message.released") {
      this.insert(group, message);
    } else if (event.kind === "message.taken-back") {
      const isNewest = event.fence === message.fence;
      if (isNewest && message.standing !== "ready") this.insert(group, message);
    } else if (event.kind === "message.nacked" || event.kind === "message.expired") {
      if (event.outcome === "ready") this.insert(group, message);
    }
  }

  entryDone(_entry: unknown, group: GroupRecord): void {
    this.takeAdmitted(group);
  }

  private takeAdmitted(group: GroupRecord): void {
    for (const { index, offset } of this.admitted) {
      const message = group.messages.get(messageKey(index, offset));
      if (message) this.insert(group, message);
    }
    this.admitted = [];
  }

  private listOf(group: GroupRecord): MessageRecord[] {
    let list = this.ready.get(group.group);
    if (!list) {
      list = [];
      this.ready.set(group.group, list);
    }
    return list;
  }

  private insert(group: GroupRecord, message: MessageRecord): void {
    const list = this.listOf(group);
    let place = list.length;
    while (place > 0 && comesBefore(message, list[place - 1], group.mode)) place -= 1;
    list.splice(place, 0, message);
  }

  private granted(now: Happening, message: MessageRecord, group: GroupRecord): void {
    const list = this.listOf(group);
    const best = list.at(0);
    if (best === message) {
      list.shift();
      return;
    }
    const place = list.indexOf(message);
    if (place < 0 || !best) {
      broken("P3", `granted while it is ${message.standing}, not ready`, now, message.last);
    }
    broken(
      "Q14",
      `granted with priority ${priorityText(message)} while ${nameOf(best)} was ready with ` +
        `priority ${priorityText(best)} and comes first (${group.mode ?? "no"} mode)`,
      now,
      best.last,
    );
  }
}

function comesBefore(a: MessageRecord, b: MessageRecord, mode: "MIN" | "MAX" | undefined): boolean {
  const c = compareInt64(a.priorityHi, a.priorityLo, b.priorityHi, b.priorityLo);
  if (c !== 0) return mode === "MAX" ? c > 0 : c < 0;
  return a.index !== b.index ? a.index < b.index : a.offset < b.offset;
}

export function priorityText(m: { priorityHi: number; priorityLo: number }): string {
  return ((BigInt(m.priorityHi) << 32n) | BigInt(m.priorityLo)).toString();
}
