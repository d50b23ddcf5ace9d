// Frames from peers: refuses what is malformed or of another cluster, drops what an earlier life of the
// sender said, and hands each message to the part it is for.

import type { Member } from "../lib/brands.js";
import { MalformedInput } from "../lib/bytes.js";
import { sayUntaken } from "../raft/replication.js";
import { receive } from "../raft/steps.js";
import { isTooFar, termNamed } from "../raft/term-leap.js";
import { decodeFrame, type Frame } from "../wire/frames.js";
import type { PeerMessage, RaftMessage } from "../wire/messages.js";
import type { Beats } from "../leader/beats.js";
import type { HostContext } from "../member/context.js";
import type { Streams } from "../edge/streams/streams.js";
import { onDigestRequest } from "../leader/digests.js";
import { onAsk, onGrantRequest } from "../leader/grants.js";
import type { Replica } from "../member/replica.js";
import type { Leader } from "../leader/leader.js";
import type { Lives } from "./lives.js";
import type { Operations } from "../edge/requests/operations.js";

interface InboundParts {
  readonly context: HostContext;
  readonly beats: Beats;
  readonly leader: Leader;
  readonly lives: Lives;
  readonly operations: Operations;
  readonly streams: Streams;
  readonly guard: (replica: Replica, step: () => void) => void;
  readonly isDiskStalled: () => boolean;
  /** A member came back under a new incarnation, or was heard for the first time. */
  readonly peerIsNew: (peer: number, isReplaced: boolean) => void;
}

export class Inbound {
  private readonly parts: InboundParts;
  /** Newest incarnation heard of each member, 0 for none. */
  private readonly incarnations = new Map<number, number>();
  private received = 0;
  private refused = 0;

  constructor(parts: InboundParts) {
    this.parts = parts;
  }

  incarnationOf(member: number): number {
    return this.incarnations.get(member) ?? 0;
  }

  setOwn(incarnation: number): void {
    this.incarnations.set(this.parts.context.self, incarnation);
  }

  get counts(): { framesReceived: number; framesRefused: number } {
    return { framesReceived: this.received, framesRefused: this.refused };
  }

  /** `member` is whom the link belongs to: a frame that names another sender is refused. */
  onFrame(member: number, frame: Frame): void {
    const { cluster } = this.parts.context;
    const isOurs = frame.clusterHi === cluster.hi && frame.clusterLo === cluster.lo;
    const isPeer = member !== 0 && member !== this.parts.context.self;
    if (!isOurs || !isPeer || frame.sender !== member) {
      this.refused += 1;
      return;
    }
    const known = this.incarnationOf(member);
    // What an earlier life of the sender said is void: it may have promised what it lost.
    if (frame.senderIncarnation < known) return;
    if (frame.senderIncarnation > known) {
      this.incarnations.set(member, frame.senderIncarnation);
      this.parts.peerIsNew(member, known !== 0);
    }
    for (const message of frame.messages) this.onMessage(member, message);
  }

  /** Undefined: not a frame of this version; it is counted. */
  read(bytes: Uint8Array): Frame | undefined {
    this.received += 1;
    try {
      return decodeFrame(bytes, this.parts.context.crc);
    } catch (error) {
      if (!(error instanceof MalformedInput)) throw error;
      this.refused += 1;
      return undefined;
    }
  }

  onMessage(from: Member, m: PeerMessage): void {
    const { context, beats, leader, operations, streams } = this.parts;
    context.observer?.received?.(from, m);
    switch (m.kind) {
      case "pre-vote":
      case "pre-vote.reply":
      case "vote":
      case "vote.reply":
      case "timeout-now":
      case "append":
      case "append.reply":
      case "append.untaken":
        this.onRaftMessage(from, m);
        break;
      case "beat":
        beats.onBeat(from, m, this.parts.isDiskStalled());
        break;
      case "beat.reply":
        beats.onBeatReply(from, m);
        break;
      case "request":
        leader.onRequest(from, m);
        break;
      case "reply":
        operations.router.onReply(from, m);
        break;
      case "grant.request":
        onGrantRequest(context, from, m);
        break;
      case "granted":
        streams.onGranted(from, m);
        break;
      case "ask":
        onAsk(context, from, m);
        break;
      case "ladder":
        streams.onLadder(from, m);
        break;
      case "digest":
        streams.onDigest(m);
        break;
      case "digest.request":
        onDigestRequest(context, from, m);
        break;
      case "ping":
      case "pong":
        this.parts.lives.onPing(from, m);
        break;
      case "formation":
        // Said in frames that name no cluster; here it would be a mistake of the sender.
        this.refused += 1;
        break;
    }
  }

  private onRaftMessage(from: Member, m: RaftMessage): void {
    const replica = this.parts.context.groups.get(m.group);
    const isHere = replica !== undefined && replica.stoppedBecause === undefined;
    if (
      !isHere ||
      replica.raft.incarnation !== m.incarnation ||
      !replica.raft.voters.includes(from)
    ) {
      this.cannotTake(from, m);
      return;
    }
    // A replica whose machine stopped leads nothing, whoever asks for it (D-89).
    if (m.kind === "timeout-now" && replica.machineStoppedBecause !== undefined) return;
    if (isTooFar(replica.raft.term, termNamed(m))) {
      this.refused += 1;
      this.cannotTake(from, m);
      return;
    }
    this.parts.guard(replica, () => {
      try {
        receive(replica.raft, from, m);
      } catch (error) {
        // Only what a peer sent can be malformed here.
        if (!(error instanceof MalformedInput)) throw error;
        this.refused += 1;
        this.cannotTake(from, m);
      }
    });
  }

  /** The sender of an append has to know that it does not count (D-90). */
  private cannotTake(from: Member, m: RaftMessage): void {
    if (m.kind === "append") sayUntaken(this.parts.context, from, m, 0);
  }
}
