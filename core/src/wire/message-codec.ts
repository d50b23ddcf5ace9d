// The bytes of each peer message. Writing and reading stand beside each other per message, so that a
// field cannot be forgotten on one side; a round-trip property test covers all kinds.

import { MalformedInput, type Reader, type Writer } from "../lib/bytes.js";
import { readNews, writeNews } from "./formation-news.js";
import { readHostMessage, writeHostMessage } from "./host-message-codec.js";
import type { PeerMessage, RaftMessage, SentBlock } from "./messages.js";

/** Message kinds on the wire. Host messages start at 32. */
const Kind = {
  preVote: 1,
  preVoteReply: 2,
  vote: 3,
  voteReply: 4,
  append: 5,
  appendReply: 6,
  beat: 7,
  beatReply: 8,
  timeoutNow: 9,
  appendUntaken: 10,
  formation: 20,
  ping: 21,
  pong: 22,
} as const;

function writeBlocks(w: Writer, blocks: readonly SentBlock[]): void {
  w.u16(blocks.length);
  for (const block of blocks) w.u16(block.use).blob(block.bytes);
}

function readBlocks(r: Reader): SentBlock[] {
  const blocks: SentBlock[] = [];
  const count = r.u16();
  for (let i = 0; i < count; i += 1) {
    const use = r.u16();
    // A copy: the block outlives the frame it came in.
    blocks.push({ use, bytes: r.blob().slice() });
  }
  return blocks;
}

export function writeMessage(w: Writer, m: PeerMessage): void {
  switch (m.kind) {
    case "pre-vote":
      w.u8(Kind.preVote).u32(m.group).u32(m.incarnation).u32(m.term).u32(m.token);
      w.u48(m.lastIndex).u32(m.lastTerm);
      break;
    case "pre-vote.reply":
      w.u8(Kind.preVoteReply).u32(m.group).u32(m.incarnation).u32(m.term).u32(m.token);
      w.u8(m.granted ? 1 : 0).u32(m.ownTerm);
      break;
    case "vote":
      w.u8(Kind.vote).u32(m.group).u32(m.incarnation).u32(m.term).u48(m.lastIndex).u32(m.lastTerm);
      w.u8(m.isTransfer ? 1 : 0);
      break;
    case "timeout-now":
      w.u8(Kind.timeoutNow).u32(m.group).u32(m.incarnation).u32(m.term);
      break;
    case "vote.reply":
      w.u8(Kind.voteReply)
        .u32(m.group)
        .u32(m.incarnation)
        .u32(m.term)
        .u8(m.granted ? 1 : 0);
      break;
    case "append":
      w.u8(Kind.append).u32(m.group).u32(m.incarnation).u32(m.term);
      w.u48(m.seq).u8(m.isStart ? 1 : 0);
      w.u48(m.prevIndex).u32(m.prevTerm).u48(m.commit);
      writeBlocks(w, m.blocks);
      break;
    case "append.untaken":
      w.u8(Kind.appendUntaken).u32(m.group).u32(m.incarnation).u32(m.term);
      w.u48(m.seq).u48(m.next);
      break;
    case "append.reply":
      w.u8(Kind.appendReply).u32(m.group).u32(m.incarnation).u32(m.term).u48(m.seq);
      w.u8(m.accepted ? 1 : 0)
        .u48(m.index)
        .u48(m.prevIndex)
        .u48(m.wallMs);
      break;
    case "beat":
      w.u8(Kind.beat)
        .u48(m.round)
        .u8(m.isStalled ? 1 : 0)
        .u32(m.items.length);
      for (const i of m.items) w.u32(i.group).u32(i.incarnation).u32(i.term).u48(i.commit);
      break;
    case "beat.reply":
      w.u8(Kind.beatReply)
        .u48(m.round)
        .u48(m.wallMs)
        .u8(m.isStalled ? 1 : 0);
      w.u32(m.items.length);
      for (const i of m.items) {
        w.u32(i.group).u32(i.incarnation).u32(i.term);
        w.u8((i.accepted ? 1 : 0) | (i.needsProbe ? 2 : 0));
      }
      break;
    case "formation":
      writeNews(w.u8(Kind.formation), m);
      break;
    case "ping":
    case "pong":
      w.u8(m.kind === "ping" ? Kind.ping : Kind.pong).u32(m.token);
      w.u32(m.nonce.hi).u32(m.nonce.lo);
      break;
    default:
      writeHostMessage(w, m);
  }
}

function readRaftMessage(kind: number, r: Reader): RaftMessage | undefined {
  const group = r.u32();
  const incarnation = r.u32();
  const term = r.u32();
  switch (kind) {
    case Kind.preVote:
      return {
        kind: "pre-vote",
        group,
        incarnation,
        term,
        token: r.u32(),
        lastIndex: r.u48(),
        lastTerm: r.u32(),
      };
    case Kind.preVoteReply: {
      const token = r.u32();
      const granted = r.u8() === 1;
      return { kind: "pre-vote.reply", group, incarnation, term, token, granted, ownTerm: r.u32() };
    }
    case Kind.vote: {
      const lastIndex = r.u48();
      const lastTerm = r.u32();
      const isTransfer = r.u8() === 1;
      return { kind: "vote", group, incarnation, term, lastIndex, lastTerm, isTransfer };
    }
    case Kind.timeoutNow:
      return { kind: "timeout-now", group, incarnation, term };
    case Kind.voteReply:
      return { kind: "vote.reply", group, incarnation, term, granted: r.u8() === 1 };
    case Kind.append:
      return {
        kind: "append",
        group,
        incarnation,
        term,
        seq: r.u48(),
        isStart: r.u8() === 1,
        prevIndex: r.u48(),
        prevTerm: r.u32(),
        commit: r.u48(),
        blocks: readBlocks(r),
      };
    case Kind.appendUntaken:
      return { kind: "append.untaken", group, incarnation, term, seq: r.u48(), next: r.u48() };
    case Kind.appendReply: {
      const seq = r.u48();
      const accepted = r.u8() === 1;
      const index = r.u48();
      const prevIndex = r.u48();
      const wallMs = r.u48();
      const head = { kind: "append.reply" as const, group, incarnation, term };
      return { ...head, seq, accepted, index, prevIndex, wallMs };
    }
    default:
      return undefined;
  }
}

export function readMessage(r: Reader): PeerMessage {
  const kind = r.u8();
  if (kind >= 32) return readHostMessage(kind, r);
  if (kind === Kind.beat) {
    const round = r.u48();
    const isStalled = r.u8() === 1;
    const count = r.u32();
    const items = [];
    for (let i = 0; i < count; i += 1) {
      items.push({ group: r.u32(), incarnation: r.u32(), term: r.u32(), commit: r.u48() });
    }
    return { kind: "beat", round, isStalled, items };
  }
  if (kind === Kind.beatReply) {
    const round = r.u48();
    const wallMs = r.u48();
    const isStalled = r.u8() === 1;
    const count = r.u32();
    const items = [];
    for (let i = 0; i < count; i += 1) {
      const group = r.u32();
      const incarnation = r.u32();
      const term = r.u32();
      const flags = r.u8();
      items.push({
        group,
        incarnation,
        term,
        accepted: (flags & 1) !== 0,
        needsProbe: (flags & 2) !== 0,
      });
    }
    return { kind: "beat.reply", round, wallMs, isStalled, items };
  }
  if (kind === Kind.formation) return readNews(r);
  if (kind === Kind.ping || kind === Kind.pong) {
    const token = r.u32();
    const nonce = { hi: r.u32(), lo: r.u32() };
    return { kind: kind === Kind.ping ? "ping" : "pong", token, nonce };
  }
  const message = readRaftMessage(kind, r);
  if (!message) throw new MalformedInput(`message kind ${kind} is unknown to this version`);
  return message;
}
