// Messages and outputs of Raft replicas as lines of a transcript. An entry is written INDEX:TERM, the end of a log too.

import type { RaftGroup } from "../../src/raft/group.js";
import type { Output } from "../../src/raft/outputs.js";
import { decodeBlock } from "../../src/wire/blocks.js";
import type { Append, AppendReply, RaftMessage } from "../../src/wire/messages.js";

/** Undefined: what comes of it is a line of its own. */
export function outputLine(output: Output, durableSeq: number): string | undefined {
  switch (output.kind) {
    case "send":
      return undefined;
    case "send.after-persist":
      if (output.seq <= durableSeq) return undefined;
      return `after sync ${output.seq} to n${output.peer}: ${messageText(output.message as RaftMessage)}`;
    case "drop-unsent":
      return `drops what has not left for n${output.peer}`;
    case "persist":
      return "has something to write";
    case "fetch-log":
      return `fetches from ${output.from} for n${output.peer}`;
    case "role-changed": {
      const leader = output.leader === 0 ? "nobody leads" : `n${output.leader} leads`;
      return `is ${output.role} in term ${output.term}, ${leader}`;
    }
    case "committed":
      return `knows ${output.index} to be committed`;
    case "ready":
      return "may serve";
    case "read-confirmed":
      return `confirms read ${output.read} at ${output.index}`;
  }
}

export function messageText(m: RaftMessage): string {
  switch (m.kind) {
    case "pre-vote":
      return `pre-vote term=${m.term} log=${m.lastIndex}:${m.lastTerm}`;
    case "pre-vote.reply":
      return `pre-vote.reply term=${m.term} ${m.granted ? "yes" : `no, is in ${m.ownTerm}`}`;
    case "vote": {
      const how = m.isTransfer ? " by transfer" : "";
      return `vote term=${m.term} log=${m.lastIndex}:${m.lastTerm}${how}`;
    }
    case "vote.reply":
      return `vote.reply term=${m.term} ${m.granted ? "yes" : "no"}`;
    case "timeout-now":
      return `timeout-now term=${m.term}`;
    case "append":
      return appendText(m);
    case "append.reply":
      return replyText(m);
    case "append.untaken":
      return `append.untaken term=${m.term} seq=${m.seq}, wants ${m.next}`;
  }
}

function appendText({ term, seq, isStart, prevIndex, prevTerm, commit, blocks }: Append): string {
  const entries = blocks.map(({ bytes }) => decodeBlock(bytes)).map((b) => `${b.first}:${b.term}`);
  const what = entries.length === 0 ? "nothing" : entries.join(" ");
  const start = isStart ? " start" : "";
  return `append term=${term} seq=${seq}${start} commit=${commit} after ${prevIndex}:${prevTerm}: ${what}`;
}

function replyText({ term, seq, accepted, index }: AppendReply): string {
  return `append.reply term=${term} seq=${seq} ${accepted ? "holds to" : "no, try"} ${index}`;
}

/** What identifies a message beside its sender and receiver. */
export function messageName(m: RaftMessage): string {
  return `${m.kind} term=${m.term}${"seq" in m ? ` seq=${m.seq}` : ""}`;
}

/** A replica on one line, as `must` checks it and `show` prints it. */
export function replicaFields(g: RaftGroup): Record<string, string> {
  const { log } = g;
  const terms = Array.from({ length: log.lastIndex }, (_, i) => log.termAt(i + 1));
  return {
    role: g.role,
    term: String(g.term),
    vote: String(g.vote),
    leader: String(g.leader),
    log: terms.join(","),
    durable: String(g.durableIndex),
    commit: String(g.commitIndex),
    ...(g.isLeader ? { match: [...g.progress.values()].map(({ match }) => match).join() } : {}),
  };
}
