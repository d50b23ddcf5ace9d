// Q7, Q11: time is group time only. A stamp never goes back; a lease expires at the first entry whose
// stamp reaches its deadline and never before; a delayed message turns ready at the first entry whose
// stamp reaches its not-before and never before. An entry fires at most 4,096 timers (D-19).

import { aboutMessage } from "../../event-log.js";
import { RuleBroken } from "../../oracle.js";
import type { CommittedEntry } from "../entries/canon.js";
import {
  broken,
  nameOf,
  seenHappening,
  type GroupRecord,
  type Happening,
  type MessageRecord,
  type MessageRule,
} from "../entries/ledger.js";
import { seen } from "../views/watched.js";

const TIMERS_PER_ENTRY_MAX = 4096;

export class TimerRules implements MessageRule {
  private readonly lastEntries = new Map<number, CommittedEntry>();

  event(now: Happening, message: MessageRecord | undefined): void {
    const { event, entry } = now;
    if (!message || message.untilMs <= entry.stampMs) return;
    if (event.kind === "message.expired" && message.standing === "leased") {
      broken("Q7", `its lease expired before its deadline ${message.untilMs}`, now, message.last);
    }
    if (event.kind === "message.ready" && message.standing === "delayed") {
      broken("Q11", `it turned ready before ${message.untilMs}`, now, message.last);
    }
  }

  entryDone(entry: CommittedEntry, group: GroupRecord): void {
    this.checkStamp(entry);
    for (const message of group.waiting) {
      // What this very entry made due fires with the next one.
      if (message.untilMs > entry.stampMs || message.last.entry.index === entry.index) continue;
      if (firedTimers(entry) >= TIMERS_PER_ENTRY_MAX) return;
      notFired(entry, message);
    }
  }

  private checkStamp(entry: CommittedEntry): void {
    const before = this.lastEntries.get(entry.group);
    this.lastEntries.set(entry.group, entry);
    if (!before || entry.stampMs >= before.stampMs) return;
    throw new RuleBroken({
      rule: "Q7",
      message:
        `group ${entry.group}: the stamp went back from ${before.stampMs} (entry ${before.index}) to ` +
        `${entry.stampMs} (entry ${entry.index}, term ${entry.term})`,
      first: seen(before, `entry ${before.index}, stamp ${before.stampMs}, term ${before.term}`),
      second: seen(entry, `entry ${entry.index}, stamp ${entry.stampMs}, term ${entry.term}`),
      about: `group ${entry.group} `,
    });
  }
}

function firedTimers(entry: CommittedEntry): number {
  return entry.events.filter((e) => e.kind === "message.expired" || e.kind === "message.ready")
    .length;
}

function notFired(entry: CommittedEntry, message: MessageRecord): never {
  const isLease = message.standing === "leased";
  const due = isLease ? "its lease is still open" : "it is still delayed";
  throw new RuleBroken({
    rule: isLease ? "Q7" : "Q11",
    message:
      `${nameOf(message)}: ${due} after entry ${entry.index} with stamp ${entry.stampMs}, although it ` +
      `was due at ${message.untilMs}`,
    first: seenHappening(message.last),
    second: seen(entry, `entry ${entry.index} of group ${entry.group}, stamp ${entry.stampMs}`),
    about: aboutMessage(message.index, message.offset),
  });
}
