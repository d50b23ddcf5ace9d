// Log replication (Raft section 3.5): appends leave before the leader's own fsync, acknowledgements
// after the follower's; commit counts durable copies of the own term only.

import type { LogIndex, Member } from "../lib/brands.js";
import { assert } from "../lib/assert.js";
import { MalformedInput } from "../lib/bytes.js";
import { decodeBlock, type Block } from "../wire/blocks.js";
import type {
  Append,
  AppendReply,
  AppendUntaken,
  BeatItem,
  PeerMessage,
  SentBlock,
} from "../wire/messages.js";
import { checkBlock } from "./block-checks.js";
import type { RaftGroup } from "./group.js";
import type { Progress } from "./progress.js";

/** The leader puts its block at the end of its log. */
export function appendOwn(g: RaftGroup, block: Block): void {
  assert(g.isLeader && block.term === g.term, "R8: only the leader appends, in its own term");
  assert(block.first === g.log.lastIndex + 1, "R8: a leader only appends");
  g.putBlock(block, block.first + block.count - 1, undefined);
}

/** Sends what followers lack; called once per turn for a leader with news, and after acknowledgements. */
export function replicate(g: RaftGroup): void {
  for (const p of g.progress.values()) replicateTo(g, p);
}

function replicateTo(g: RaftGroup, p: Progress): void {
  if (p.isFetching || !g.host.isOpen(p.peer)) return;
  if (p.isProbing) {
    if (!p.isProbeSent) transmit(g, p, p.next, p.next - 1, []);
    p.isProbeSent = true;
    return;
  }
  while (p.next <= g.log.lastIndex && p.hasRoom(g.settings.inflightAppendsMax)) {
    if (!sendAppend(g, p)) return;
  }
}

/** Sends one append from the block that holds `next`. False: its bytes had to be asked for first. */
function sendAppend(g: RaftGroup, p: Progress): boolean {
  const start = p.next > g.log.lastIndex ? p.next : g.log.rangeAt(p.next).first;
  const blocks: SentBlock[] = [];
  let bytes = 0;
  let at = start;
  while (at <= g.log.lastIndex && blocks.length < g.settings.appendBlocksMax) {
    const block = g.log.blockAt(at);
    if (!block) {
      if (blocks.length > 0) break;
      p.isFetching = true;
      g.outputs.fetchLog(p.peer, at);
      return false;
    }
    if (blocks.length > 0 && bytes + block.bytes.length > g.settings.appendBytesMax) break;
    const { first, last } = g.log.rangeAt(at);
    blocks.push({ bytes: block.bytes, use: last - first + 1 });
    bytes += block.bytes.length;
    at = last + 1;
  }
  transmit(g, p, start, at - 1, blocks);
  return true;
}

function transmit(
  g: RaftGroup,
  p: Progress,
  start: LogIndex,
  last: LogIndex,
  blocks: readonly SentBlock[],
): void {
  const { seq, isStart } = p.takeSeq();
  g.outputs.send(p.peer, {
    kind: "append",
    group: g.id,
    incarnation: g.incarnation,
    term: g.term,
    seq,
    isStart,
    prevIndex: start - 1,
    prevTerm: g.log.termAt(start - 1),
    commit: g.commitIndex,
    blocks,
  });
  if (blocks.length === 0) return;
  let bytes = 0;
  for (const block of blocks) bytes += block.bytes.length;
  p.sent({ seq, first: start, last, bytes });
  p.next = last + 1;
}

/** Blocks read from disk for a follower arrive; what is no longer in the log is asked for again. */
export function refilled(g: RaftGroup, peer: Member, from: LogIndex, read: readonly Block[]): void {
  const p = g.progress.get(peer);
  if (!g.isLeader || !p || !p.isFetching) return;
  p.isFetching = false;
  const blocks: SentBlock[] = [];
  let at = from;
  let bytes = 0;
  for (const block of read) {
    if (block.first !== at || blocks.length >= g.settings.appendBlocksMax) break;
    if (blocks.length > 0 && bytes + block.bytes.length > g.settings.appendBytesMax) break;
    const { first, last } = g.log.rangeAt(at);
    blocks.push({ bytes: block.bytes, use: last - first + 1 });
    bytes += block.bytes.length;
    at = last + 1;
    if (at > g.log.lastIndex) break;
  }
  const isWanted = !p.isProbing && p.next >= from && p.next <= at - 1;
  if (blocks.length > 0 && isWanted && g.host.isOpen(peer)) transmit(g, p, from, at - 1, blocks);
  replicateTo(g, p);
}

// --- follower ------------------------------------------------------------------------------------

export function onAppend(g: RaftGroup, from: Member, m: Append): void {
  if (m.term < g.term) {
    refuse(g, from, m, 0);
    return;
  }
  if (m.prevIndex === 0 && m.prevTerm !== 0) {
    throw new MalformedInput(
      `an append for group ${g.id} begins behind an entry of term ${m.prevTerm} at 0`,
    );
  }
  assert(!(g.isLeader && m.term === g.term), `R1: two leaders in term ${m.term} of group ${g.id}`);
  g.becomeFollower(m.term, from);
  if (m.seq > g.nextAppendSeq && !m.isStart) {
    sayUntaken(g.outputs, from, m, g.nextAppendSeq);
    return;
  }
  g.nextAppendSeq = Math.max(g.nextAppendSeq, m.seq + 1);
  if (m.prevIndex > g.log.lastIndex) {
    refuse(g, from, m, g.log.lastIndex + 1);
    return;
  }
  if (g.log.termAt(m.prevIndex) !== m.prevTerm) {
    refuse(g, from, m, Math.max(g.commitIndex + 1, g.log.firstOfTerm(m.prevIndex)));
    return;
  }
  const matched = takeBlocks(g, m);
  g.validatedIndex = Math.max(g.validatedIndex, matched);
  advanceCommit(g, Math.min(m.commit, matched));
  g.sendAfterPersist(from, {
    kind: "append.reply",
    group: g.id,
    incarnation: g.incarnation,
    term: g.term,
    seq: m.seq,
    accepted: true,
    index: matched,
    prevIndex: m.prevIndex,
    wallMs: 0,
  });
}

/** Nothing was looked at: the answer names only what the append said, and leaves at once. */
export function sayUntaken(
  by: { send(peer: Member, message: PeerMessage): void },
  to: Member,
  { group, incarnation, term, seq }: Append,
  next: number,
): void {
  by.send(to, { kind: "append.untaken", group, incarnation, term, seq, next });
}

function refuse(g: RaftGroup, to: Member, { seq, prevIndex }: Append, hint: LogIndex): void {
  g.sendAfterPersist(to, {
    kind: "append.reply",
    group: g.id,
    incarnation: g.incarnation,
    term: g.term,
    seq,
    accepted: false,
    index: hint,
    prevIndex,
    wallMs: 0,
  });
}

/** Puts the blocks that are new; returns the last index this message validated (raft-B3). */
function takeBlocks(g: RaftGroup, m: Append): LogIndex {
  let matched = m.prevIndex;
  for (const sent of m.blocks) {
    const block = decodeBlock(sent.bytes, g.host.crc);
    if (
      block.group !== g.id ||
      block.first !== matched + 1 ||
      sent.use < 1 ||
      sent.use > block.count
    ) {
      throw new MalformedInput(`append for group ${g.id} holds a block that does not fit`);
    }
    checkBlock(g.log, block, m.term);
    const last = block.first + sent.use - 1;
    // Same term at the same index means the same prefix (R2): nothing to do, whatever follows it.
    if (g.log.termAt(last) !== block.term) g.putBlock(block, last, conflictAt(g, block, last));
    matched = last;
  }
  return matched;
}

/** The first index at which the log disagrees with the block, if it reaches that far (raft-B2). */
function conflictAt(g: RaftGroup, block: Block, last: LogIndex): LogIndex | undefined {
  for (let index = block.first; index <= Math.min(last, g.log.lastIndex); index += 1) {
    if (g.log.termAt(index) !== block.term) return index;
  }
  return undefined;
}

/** A beat's commit, clamped to what the leader validated here (D-58). True: the leader should probe. */
export function onBeatCommit(g: RaftGroup, item: BeatItem): boolean {
  advanceCommit(g, Math.min(item.commit, g.validatedIndex));
  return item.commit > g.validatedIndex;
}

function advanceCommit(g: RaftGroup, index: LogIndex): void {
  if (index > g.commitIndex) g.commitTo(index);
  assert(g.commitIndex <= g.log.lastIndex, `R4: commit ${g.commitIndex} must be in the log`);
}

// --- leader --------------------------------------------------------------------------------------

export function onAppendReply(g: RaftGroup, from: Member, m: AppendReply): void {
  if (m.term > g.term) {
    g.becomeFollower(m.term, 0);
    return;
  }
  const p = g.progress.get(from);
  if (!g.isLeader || m.term !== g.term || !p) return;
  p.silentTicks = 0;
  p.wallMs = m.wallMs;
  if (m.accepted) {
    if (m.index > g.log.lastIndex) {
      throw new MalformedInput(`R5: member ${from} acknowledges ${m.index}, beyond the log`);
    }
    if (p.acknowledged(m.index, m.prevIndex, m.seq)) maybeCommit(g);
  } else {
    // One of an earlier run is late.
    if (m.seq < p.runSeq) return;
    const next = Math.min(m.index, m.prevIndex);
    // What it refuses now it had acknowledged once: its log was put back, and it does not count until repaired (D-88).
    if (m.prevIndex <= p.held) p.lost(next);
    else p.probe(next);
    g.outputs.dropUnsent(p.peer);
  }
  replicateTo(g, p);
}

/** Commits what a majority holds durably, if it is of the own term (Raft section 3.6.2, raft-C1). */
export function maybeCommit(g: RaftGroup): void {
  if (!g.isLeader) return;
  const index = quorumIndex(g);
  if (index > g.commitIndex && g.log.termAt(index) === g.term) {
    g.commitTo(index);
    if (!g.isReady && index >= g.termStartIndex) {
      g.isReady = true;
      g.outputs.ready();
    }
  }
}

function quorumIndex(g: RaftGroup): LogIndex {
  const held = g.voters.map((v) =>
    v === g.self ? g.durableIndex : (g.progress.get(v)?.held ?? 0),
  );
  held.sort((a, b) => b - a);
  return held[g.quorum - 1];
}

/** The follower answered a beat: it is there, it vouches for `round`, and it may need a resend. */
export function onBeatAnswered(
  g: RaftGroup,
  from: Member,
  answer: {
    readonly round: number;
    readonly wallMs: number;
    readonly isStalled: boolean;
    readonly needsProbe: boolean;
  },
): void {
  const p = g.progress.get(from);
  if (!p) return;
  const { round, wallMs, isStalled, needsProbe } = answer;
  p.silentTicks = 0;
  p.wallMs = wallMs;
  p.isDiskHealthy = !isStalled;
  p.ackedRound = Math.max(p.ackedRound, round);
  // A beat overtakes bulk: what is on its way may be what the follower lacks, and is not sent twice (D-90).
  if (needsProbe && !p.isProbing && p.inflight.length === 0) probe(g, p);
  replicateTo(g, p);
}

/** The follower did not look at an append: it missed one before it, or cannot take any now. */
export function onAppendUntaken(g: RaftGroup, from: Member, m: AppendUntaken): void {
  const p = g.progress.get(from);
  if (!g.isLeader || m.term !== g.term || !p) return;
  // Every append behind a gap is answered; the first answer has seen to all of them.
  if (m.seq < p.runSeq || m.seq >= p.nextSeq) return;
  if (m.next > 0) {
    p.rewind(m.next);
    g.outputs.dropUnsent(from);
  } else {
    probe(g, p);
    // Asked again with the next beat, and only with an empty append.
    p.isProbeSent = true;
  }
  replicateTo(g, p);
}

/**
 * A new run: what of the one before has not left yet would only be refused, in the place of what is needed. It asks behind
 * what the follower is known to hold; of one that acknowledged nothing in this term, behind the whole log, as when the
 * term began: a refusal names where its log ends, and one that has been away is not sent what it holds (rev-F11).
 */
function probe(g: RaftGroup, p: Progress): void {
  p.probe((p.held > 0 ? p.held : g.log.lastIndex) + 1);
  g.outputs.dropUnsent(p.peer);
}

/** A probe is repeated with each beat; appends in flight are asked after, without their bytes. */
export function tickReplication(g: RaftGroup): void {
  for (const p of g.progress.values()) {
    const isWaiting = p.isProbing ? p.isProbeSent : p.inflight.length > 0;
    p.waitingTicks = isWaiting ? p.waitingTicks + 1 : 0;
    if (p.waitingTicks < (p.isProbing ? g.settings.probeTicks : g.settings.askTicks)) continue;
    p.waitingTicks = 0;
    if (p.isProbing) p.isProbeSent = false;
    else ask(g, p);
    replicateTo(g, p);
  }
}

/** An empty append behind those in flight: who missed one of them answers with its number. */
function ask(g: RaftGroup, p: Progress): void {
  if (g.host.isOpen(p.peer)) transmit(g, p, p.next, p.next - 1, []);
}

// --- links (D-90) ----------------------------------------------------------------------------------

/** The link to a follower ended: what was on its way counts as unsent. */
export function linkDown(g: RaftGroup, peer: Member): void {
  const p = g.progress.get(peer);
  if (p) probe(g, p);
}

/** A new life of the link: whatever was sent before is not relied on. */
export function linkUp(g: RaftGroup, peer: Member): void {
  const p = g.progress.get(peer);
  if (!p) return;
  probe(g, p);
  replicateTo(g, p);
}

/** The link has room again: it may have dropped some of what is in flight, and the follower knows which. */
export function linkRoom(g: RaftGroup, peer: Member): void {
  const p = g.progress.get(peer);
  if (!p) return;
  if (!p.isProbing && p.inflight.length > 0) ask(g, p);
  replicateTo(g, p);
}
