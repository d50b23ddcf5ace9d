// Letters between nodes as a transcript shows them: what decides something, and nothing of how it is carried.

import { decodeIntent } from "../../src/wire/intents.js";
import { idText } from "../../src/wire/identity-record.js";
import type { PeerMessage, ReplyOutcome, RequestAction } from "../../src/wire/messages.js";

export interface Names {
  group(id: number): string;
  message(group: number, index: number, offset: number): string;
}

export function letterText(m: PeerMessage, names: Names): string {
  const group = "group" in m ? ` ${names.group(m.group)}` : "";
  return `${m.kind}${group}${detail(m, names)}`;
}

function detail(m: PeerMessage, names: Names): string {
  switch (m.kind) {
    case "request":
      return `: ${actionText(m.action)}${m.attempt > 1 ? `, attempt ${m.attempt}` : ""}`;
    case "reply":
      return `: ${outcomeText(m.outcome)}${m.attempt > 1 ? `, to attempt ${m.attempt}` : ""}`;
    case "grant.request":
      return ` ${m.isStanding ? "standing" : "round"} ${m.round}: ${m.n}${bound(m.bound)}`;
    case "granted": {
      const items = m.items.map((i) => `${names.message(m.group, i.index, i.offset)}/${i.fence}`);
      return ` round ${m.round}: ${items.length === 0 ? "nothing" : items.join(", ")} (${m.state})`;
    }
    case "ask":
      return `: the best ${m.count}`;
    case "ladder": {
      const rungs = m.rungs.map((r) => `${r.count} of priority ${r.lo}`);
      return `: ${m.state === "ok" ? rungs.join(", ") || "nothing" : m.state}`;
    }
    case "digest": {
      const leases = m.leases.map((l) => `${names.message(m.group, l.index, l.offset)}/${l.fence}`);
      return `: ${leases.join(", ") || "no lease"}`;
    }
    default:
      return raftDetail(m);
  }
}

function raftDetail(m: PeerMessage): string {
  switch (m.kind) {
    case "pre-vote":
    case "vote":
      return ` for term ${m.term}, log to ${m.lastIndex} of term ${m.lastTerm}`;
    case "pre-vote.reply":
    case "vote.reply":
      return ` for term ${m.term}: ${m.granted ? "yes" : "no"}`;
    case "append":
      return ` after ${m.prevIndex} of term ${m.prevTerm}: ${m.blocks.length} blocks, commit ${m.commit}`;
    case "append.reply":
      return `: ${m.accepted ? "up to" : "no, try"} ${m.index}`;
    case "formation": {
      if (m.status === "none") return " none";
      const { cluster, founders } = m.founding;
      return ` ${m.status} ${idText(cluster).slice(0, 6)}, founders ${founders.map((f) => f.name).join(" ")}`;
    }
    default:
      return "";
  }
}

function bound(b: { readonly hi: number; readonly lo: number } | undefined): string {
  return b ? `, none worse than ${b.hi * 2 ** 32 + b.lo}` : "";
}

function actionText(action: RequestAction): string {
  if (action.type !== "propose") return action.type;
  const intent = decodeIntent(action.intent);
  if (intent.kind !== "enqueue") return intent.kind;
  return `enqueue ${Buffer.from(intent.payload).toString()}`;
}

function outcomeText(outcome: ReplyOutcome): string {
  return outcome.type === "refused" ? outcome.code : outcome.type;
}
