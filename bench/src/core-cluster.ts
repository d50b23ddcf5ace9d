// Three nodes without a network, a disk or a public API: the shipped host and turn over ports in memory,
// in this process. What it costs is what the machine itself costs; the rest of a cluster's figures is
// gRPC, the store and the system.

import {
  type ClientEffect,
  type ClientRequest,
  type ClientResult,
  DEFAULT_DEFAULTS,
  DEFAULT_LIMITS,
  DEFAULT_TIMING,
  Host,
} from "@disheap/core";
import { machineCrc32 } from "@disheap/io/crc";
import { Turn } from "@disheap/io/turn";
import { CoreSession, type CoreSessionEvents } from "./core-session.js";

const MEMBERS = ["n1", "n2", "n3"].map((name) => ({ name, address: `${name}:1` }));
const EPOCH_MS = 1_700_000_000_000;
const TICK_US = DEFAULT_TIMING.tickMs * 1000;
/** More than an election takes. */
const TICKS_MAX = 1_000;

interface Node {
  readonly host: Host;
  readonly turn: Turn;
}

export class CoreCluster {
  /** What the ports were given, in that order; every step may add to it. */
  private queue: (() => void)[] = [];
  private readonly nodes: Node[];
  private readonly waiting = new Map<number, (result: ClientResult) => void>();
  private readonly sessions = new Map<number, CoreSession>();
  private nowUs = TICK_US;
  private lastRequest = 0;
  turns = 0;
  frames = 0;

  constructor() {
    this.nodes = MEMBERS.map((_, i) => this.makeNode(i));
    for (const { turn } of this.nodes) turn.start();
    this.settle();
    this.nodes.forEach(({ turn }, i) => {
      // What no node tells another here: that its link is up. Nobody is asked over one that is not.
      for (let peer = 1; peer <= MEMBERS.length; peer += 1) {
        if (peer !== i + 1) turn.push({ kind: "peer.up", peer });
      }
    });
    this.settle();
  }

  get size(): number {
    return this.nodes.length;
  }

  /** Hands a request to a node; it is carried out by `settle`. */
  ask(node: number, request: ClientRequest, done: (result: ClientResult) => void): void {
    const requestId = ++this.lastRequest;
    this.waiting.set(requestId, done);
    this.nodes[node]?.turn.push({ kind: "client.request", requestId, request });
  }

  /** A session with the node that leads the topic's first partition, as a client has it. */
  openSession(topic: string, events: Omit<CoreSessionEvents, "send">): CoreSession {
    const leader = this.nodes.find(({ host }) =>
      host.status().groups.some((group) => group.topic === topic && group.role === "leader"),
    );
    if (leader === undefined) throw new Error(`Nobody leads ${topic}.`);
    const sessionId = this.sessions.size + 1;
    const session = new CoreSession(topic, {
      ...events,
      send: (frame) => leader.turn.push({ kind: "session.frame", sessionId, frame }),
    });
    this.sessions.set(sessionId, session);
    return session;
  }

  /** Lets everything happen that needs no more time. */
  settle(): void {
    while (this.queue.length > 0) {
      const due = this.queue;
      this.queue = [];
      for (const step of due) step();
    }
  }

  /** Time goes on by one tick. */
  tick(): void {
    this.nowUs += TICK_US;
    for (const { turn } of this.nodes) turn.push({ kind: "tick" });
    this.settle();
  }

  /** Makes a topic whose partitions all have leaders. */
  createTopic(topic: string, partitions: number): void {
    this.askUntilOk({ op: "topic.create", topic, settings: { partitions, replicationFactor: 3 } });
    this.askUntilOk({ op: "stats", topic });
  }

  private askUntilOk(request: ClientRequest): void {
    let isAsked = false;
    let isDone = false;
    for (let i = 0; i < TICKS_MAX && !isDone; i += 1) {
      if (!isAsked) {
        isAsked = true;
        this.ask(0, request, ({ ok }) => {
          isDone = ok;
          isAsked = ok;
        });
      }
      this.tick();
    }
    if (isDone) return;
    throw new Error(`The cluster in memory did not carry out ${request.op}.`);
  }

  private makeNode(i: number): Node {
    const push = (event: Parameters<Turn["push"]>[0]) => (): void =>
      this.nodes[i]?.turn.push(event);
    const config = {
      node: MEMBERS[i]?.name ?? "",
      members: MEMBERS,
      seedHi: i,
      seedLo: 1,
      keySeed: [i, 1, 2, 3] as const,
      timing: DEFAULT_TIMING,
      limits: DEFAULT_LIMITS,
      defaults: DEFAULT_DEFAULTS,
    };
    const host = new Host(config, undefined, machineCrc32);
    const turn = new Turn({
      host,
      ports: {
        disk: {
          open: (token) => {
            const storeId = `store of n${i + 1}`;
            this.queue.push(push({ kind: "disk.opened", token, storeId, identity: undefined }));
          },
          identify: (token) => this.queue.push(push({ kind: "disk.identified", token })),
          write: (token) => this.queue.push(push({ kind: "disk.written", token })),
          scan: (token) =>
            this.queue.push(push({ kind: "disk.scanned", token, entries: [], done: true })),
          close: () => undefined,
        },
        network: {
          send: (peer, frame) => {
            this.frames += 1;
            const event = { kind: "peer.frame" as const, peer: i + 1, frame };
            this.queue.push(() => this.nodes[peer - 1]?.turn.push(event));
          },
          // Frames pass without links: nobody shows a card.
          introduce: () => undefined,
          answer: () => undefined,
        },
        clock: {
          monotonicUs: () => this.nowUs,
          wallMs: () => EPOCH_MS + Math.floor(this.nowUs / 1000),
        },
        scheduler: {
          wake: () => this.queue.push(() => this.run(i)),
          // Ticks carry time forward; nothing here waits for less than one.
          wakeAt: () => undefined,
        },
        clients: {
          emit: (effect) => {
            if (effect.kind === "session.parts") this.takeParts(i, effect);
            if (effect.kind !== "client.reply") return;
            this.waiting.get(effect.requestId)?.(effect.result);
            this.waiting.delete(effect.requestId);
          },
        },
        process: {
          fatal: (message) => {
            throw new Error(message);
          },
        },
      },
    });
    return { host, turn };
  }

  /** The transport takes all there is at once. */
  private takeParts(
    i: number,
    { sessionId, parts }: Extract<ClientEffect, { kind: "session.parts" }>,
  ): void {
    const session = this.sessions.get(sessionId);
    for (const part of parts) session?.take(part);
    const batches = parts.filter(({ rows }) => rows > 0).length;
    const words = parts.length - batches;
    this.nodes[i]?.turn.push({ kind: "session.written", sessionId, batches, words });
  }

  private run(i: number): void {
    this.turns += 1;
    this.nodes[i]?.turn.run();
  }
}
