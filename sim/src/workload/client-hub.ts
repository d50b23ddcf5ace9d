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
}

export class ClientHub {
  readonly world: World;
  private readonly requests = new Map<number, Link & { readonly onReply: OnReply }>();
  private readonly streams = new Map<number, Link & { readonly handlers: StreamHandlers }>();
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
    this.streams.set(id, { node, incarnation: this.world.node(node).incarnations, handlers });
    return id;
  }

  /** Sends an event on a stream; events of one stream keep their order. */
  sendOnStream(streamId: number, event: ClientEvent): void {
    const stream = this.streams.get(streamId);
    if (!stream) return;
    this.world.queue.schedule(this.world.queue.nowUs + this.latencyUs(streamId, 2), () => {
      if (event.kind === "stream.credits") {
        for (const w of this.watchers) w.creditsSent?.(stream.node, streamId, event.credits);
      }
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
    const stream = this.streams.get(effect.streamId);
    if (stream?.node !== node) return;
    queue.schedule(queue.nowUs + this.latencyUs(effect.streamId, 3), () => {
      if (!this.streams.has(effect.streamId)) return;
      if (effect.kind === "stream.item") stream.handlers.onItem(effect.item);
      else {
        this.streams.delete(effect.streamId);
        stream.handlers.onEnd(effect.failure?.code ?? "OK", false);
      }
    });
  }

  onProcessGone(node: number): void {
    for (const [id, pending] of this.requests) if (pending.node === node) this.lost(id);
    for (const [id, stream] of this.streams) if (stream.node === node) this.broken(id);
  }
}
