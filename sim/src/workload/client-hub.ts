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
import { StreamPipe } from "./stream-pipe.js";

const LATENCY = kindOf("client.latency");

/** Undefined: the node is gone and the outcome unknown. */
export type OnReply = (result: ClientResult | undefined) => void;

export interface StreamHandlers {
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

export class ClientHub {
  readonly world: World;
  private readonly requests = new Map<number, Link & { readonly onReply: OnReply }>();
  private readonly streams = new Map<number, Link & { readonly handlers: StreamHandlers }>();
  private readonly pipes = new Map<number, Pipe>();
  /** How ended streams ended: the code of the contract. */
  private readonly ends = new Map<number, string>();
  private nextId = 1;
  private readonly watchers: readonly ClientWatcher[];

  constructor(world: World, watchers: readonly ClientWatcher[]) {
    this.world = world;
    this.watchers = watchers;
  }

  private latencyUs(id: number, leg: number): number {
    const { seedHi, seedLo } = this.world.plan;
    return between(draw({ hi: seedHi, lo: seedLo }, LATENCY, leg, id), 50, 1_500);
  }

  request(node: number, request: ClientRequest, onReply: OnReply): void {
    const id = this.nextId;
    this.nextId += 1;
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
    this.pipes.get(streamId)?.pipe.stopReading(room);
  }

  readAgain(streamId: number): void {
    this.pipes.get(streamId)?.pipe.readAgain();
  }

  /** Sends an event on a stream; events of one stream keep their order. */
  sendOnStream(streamId: number, event: ClientEvent): void {
    const stream = this.streams.get(streamId);
    if (!stream) return;
    this.world.queue.schedule(this.world.queue.nowUs + this.latencyUs(streamId, 2), () => {
      if (event.kind === "stream.credits") {
        for (const w of this.watchers) w.creditsSent?.(stream.node, streamId, event.credits);
      }
      for (const w of this.watchers) w.streamTold?.(stream.node, event);
      if (event.kind === "stream.cancel") this.pipes.get(streamId)?.pipe.cancel();
      if (!this.world.clientEvent(stream.node, stream.incarnation, event)) this.broken(streamId);
    });
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

  onEffect(node: number, effect: ClientEffect): void {
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
    effect: Exclude<ClientEffect, { kind: "client.reply" }>,
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
    for (const [id, pending] of this.requests) if (pending.node === node) this.lost(id);
    for (const [id, stream] of this.streams) if (stream.node === node) this.broken(id);
    for (const [id, pipe] of this.pipes) {
      if (pipe.node !== node) continue;
      pipe.pipe.lost();
      this.pipes.delete(id);
    }
  }
}
