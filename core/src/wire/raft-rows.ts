// What Raft messages, beats and pings look like as bytes.

import { id64 } from "./identity-record.js";
import type {
  Beat,
  BeatItem,
  BeatReply,
  BeatReplyItem,
  Ping,
  RaftMessage,
  SentBlock,
} from "./messages.js";
import type { Layout, Rows } from "./rows.js";

const sentBlock: Layout<SentBlock> = (pass, b) => ({
  use: pass.u16(b.use),
  bytes: pass.ownBlob(b.bytes),
});

const beatItem: Layout<BeatItem> = (pass, i) => ({
  group: pass.u32(i.group),
  incarnation: pass.u32(i.incarnation),
  term: pass.u32(i.term),
  commit: pass.u48(i.commit),
});

const beatReplyItem: Layout<BeatReplyItem> = (pass, i) => ({
  group: pass.u32(i.group),
  incarnation: pass.u32(i.incarnation),
  term: pass.u32(i.term),
  accepted: pass.bit(0, i.accepted),
  needsProbe: pass.bit(1, i.needsProbe),
});

export const RAFT_ROWS: Rows<RaftMessage, "kind"> = {
  "pre-vote": {
    tag: 1,
    layout: (pass, m) => ({
      kind: "pre-vote",
      group: pass.u32(m.group),
      incarnation: pass.u32(m.incarnation),
      term: pass.u32(m.term),
      token: pass.u32(m.token),
      lastIndex: pass.u48(m.lastIndex),
      lastTerm: pass.u32(m.lastTerm),
    }),
  },
  "pre-vote.reply": {
    tag: 2,
    layout: (pass, m) => ({
      kind: "pre-vote.reply",
      group: pass.u32(m.group),
      incarnation: pass.u32(m.incarnation),
      term: pass.u32(m.term),
      token: pass.u32(m.token),
      granted: pass.flag(m.granted),
      ownTerm: pass.u32(m.ownTerm),
    }),
  },
  vote: {
    tag: 3,
    layout: (pass, m) => ({
      kind: "vote",
      group: pass.u32(m.group),
      incarnation: pass.u32(m.incarnation),
      term: pass.u32(m.term),
      lastIndex: pass.u48(m.lastIndex),
      lastTerm: pass.u32(m.lastTerm),
      isTransfer: pass.flag(m.isTransfer),
    }),
  },
  "vote.reply": {
    tag: 4,
    layout: (pass, m) => ({
      kind: "vote.reply",
      group: pass.u32(m.group),
      incarnation: pass.u32(m.incarnation),
      term: pass.u32(m.term),
      granted: pass.flag(m.granted),
    }),
  },
  append: {
    tag: 5,
    layout: (pass, m) => ({
      kind: "append",
      group: pass.u32(m.group),
      incarnation: pass.u32(m.incarnation),
      term: pass.u32(m.term),
      seq: pass.u48(m.seq),
      isStart: pass.flag(m.isStart),
      prevIndex: pass.u48(m.prevIndex),
      prevTerm: pass.u32(m.prevTerm),
      commit: pass.u48(m.commit),
      blocks: pass.list16(m.blocks, sentBlock),
    }),
  },
  "append.reply": {
    tag: 6,
    layout: (pass, m) => ({
      kind: "append.reply",
      group: pass.u32(m.group),
      incarnation: pass.u32(m.incarnation),
      term: pass.u32(m.term),
      seq: pass.u48(m.seq),
      accepted: pass.flag(m.accepted),
      index: pass.u48(m.index),
      prevIndex: pass.u48(m.prevIndex),
      wallMs: pass.u48(m.wallMs),
    }),
  },
  "timeout-now": {
    tag: 9,
    layout: (pass, m) => ({
      kind: "timeout-now",
      group: pass.u32(m.group),
      incarnation: pass.u32(m.incarnation),
      term: pass.u32(m.term),
    }),
  },
  "append.untaken": {
    tag: 10,
    layout: (pass, m) => ({
      kind: "append.untaken",
      group: pass.u32(m.group),
      incarnation: pass.u32(m.incarnation),
      term: pass.u32(m.term),
      seq: pass.u48(m.seq),
      next: pass.u48(m.next),
    }),
  },
};

/** Of a pair of nodes, for all their groups. */
export const NODE_ROWS: Rows<Beat | BeatReply | Ping, "kind"> = {
  beat: {
    tag: 7,
    layout: (pass, m) => ({
      kind: "beat",
      round: pass.u48(m.round),
      isStalled: pass.flag(m.isStalled),
      items: pass.list32(m.items, beatItem),
    }),
  },
  "beat.reply": {
    tag: 8,
    layout: (pass, m) => ({
      kind: "beat.reply",
      round: pass.u48(m.round),
      wallMs: pass.u48(m.wallMs),
      isStalled: pass.flag(m.isStalled),
      items: pass.list32(m.items, beatReplyItem),
    }),
  },
  ping: {
    tag: 21,
    layout: (pass, m) => ({
      kind: "ping",
      token: pass.u32(m.token),
      nonce: pass.part(m.nonce, id64),
    }),
  },
  pong: {
    tag: 22,
    layout: (pass, m) => ({
      kind: "pong",
      token: pass.u32(m.token),
      nonce: pass.part(m.nonce, id64),
    }),
  },
};
