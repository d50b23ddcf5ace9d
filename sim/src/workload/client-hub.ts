// The clients' connections: carries requests and streams to nodes with a little latency, and tells
// callers when a node is gone (the outcome is unknown then). Client links themselves are not faulted;
// nodes are.

import type {
  ClientEffect,
  ClientEvent,
  ClientRequest,
  ClientResult,
  DeliveredItem,
} from "@disheap/core";
import { between, draw, kindOf } from "../world/draw.js";
import type { World } from "../world/world.js";
import { type SessionEffect, SessionLinks } from "./session/session-links.js";
import { codeName } from "./session/columns-of.js";
import { StreamPipe } from "./stream-pipe.js";

const LATENCY = kindOf("client.latency");

/** Undefined: the node is gone and the outcome unknown. */
type OnReply = (result: ClientResult | undefined) => void;

interface StreamHandlers {
  readonly onItem: (item: DeliveredItem) => void;
  /** `isBroken`: the node is gone. */
  readonly onEnd: (failureCode: string | undefined, isBroken: boolean) => void;
}

interface Link {
  readonly node: number;
  readonly incarnation: number;
}

/** What a watcher (an oracle) wants to know of the client side. */
export interface ClientWatcher {
  readStarted?(requestId: number, node: number, request: ClientRequest): void;
  replied?(requestId: number, result: ClientResult): void;
  creditsSent?(node: number, streamId: number, credits: number): void;
  /** A session's client tells its node which of its deliveries it started, by their lease tokens. */
  startedTold?(node: number, streamId: number, leaseTokens: readonly string[]): void;
  /** A session's client ends it in order, and says nothing behind that. */
  endedInOrder?(node: number, streamId: number): void;
  /** A stream's event reaches its node. */
  streamTold?(node: number, event: ClientEvent): void;
  /** The transport took an item. */
  itemWritten?(node: number, streamId: number, item: DeliveredItem): void;
  /** These were handed over and never written. */
  itemsReturned?(node: number, streamId: number, items: readonly DeliveredItem[]): void;
}

/** A stream at its node's end. It outlives the client's interest until the cancel has arrived. */
interface Pipe {
  readonly node: number;
  readonly pipe: StreamPipe;
}

type CallEffect = Exclude<ClientEffect, SessionEffect>;

export class ClientHub {
  readonly world: World;
  private readonly requests = new Map<number, Link & { readonly onReply: OnReply }>();
  private readonly streams = new Map<number, Link & { readonly handlers: StreamHandlers }>();
  private readonly pipes = new Map<number, Pipe>();
  /** How ended streams ended: the code of the contract. */
  private readonly ends = new Map<number, string>();
  private readonly sessions: SessionLinks;
  private nextId = 1;
  private readonly watchers: readonly ClientWatcher[];

  constructor(world: World, watchers: readonly ClientWatcher[]) {
    this.world = world;
    this.watchers = watchers;
    this.sessions = new SessionLinks(world, {
      latencyUs: (id, leg) => this.latencyUs(id, leg),
      requestArrived: (id, node, request) => {
        for (const w of watchers) w.readStarted?.(id, node, request);
      },
      itemWritten: (node, streamId, item) => {
        for (const w of watchers) w.itemWritten?.(node, streamId, item);
      },
      itemsReturned: (node, streamId, items) => {
        for (const w of watchers) w.itemsReturned?.(node, streamId, items);
      },
      creditsSent: (node, streamId, credits) => {
        for (const w of watchers) w.creditsSent?.(node, streamId, credits);
      },
      startedTold: (node, streamId, leaseTokens) => {
        for (const w of watchers) w.startedTold?.(node, streamId, leaseTokens);
      },
      endedInOrder: (node, streamId) => {
        for (const w of watchers) w.endedInOrder?.(node, streamId);
      },
    });
  }

  private latencyUs(id: number, leg: number): number {
    const { seedHi, seedLo } = this.world.plan;
    return between(draw({ hi: seedHi, lo: seedLo }, LATENCY, leg, id), 50, 1_500);
  }

  request(node: number, request: ClientRequest, onReply: OnReply): void {
    const id = this.nextId;
    this.nextId += 1;
    const link = this.sessions.linkFor(node, id, request);
    if (link) {
      this.sessions.request(link, id, request, (result) => {
        if (result) for (const w of this.watchers) w.replied?.(id, result);
        onReply(result);
      });
      return;
    }
    const incarnation = this.world.node(node).incarnations;
    this.requests.set(id, { node, incarnation, onReply });
    this.world.queue.schedule(this.world.queue.nowUs + this.latencyUs(id, 0), () => {
      for (const w of this.watchers) w.readStarted?.(id, node, request);
      const isThere = this.world.clientEvent(node, incarnation, {
        kind: "client.request",
        requestId: id,
        request,
      });
      if (!isThere) this.lost(id);
    });
  }

  private lost(id: number): void {
    const pending = this.requests.get(id);
    if (!pending) return;
    this.requests.delete(id);
    const atUs = this.world.queue.nowUs + this.latencyUs(id, 1);
    this.world.queue.schedule(atUs, () => pending.onReply(undefined));
  }

  openStream(node: number, handlers: StreamHandlers): number {
    const id = this.nextId;
    this.nextId += 1;
    const incarnation = this.world.node(node).incarnations;
    this.streams.set(id, { node, incarnation, handlers });
    this.pipes.set(id, { node, pipe: this.makePipe(id, node, incarnation) });
    return id;
  }

  private makePipe(id: number, node: number, incarnation: number): StreamPipe {
    const { world, watchers } = this;
    return new StreamPipe(id, {
      nowUs: () => world.queue.nowUs,
      schedule: (atUs, run) => world.queue.schedule(atUs, run),
      pausedUntilUs: () => world.node(node).pausedUntilUs,
      latencyUs: this.latencyUs(id, 3),
      tell: (event) => world.clientEvent(node, incarnation, event),
      onWritten: (item) => {
        for (const w of watchers) w.itemWritten?.(node, id, item);
      },
      onBlocked: () => world.count("client.back-pressure"),
      onReturned: (items) => {
        for (const w of watchers) w.itemsReturned?.(node, id, items);
        for (let i = 0; i < items.length; i += 1) world.count("client.unwritten");
      },
      onArrived: (item) => this.streams.get(id)?.handlers.onItem(item),
      onEnded: () => this.ended(id),
    });
  }

  /** The client takes nothing any more; the transport takes `room` more items in its place. */
  stopReading(streamId: number, room: number): void {
    this.sessions.stopReading(streamId, room);
    this.pipes.get(streamId)?.pipe.stopReading(room);
  }

  readAgain(streamId: number): void {
    this.sessions.readAgain(streamId);
    this.pipes.get(streamId)?.pipe.readAgain();
  }

  /** Sends an event on a stream; events of one stream keep their order. */
  sendOnStream(streamId: number, event: ClientEvent): void {
    const stream = this.streams.get(streamId);
    if (!stream) return;
    if (this.sendOnSession(streamId, stream, event)) return;
    this.world.queue.schedule(this.world.queue.nowUs + this.latencyUs(streamId, 2), () => {
      if (event.kind === "stream.credits") {
        for (const w of this.watchers) w.creditsSent?.(stream.node, streamId, event.credits);
      }
      if (event.kind === "stream.cancel") this.pipes.get(streamId)?.pipe.cancel();
      const isTold = this.world.clientEvent(stream.node, stream.incarnation, event);
      if (!isTold) this.broken(streamId);
      else for (const w of this.watchers) w.streamTold?.(stream.node, event);
    });
  }

  /** A consumer with a session of its own says there what it would say on a stream. */
  private sendOnSession(
    streamId: number,
    { node, handlers }: Link & { readonly handlers: StreamHandlers },
    event: ClientEvent,
  ): boolean {
    if (event.kind === "stream.filter" && this.sessions.isFor(streamId)) {
      this.sessions.openConsumer(node, streamId, event, {
        onItem: (item) => this.streams.get(streamId)?.handlers.onItem(item),
        onEnd: (code) => {
          this.streams.delete(streamId);
          this.sessions.breakOff(streamId);
          handlers.onEnd(codeName(code), false);
        },
        onLost: () => {
          if (this.streams.delete(streamId)) handlers.onEnd(undefined, true);
        },
      });
      return true;
    }
    if (!this.sessions.has(streamId)) return false;
    if (event.kind === "stream.credits") this.sessions.credit(streamId, event.credits);
    else if (event.kind === "stream.half-close") this.sessions.endInOrder(streamId);
    else if (event.kind === "stream.cancel") this.sessions.breakOff(streamId);
    return true;
  }

  private broken(streamId: number): void {
    const stream = this.streams.get(streamId);
    if (!stream) return;
    this.streams.delete(streamId);
    const atUs = this.world.queue.nowUs + this.latencyUs(streamId, 3);
    this.world.queue.schedule(atUs, () => stream.handlers.onEnd(undefined, true));
  }

  /** The client walks away: whatever still arrives is not its concern. */
  forgetStream(streamId: number): void {
    this.streams.delete(streamId);
  }

  /** Carries an effect out; `say` hears before what it says to clients, as effects of single calls. */
  onEffect(node: number, effect: ClientEffect, say: (effect: ClientEffect) => void): void {
    if ("sessionId" in effect) {
      this.sessions.onEffect(node, effect, say);
      return;
    }
    say(effect);
    this.carry(node, effect);
  }

  private carry(node: number, effect: CallEffect): void {
    const { queue } = this.world;
    if (effect.kind === "client.reply") {
      const pending = this.requests.get(effect.requestId);
      if (!pending) return;
      this.requests.delete(effect.requestId);
      queue.schedule(queue.nowUs + this.latencyUs(effect.requestId, 1), () => {
        for (const w of this.watchers) w.replied?.(effect.requestId, effect.result);
        pending.onReply(effect.result);
      });
      return;
    }
    this.onStreamEffect(node, effect);
  }

  private onStreamEffect(
    node: number,
    effect: Exclude<CallEffect, { kind: "client.reply" }>,
  ): void {
    const found = this.pipes.get(effect.streamId);
    if (found?.node !== node) return;
    const { pipe } = found;
    if (effect.kind === "stream.item") pipe.handOver(effect.item, effect.leaseLeftMs);
    else if (effect.kind === "stream.recall") pipe.recall();
    else {
      this.ends.set(effect.streamId, effect.failure?.code ?? "OK");
      pipe.end();
    }
  }

  private ended(streamId: number): void {
    const stream = this.streams.get(streamId);
    this.streams.delete(streamId);
    stream?.handlers.onEnd(this.ends.get(streamId), false);
  }

  onProcessGone(node: number): void {
    this.sessions.onProcessGone(node);
    for (const [id, pending] of this.requests) if (pending.node === node) this.lost(id);
    for (const [id, stream] of this.streams) if (stream.node === node) this.broken(id);
    for (const [id, pipe] of this.pipes) {
      if (pipe.node !== node) continue;
      pipe.pipe.lost();
      this.pipes.delete(id);
    }
  }
}
