// The sessions of a plan's clients: some that many share for what they enqueue and settle, one for each consumer that
// uses one. What leaves a node by a session is told to the rules as the calls of the contract would say it.

import type { ClientEffect, ClientRequest, ClientResult, DeliveredItem } from "@disheap/core";
import { between, chance, draw, kindOf } from "../../world/draw.js";
import type { World } from "../../world/world.js";
import type { Enqueue } from "./columns-of.js";
import { FramePipe } from "./frame-pipe.js";
import {
  type ConsumerHooks,
  type News,
  type Sent,
  SessionClient,
  type Settle,
} from "./session-client.js";

const LINK = kindOf("session.link");
const SHARED = 3;

/** What the links need of the clients' connections around them. */
interface LinkHooks {
  latencyUs(id: number, leg: number): number;
  requestArrived(id: number, node: number, request: ClientRequest): void;
  itemWritten(node: number, streamId: number, item: DeliveredItem): void;
  itemsReturned(node: number, streamId: number, items: readonly DeliveredItem[]): void;
  creditsSent(node: number, streamId: number, credits: number): void;
  startedTold(node: number, streamId: number, leaseTokens: readonly string[]): void;
  endedInOrder(node: number, streamId: number): void;
}

export type SessionEffect = Extract<ClientEffect, { readonly sessionId: number }>;

interface Consumer {
  readonly handle: number;
  readonly streamId: number;
}

class SessionLink {
  readonly id: number;
  readonly node: number;
  readonly incarnation: number;
  readonly client = new SessionClient();
  readonly pipe: FramePipe<News>;
  /** Undefined until a consumer uses it. */
  consumer: Consumer | undefined;
  onLost: (() => void) | undefined;
  isFlushing = false;
  isOver = false;
  frames = 0;

  constructor(id: number, node: number, incarnation: number, pipe: FramePipe<News>) {
    this.id = id;
    this.node = node;
    this.incarnation = incarnation;
    this.pipe = pipe;
  }
}

const ROUND_US = 2_000;
const GATHER_US = 300_000;

export class SessionLinks {
  private readonly world: World;
  private readonly hooks: LinkHooks;
  private readonly links = new Map<number, SessionLink>();
  /** By node, and which of the shared ones. */
  private readonly shared = new Map<string, SessionLink>();
  private readonly byStream = new Map<number, SessionLink>();
  private nextId = 1;

  constructor(world: World, hooks: LinkHooks) {
    this.world = world;
    this.hooks = hooks;
  }

  private draw(...parts: number[]): number {
    const { seedHi, seedLo } = this.world.plan;
    const [first = 0, second = 0] = parts;
    return draw({ hi: seedHi, lo: seedLo }, LINK, first, second);
  }

  /** Whether this request goes by a session, and by which. */
  linkFor(node: number, id: number, request: ClientRequest): SessionLink | undefined {
    const plan = this.world.plan.sessions;
    if (!plan || !isRow(request)) return undefined;
    if (request.op !== "enqueue") {
      for (const link of this.byStream.values()) {
        if (link.node === node && !link.isOver && link.client.holds(request.leaseToken)) {
          // Some settle by token, on another link.
          return chance(this.draw(id, 1), 800_000) ? link : this.sharedAt(node, id);
        }
      }
    }
    return chance(this.draw(id, 2), plan.share) ? this.sharedAt(node, id) : undefined;
  }

  private sharedAt(node: number, id: number): SessionLink {
    const key = `${node}.${this.draw(id, 3) % SHARED}`;
    const known = this.shared.get(key);
    if (known && !known.isOver) return known;
    const link = this.open(node);
    this.shared.set(key, link);
    return link;
  }

  private open(node: number): SessionLink {
    const { world, hooks } = this;
    const id = this.nextId;
    this.nextId += 1;
    const { incarnations } = world.node(node);
    const pipe: FramePipe<News> = new FramePipe<News>(id, {
      nowUs: () => world.queue.nowUs,
      schedule: (atUs, run) => world.queue.schedule(atUs, run),
      pausedUntilUs: () => world.node(node).pausedUntilUs,
      latencyUs: hooks.latencyUs(id, 5),
      tell: (event) => world.clientEvent(node, incarnations, event),
      onWritten: (frame) => {
        const news: News = link.client.read(frame);
        for (const { item, streamId } of itemsOf(link, news)) {
          hooks.itemWritten(node, streamId, item);
        }
        return news;
      },
      onBlocked: () => world.count("session.back-pressure"),
      onReturned: (parts) => {
        const streamId = link.consumer?.streamId;
        if (streamId === undefined) return;
        const items = parts.flatMap((part) => link.client.said(part.encode(0, 0)).items);
        hooks.itemsReturned(node, streamId, items);
        for (let i = 0; i < items.length; i += 1) world.count("session.unwritten");
      },
      onArrived: (news) => {
        if (!link.isOver) link.client.take(news, world.queue.nowUs / 1000);
      },
      onEnded: () => this.lose(link),
    });
    const link = new SessionLink(id, node, incarnations, pipe);
    this.links.set(id, link);
    world.count("session.opened");
    return link;
  }

  request(
    link: SessionLink,
    id: number,
    request: ClientRequest,
    onResult: (result: ClientResult | undefined) => void,
  ): void {
    if (!isRow(request)) throw new Error(`${request.op} does not go by a session`);
    link.client.add({ id, request, onResult });
    this.flushSoon(link);
  }

  // --- consumers ---------------------------------------------------------------------------------

  openConsumer(
    node: number,
    streamId: number,
    filter: {
      readonly topic: string;
      readonly partitionIds: readonly number[];
      readonly visibilityMs?: number;
    },
    hooks: ConsumerHooks & { readonly onLost: () => void },
  ): void {
    const link = this.open(node);
    const { topic, partitionIds: partitions, visibilityMs } = filter;
    const handle = link.client.openConsumer(topic, { partitions, visibilityMs }, hooks);
    link.consumer = { handle, streamId };
    link.onLost = hooks.onLost;
    this.byStream.set(streamId, link);
    this.world.count("session.consumer");
    this.flushSoon(link);
  }

  /** Whether the consumer behind this stream uses a session. */
  isFor(streamId: number): boolean {
    return chance(this.draw(streamId, 4), this.world.plan.sessions?.share ?? 0);
  }

  has(streamId: number): boolean {
    return this.byStream.has(streamId);
  }

  credit(streamId: number, credits: number): void {
    const link = this.byStream.get(streamId);
    if (!link?.consumer) return;
    link.client.credit(link.consumer.handle, credits);
    this.flushSoon(link);
  }

  /** In order, with the rest of what the client asked; what comes after it is nobody's any more. */
  endInOrder(streamId: number): void {
    const link = this.byStream.get(streamId);
    if (!link) return;
    this.world.count("session.ends");
    link.client.end();
    this.flushSoon(link);
  }

  breakOff(streamId: number): void {
    const link = this.byStream.get(streamId);
    if (link) this.break(link);
  }

  stopReading(streamId: number, room: number): void {
    this.byStream.get(streamId)?.pipe.stopReading(room);
  }

  readAgain(streamId: number): void {
    this.byStream.get(streamId)?.pipe.readAgain();
  }

  // --- frames ------------------------------------------------------------------------------------

  private flushSoon(link: SessionLink): void {
    if (link.isFlushing || link.isOver) return;
    link.isFlushing = true;
    const { queue } = this.world;
    link.frames += 1;
    // Most clients send with the round of their event loop, some gather for long: only so get batches many rows.
    const isGathering = chance(this.draw(link.id, 2_000_000), 0.3);
    const waitUs = between(this.draw(link.id, link.frames), 0, isGathering ? GATHER_US : ROUND_US);
    queue.schedule(queue.nowUs + waitUs, () => this.flush(link));
  }

  private flush(link: SessionLink): void {
    link.isFlushing = false;
    if (link.isOver || !link.client.hasNews) return;
    const { world } = this;
    const { node, incarnation, id: sessionId } = link;
    const sent = link.client.takeFrame(world.queue.nowUs / 1000);
    const arrival = world.queue.nowUs + this.hooks.latencyUs(link.id, 4);
    world.queue.schedule(arrival, () => {
      for (const row of sent.rows) this.hooks.requestArrived(row.id, node, row.request);
      this.tellOf(link, sent);
      link.pipe.report();
      const event = { kind: "session.frame", sessionId, frame: sent.frame } as const;
      if (!world.clientEvent(node, incarnation, event)) this.lose(link);
    });
    if (link.client.hasNews) this.flushSoon(link);
    const breaks = world.plan.sessions?.breaks ?? 0;
    if (!link.consumer && chance(this.draw(link.id, 1_000_000 + link.frames), breaks)) {
      world.count("session.broken");
      this.break(link);
    }
  }

  /** What a frame says of its consumer's deliveries, in the order in which its node takes it. */
  private tellOf({ node, consumer }: SessionLink, { started, credits, isEnd }: Sent): void {
    if (!consumer) return;
    const { streamId } = consumer;
    if (started.length > 0) this.hooks.startedTold(node, streamId, started);
    if (credits > 0) this.hooks.creditsSent(node, streamId, credits);
    if (isEnd) this.hooks.endedInOrder(node, streamId);
  }

  /** The client's side of the link is gone; the node hears of it a little later. */
  private break(link: SessionLink): void {
    if (link.isOver) return;
    const { world } = this;
    const { node, incarnation, id: sessionId } = link;
    world.queue.schedule(world.queue.nowUs + this.hooks.latencyUs(link.id, 4), () => {
      link.pipe.cancel();
      world.clientEvent(node, incarnation, { kind: "session.gone", sessionId });
    });
    this.over(link);
  }

  private lose(link: SessionLink): void {
    if (link.isOver) return;
    const { onLost } = link;
    const { node, incarnation, id: sessionId } = link;
    link.pipe.cancel();
    this.world.clientEvent(node, incarnation, { kind: "session.gone", sessionId });
    this.over(link);
    const { queue } = this.world;
    queue.schedule(queue.nowUs + this.hooks.latencyUs(link.id, 5), () => onLost?.());
  }

  private over(link: SessionLink): void {
    link.isOver = true;
    const { queue } = this.world;
    queue.schedule(queue.nowUs + this.hooks.latencyUs(link.id, 5), () => link.client.lost());
    if (link.consumer) this.byStream.delete(link.consumer.streamId);
  }

  // --- the node's side ---------------------------------------------------------------------------

  /** Takes the effect of a session to its client; `say` hears before what it says, as effects of single calls. */
  onEffect(node: number, effect: SessionEffect, say: (effect: ClientEffect) => void): void {
    const link = this.links.get(effect.sessionId);
    if (link?.node !== node) return;
    if (effect.kind === "session.end") link.pipe.end();
    else if (effect.kind === "session.recall") link.pipe.recall();
    else {
      const streamId = link.consumer?.streamId;
      for (const part of effect.parts) {
        const { replies, items } = link.client.said(part.encode(0, 0));
        for (const { id: requestId, result } of replies) {
          say({ kind: "client.reply", requestId, result });
        }
        if (streamId === undefined) continue;
        for (const item of items) say({ kind: "stream.item", streamId, item, leaseLeftMs: 0 });
      }
      link.pipe.handOver(effect.parts);
    }
  }

  onProcessGone(node: number): void {
    for (const [id, link] of this.links) {
      if (link.node !== node) continue;
      link.pipe.lost();
      this.lose(link);
      this.links.delete(id);
    }
  }
}

function isRow(request: ClientRequest): request is Enqueue | Settle {
  return ["enqueue", "ack", "nack", "release", "extend"].includes(request.op);
}

function itemsOf(
  link: SessionLink,
  news: News,
): { readonly item: DeliveredItem; readonly streamId: number }[] {
  const streamId = link.consumer?.streamId;
  if (streamId === undefined) return [];
  return news.batches.flatMap(({ items }) => items.map((item) => ({ item, streamId })));
}
