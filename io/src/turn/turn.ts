// The turn (D-56): the one loop that carries a node, the same code in the simulator and in production.
// It never awaits: ports are submissions, completions arrive in its inbox. Order of a turn:
//   1 drain the inbox in arrival order, within a budget       2 step each event (completions of the disk
//   3 collect: leaders make entries, beats join                 release what waited for them)
//   4 send frames: appends leave before the fsync             5 if no batch is in flight, one chained,
//   6 apply what is committed and durable, within a budget      synced batch for all dirty groups
//   7 send replies, write to clients                          8 yield, when anything is left
// Budgets are counts and bytes, never milliseconds.

import type { Host, HostEvent } from "@disheap/core";
import type { Ports } from "../ports.js";

/** Tokens of the store's opening and of identities; batches and reads use the host's own. */
const OPEN_TOKEN = 0;
const IDENTITY_TOKEN = 0;

export class Turn {
  private readonly host: Host;
  private readonly ports: Ports;
  private readonly eventsMax: number;
  private readonly eventBytesMax: number;
  private inbox: HostEvent[] = [];
  private isStopped = false;
  private isWoken = false;
  private dueUs = Infinity;

  constructor(options: { readonly host: Host; readonly ports: Ports }) {
    this.host = options.host;
    this.ports = options.ports;
    const { turnEventsMax, turnEventBytesMax } = options.host.context.config.limits;
    this.eventsMax = turnEventsMax;
    this.eventBytesMax = turnEventBytesMax;
  }

  /** Opens the store; everything else follows from its completion. */
  start(): void {
    this.ports.disk.open(OPEN_TOKEN);
  }

  push(event: HostEvent): void {
    if (this.isStopped) return;
    this.inbox.push(event);
    this.wake();
  }

  /** After this nothing is stepped, sent or written any more. */
  stop(): void {
    this.isStopped = true;
    this.inbox = [];
  }

  private wake(): void {
    if (this.isWoken) return;
    this.isWoken = true;
    this.ports.scheduler.wake();
  }

  /** One turn. The scheduler calls it after a wake. */
  run(): void {
    this.isWoken = false;
    if (this.isStopped) return;
    const { host, ports } = this;
    host.setTime(ports.clock.monotonicUs(), ports.clock.wallMs());
    for (const event of this.take()) {
      host.step(event);
      // After a failed write or a damaged store nothing leaves any more, not even from this turn.
      if (this.isOver()) return;
    }
    host.collect();
    this.meetPeers();
    this.sendFrames();
    this.submit();
    host.applyCommitted();
    this.sendFrames();
    for (const effect of host.takeClientEffects()) ports.clients.emit(effect);
    for (const read of host.takeReads()) {
      ports.disk.scan(read.token, read.from, read.to, read.bytesMax);
    }
    if (this.inbox.length > 0 || host.wantsTurn) this.wake();
    const dueUs = host.nextDueUs();
    if (dueUs === this.dueUs) return;
    this.dueUs = dueUs;
    if (dueUs !== Infinity) ports.scheduler.wakeAt(dueUs);
  }

  /** The host cannot go on: stops everything and says why. */
  private isOver(): boolean {
    const { fatalMessage } = this.host;
    if (fatalMessage === undefined) return false;
    this.stop();
    this.ports.process.fatal(fatalMessage);
    return true;
  }

  private take(): HostEvent[] {
    const taken = this.inbox;
    let count = 0;
    let bytes = 0;
    while (count < taken.length && count < this.eventsMax && bytes < this.eventBytesMax) {
      bytes += bytesOf(taken[count]);
      count += 1;
    }
    this.inbox = count === taken.length ? [] : taken.slice(count);
    return count === taken.length ? taken : taken.slice(0, count);
  }

  /** Whose links are taken, and what this node shows to its own. */
  private meetPeers(): void {
    const { network } = this.ports;
    const card = this.host.takeCard();
    if (card) network.introduce(card);
    for (const { call, refusal } of this.host.takeVerdicts()) network.answer(call, refusal);
  }

  private sendFrames(): void {
    for (const { peer, frame, isUrgent } of this.host.takeFrames()) {
      this.ports.network.send(peer, frame, isUrgent);
    }
  }

  private submit(): void {
    const identity = this.host.takeIdentity();
    if (identity) this.ports.disk.identify(IDENTITY_TOKEN, identity);
    const batch = this.host.takeDiskBatch();
    if (batch) this.ports.disk.write(batch.n, batch.ops, true);
  }
}

/** What is copied and checked where the event is stepped. */
function bytesOf(event: HostEvent): number {
  if (event.kind === "peer.frame" || event.kind === "session.frame") return event.frame.length;
  const isEnqueue = event.kind === "client.request" && event.request.op === "enqueue";
  return isEnqueue ? event.request.payload.length : 0;
}
