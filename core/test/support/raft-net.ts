// A few Raft replicas whose messages are delivered, dropped and repeated by hand, and whose disks are
// synced by hand. It keeps the host's duties and nothing else: what waits for a sync leaves after it,
// an acknowledgement carries what is durable at that moment (D-52).

import { AppendWindow } from "../../src/raft/append-window.js";
import { crc32 } from "../../src/lib/crc32.js";
import { RaftGroup, type RaftHost, type RaftSettings } from "../../src/raft/group.js";
import { requestRead } from "../../src/raft/reads.js";
import type { Output } from "../../src/raft/outputs.js";
import { appendOwn, replicate } from "../../src/raft/replication.js";
import { receive, synced, tick } from "../../src/raft/steps.js";
import { decodeBlock, encodeBlock, EntryKind, type Block } from "../../src/wire/blocks.js";
import type { HardState } from "../../src/wire/disk-records.js";
import type { Append, RaftMessage, SentBlock, Vote } from "../../src/wire/messages.js";

const RAFT_SETTINGS: RaftSettings = {
  electionTicksMin: 10,
  electionTicksSpread: 10,
  checkQuorumTicks: 10,
  probeTicks: 4,
  askTicks: 4,
  appendBlocksMax: 8,
  appendBytesMax: 1 << 20,
  inflightAppendsMax: 4,
};

export interface Letter {
  readonly from: number;
  readonly to: number;
  readonly message: RaftMessage;
}

export type Which = (letter: Letter) => boolean;

const everything: Which = () => true;

export function between(from: number, to: number): Which {
  return (l) => l.from === from && l.to === to;
}

export function kind(...kinds: readonly RaftMessage["kind"][]): Which {
  return (l) => kinds.includes(l.message.kind);
}

export const HEAD = { group: 1, incarnation: 1 };

export function vote(term: number, lastTerm = 0, lastIndex = 0): Vote {
  return { kind: "vote", ...HEAD, term, lastTerm, lastIndex, isTransfer: false };
}

export function append(term: number, more: Partial<Append> = {}): Append {
  const head = { kind: "append" as const, ...HEAD, term, prevIndex: 0, prevTerm: 0 };
  return { ...head, seq: 1, isStart: true, commit: 0, blocks: [], ...more };
}

/** Takes the replies to node `to` out of the net, in the order they were sent. */
export function repliesTo(net: RaftNet, to: number): RaftMessage[] {
  return net.take((l) => l.to === to && l.message.kind.endsWith(".reply")).map((l) => l.message);
}

/** The blocks of a log with these terms from index `from` on, one entry each, ready to be sent. */
export function blocksOf(terms: readonly number[], from: number, group = 1): SentBlock[] {
  return terms.slice(from - 1).map((term, i) => {
    const index = from + i;
    return { bytes: blockOf(index, term, terms[index - 2] ?? 0, group).bytes, use: 1 };
  });
}

function blockOf(index: number, term: number, prevTerm: number, group = 1): Block {
  const entry = { kind: EntryKind.command, stampMs: 1, seedHi: 0, seedLo: 0, intents: [] };
  return encodeBlock(group, index, term, prevTerm, [entry]);
}

export class RaftNode implements RaftHost {
  readonly crc = crc32;
  readonly net: RaftNet;
  readonly self: number;
  group: RaftGroup;
  held: { seq: number; to: number; message: RaftMessage }[] = [];
  /** What a crash leaves. */
  readonly disk = new Map<number, Uint8Array>();
  hardState: HardState = { term: 0, vote: 0, lastIndex: 0, lastTerm: 0 };
  isReady = false;
  wall = 0;

  constructor(net: RaftNet, self: number, voters: readonly number[]) {
    this.net = net;
    this.self = self;
    this.group = this.start(voters);
  }

  private start(voters: readonly number[]): RaftGroup {
    const { settings } = this.net;
    const { self } = this;
    return new RaftGroup({
      id: 1,
      incarnation: 1,
      self,
      voters,
      settings,
      host: this,
      jitterSeed: 7,
      bornMs: 0,
    });
  }

  monotonicMs(): number {
    return this.net.monoMs;
  }

  wallMs(): number {
    return this.wall;
  }

  /** What the steps asked for so far is carried out; tests that step a group by hand need not ask for it. */
  carryOut(): void {
    const { outputs } = this.group;
    // A new leader proposes: what that asks for is further down the same list.
    if (this.isCarrying) return;
    this.isCarrying = true;
    for (let i = 0; i < outputs.length; i += 1) this.carryOutOne(outputs.at(i));
    outputs.clear();
    this.isCarrying = false;
    this.release();
  }

  private isCarrying = false;

  private carryOutOne(output: Output): void {
    this.net.saw?.(this.self, output);
    switch (output.kind) {
      case "send":
        this.send(output.peer, output.message as RaftMessage);
        break;
      case "send.after-persist": {
        const { seq, peer, message } = output;
        this.held.push({ seq, to: peer, message: message as RaftMessage });
        this.release();
        break;
      }
      case "drop-unsent":
        this.dropped.push(output.peer);
        break;
      case "role-changed":
        this.isReady = false;
        if (output.role === "leader") this.propose(EntryKind.noop);
        break;
      case "ready":
        this.isReady = true;
        break;
      case "read-confirmed":
        this.confirmedReads.push({ index: output.index, read: output.read });
        break;
      case "fetch-log":
        throw new Error("every block is held in memory here");
      case "persist":
      case "committed":
        // The rig looks at `isDirty`, and applies nothing.
        break;
    }
  }

  private readonly confirmedReads: { index: number; read: number }[] = [];

  get confirmed(): readonly { index: number; read: number }[] {
    this.carryOut();
    return this.confirmedReads;
  }

  private send(to: number, message: RaftMessage): void {
    this.net.post({ from: this.self, to, message });
  }

  /** Peers for which a run began anew, in order. */
  readonly dropped: number[] = [];

  private release(): void {
    const g = this.group;
    while (this.held.length > 0 && this.held[0].seq <= g.durableSeq) {
      const { to, message } = this.held[0];
      this.held.shift();
      if (message.kind === "append.untaken" || message.term !== g.term) continue;
      if (message.kind === "append.reply" && message.accepted) {
        const index = Math.min(message.index, g.durableIndex);
        this.send(to, { ...message, index, wallMs: this.wall });
      } else this.send(to, message);
    }
  }

  isStalled = false;
  /** Peers whose link takes nothing now. */
  readonly shut = new Set<number>();

  isOpen(peer: number): boolean {
    return !this.shut.has(peer);
  }

  appendWindow(): AppendWindow {
    return new AppendWindow(Infinity);
  }

  isDiskStalled(): boolean {
    return this.isStalled;
  }

  isDiskStuck(): boolean {
    return this.isStalled;
  }

  /** The leader puts one entry at the end of its log. */
  propose(entryKind: number = EntryKind.command): number {
    const g = this.group;
    const index = g.log.lastIndex + 1;
    const entry = { kind: entryKind, stampMs: g.stampNowMs(), seedHi: 0, seedLo: 0, intents: [] };
    appendOwn(g, encodeBlock(1, index, g.term, g.log.lastTerm, [entry]));
    replicate(g);
    this.carryOut();
    return index;
  }

  read(round: number, read: number): void {
    requestRead(this.group, round, read);
    this.carryOut();
  }

  /** Hands the next batch to the disk; `finish` is its completion, a crash before it loses the batch. */
  submit(): { finish: () => void } {
    const write = this.group.takeWrite();
    return {
      finish: () => {
        for (const first of write.deletedFirsts) this.disk.delete(first);
        for (const block of write.blocks) this.disk.set(block.first, block.bytes);
        this.hardState = write.hardState;
        synced(this.group, write.seq);
        this.carryOut();
      },
    };
  }

  sync(): void {
    if (this.group.isDirty) this.submit().finish();
  }

  tick(count = 1): void {
    for (let i = 0; i < count; i += 1) {
      tick(this.group);
      this.carryOut();
    }
  }

  /** Loses what was not synced and starts again from the disk. */
  restart(): void {
    const { voters } = this.group;
    this.held = [];
    this.group = this.start(voters);
    const firsts = [...this.disk.keys()].sort((a, b) => a - b);
    firsts.forEach((first, i) => {
      const block = this.block(first);
      const next = i + 1 < firsts.length ? firsts[i + 1] : Infinity;
      const last = Math.min(first + block.count - 1, next - 1, this.hardState.lastIndex);
      this.group.log.restore(block, last, Infinity);
    });
    this.group.restoreHardState(this.hardState);
  }

  private block(first: number): Block {
    const bytes = this.disk.get(first);
    if (!bytes) throw new Error(`block ${first} must be on disk`);
    return decodeBlock(bytes);
  }

  /** Starts with this log, as if it had come from leaders of these terms; all of it is synced. */
  load(terms: readonly number[], term: number, vote = 0): void {
    terms.forEach((t, i) => {
      this.disk.set(i + 1, blockOf(i + 1, t, terms[i - 1] ?? 0).bytes);
    });
    this.hardState = { term, vote, lastIndex: terms.length, lastTerm: terms.at(-1) ?? 0 };
    this.restart();
  }

  /** Terms of the entries, from index 1. */
  get terms(): number[] {
    const { log } = this.group;
    return Array.from({ length: log.lastIndex }, (_, i) => log.termAt(i + 1));
  }

  receive(from: number, m: RaftMessage): void {
    receive(this.group, from, m);
    this.carryOut();
  }
}

export class RaftNet {
  readonly settings: RaftSettings;
  readonly nodes: readonly RaftNode[];
  private posted: Letter[] = [];
  /** Sees each output as it is carried out. */
  saw: ((self: number, output: Output) => void) | undefined;
  /** Sees each message as it leaves. */
  left: ((letter: Letter) => void) | undefined;
  monoMs = 0;

  constructor(count: number, settings: Partial<RaftSettings> = {}) {
    this.settings = { ...RAFT_SETTINGS, ...settings };
    const voters = Array.from({ length: count }, (_, i) => i + 1);
    this.nodes = voters.map((self) => new RaftNode(this, self, voters));
  }

  post(letter: Letter): void {
    this.left?.(letter);
    this.posted.push(letter);
  }

  /** A letter that was taken out is on its way again, behind all others. */
  putBack(letter: Letter): void {
    this.posted.push(letter);
  }

  /** What is on its way, also of steps that a test made by hand. */
  get letters(): readonly Letter[] {
    for (const node of this.nodes) node.carryOut();
    return this.posted;
  }

  node(self: number): RaftNode {
    return this.nodes[self - 1];
  }

  /** Takes the letters out of the net without delivering them. */
  take(which: Which): Letter[] {
    const taken = this.letters.filter(which);
    this.posted = this.posted.filter((l) => !taken.includes(l));
    return taken;
  }

  /** Delivers what is on its way now (not what comes of it); returns how many letters. */
  deliver(which: Which = everything): number {
    const taken = this.take(which);
    for (const l of taken) this.node(l.to).receive(l.from, l.message);
    return taken.length;
  }

  sync(): void {
    for (const n of this.nodes) n.sync();
  }

  /** Delivers and syncs until nothing is left; letters that `which` refuses are lost. */
  settle(which: Which = everything): void {
    for (let i = 0; i < 200; i += 1) {
      this.sync();
      this.take((l) => !which(l));
      const isQuiet = this.letters.length === 0 && this.nodes.every((n) => !n.group.isDirty);
      if (isQuiet) return;
      this.deliver();
    }
    throw new Error("the net does not come to rest");
  }

  /** Lets the node's election timer run out; nothing is delivered yet. */
  campaign(self: number): void {
    const n = this.node(self);
    n.tick(n.group.electionTimeout - n.group.electionTicks);
  }

  /** Makes the node leader with the help of all that `which` lets through. */
  elect(self: number, which: Which = everything): RaftNode {
    // The others have lost their leader.
    for (const n of this.nodes) {
      if (n.self !== self && n.group.role === "follower")
        n.group.electionTicks = this.settings.electionTicksMin;
    }
    this.campaign(self);
    this.settle(which);
    const n = this.node(self);
    if (!n.group.isLeader) throw new Error(`node ${self} must lead`);
    return n;
  }

  /** Followers hear of the commit index as from a beat: by an empty append of the leader. */
  spreadCommit(leader: number): void {
    const g = this.node(leader).group;
    for (const p of g.progress.values()) {
      const { id: group, incarnation, term, commitIndex } = g;
      const prevIndex = p.match;
      const prevTerm = g.log.termAt(prevIndex);
      const head = { kind: "append" as const, group, incarnation, term, prevIndex, prevTerm };
      const { seq, isStart } = p.takeSeq();
      this.node(p.peer).receive(leader, { ...head, seq, isStart, commit: commitIndex, blocks: [] });
    }
    this.settle();
  }
}
