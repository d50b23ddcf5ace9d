// Runs a transcript of some hosts: a text of commands, each followed by what came of it.
//
//   # a comment
//   > cluster 3 watch=request,reply          a cluster formed long ago; n1 leads the meta group
//   > topic jobs partitions=2                made at n1; by default one partition; [retries= visibility=]
//   > n2 A: enqueue jobs mail 5              a client's call at a node, by the client's name
//   A hears: OK                              what came of it, one line each
//
// A client's words: enqueue TOPIC PAYLOAD PRIORITY [producer=NAME/EPOCH/SEQUENCE] · ack|nack|release|extend
// TOPIC PAYLOAD/FENCE [by=] · peek|stats|delete|create TOPIC [confirm] · list · open TOPIC [for=] · credits N ·
// half-close · cancel · stops-reading · reads. The net's: pass MS [NODE ...] (only their ticks come) · elect NODE
// GROUP · crash|start NODE · disk NODE held|free · hold FROM TO [KIND] · go [TIMES] · cut A B · mend · watch KINDS ·
// forming NODES. Judged at the end of a scene: never TEXT · always TEXT.

import type { ClientRequest } from "../../src/contract/api.js";
import { encodeProducer, Consumer } from "./host-clients.js";
import { Chronicle } from "./host-chronicle.js";
import { HostNet, type NetNode } from "./host-net.js";
import { Words } from "./words.js";

interface Verdict {
  readonly isNever: boolean;
  readonly text: string;
}

export class Scene {
  private readonly book = new Chronicle();
  private readonly net: HostNet;
  private readonly consumers = new Map<string, Consumer>();
  private readonly verdicts: Verdict[] = [];
  private told: string[] = [];
  private lastId = 0;
  private confirmation = "";

  constructor(w: Words) {
    const isForming = w.kind === "forming";
    this.net = new HostNet(Number(w.at(0)), this.book, isForming);
    this.watch(w.text("watch") ?? "");
    this.book.onItem = (node, stream) => this.consumerOf(node, stream).handed();
    this.book.onRecall = (node, stream) => this.consumerOf(node, stream).recalled();
    this.book.onConfirmation = (token) => {
      this.confirmation = token;
    };
    if (isForming) return;
    for (const node of this.net.nodes) this.net.start(node);
    this.net.pass(10_000, [this.net.nodes[0]], () => this.book.leaderOf("meta") === "n1");
    this.net.pass(200, this.net.nodes);
    this.take();
  }

  private watch(kinds: string): void {
    this.book.watched = new Set(kinds.split(","));
  }

  private consumerOf(node: string, stream: number): Consumer {
    for (const c of this.consumers.values()) {
      if (c.node.name === node && c.stream === stream) return c;
    }
    throw new Error(`nobody has stream ${stream} at ${node}`);
  }

  /** What was said since the last call. */
  private take(): string[] {
    const { lines } = this.book;
    this.book.lines = [];
    this.told.push(...lines);
    return lines;
  }

  run(command: string): string[] {
    const call = /^(?:(n\d) )?(\w+): (.*)$/.exec(command);
    if (call) this.call(call[1], call[2], new Words(call[3]));
    else this.command(new Words(command));
    return this.take();
  }

  private command(w: Words): void {
    const { net } = this;
    switch (w.kind) {
      case "topic":
        this.makeTopic(w);
        break;
      case "pass":
        net.pass(Number(w.at(0)), this.ticking(w.from(1)));
        break;
      case "elect":
        this.elect(net.node(w.at(0)), w.at(1));
        break;
      case "start":
        net.start(net.node(w.at(0)));
        break;
      case "crash":
        this.book.forget(w.at(0));
        net.crash(net.node(w.at(0)));
        break;
      case "disk":
        net.node(w.at(0)).isDiskHeld = w.at(1) === "held";
        net.settle();
        break;
      case "hold":
        net.holds.push({ from: w.at(0), to: w.at(1), kind: w.from(2).at(0) });
        break;
      case "go":
        net.letGo(Number(w.from(0).at(0) ?? 1));
        break;
      case "cut":
        net.cut(net.node(w.at(0)), net.node(w.at(1)));
        break;
      case "mend":
        net.mend();
        break;
      case "watch":
        this.watch(w.from(0).join());
        break;
      case "never":
      case "always":
        this.verdicts.push({ isNever: w.kind === "never", text: w.from(0).join(" ") });
        break;
      default:
        throw new Error(`"${w.kind}" is no command`);
    }
  }

  private ticking(names: readonly string[]): readonly NetNode[] {
    return names.length === 0 ? this.net.nodes : names.map((name) => this.net.node(name));
  }

  /** The others forget their leader first; then only this one's ticks come, so that it campaigns alone. */
  private elect(node: NetNode, group: string): void {
    const { net, book } = this;
    const isLeading = (): boolean => book.leaderOf(group) === node.name;
    net.pass(1450, net.nodes, isLeading);
    for (const other of net.nodes) if (!isLeading()) net.pass(50, [other], isLeading);
    net.pass(3000, [node], isLeading);
    net.pass(150, net.nodes);
    if (!isLeading()) throw new Error(`${node.name} does not lead ${group}`);
  }

  private makeTopic(w: Words): void {
    const topic = w.at(0);
    const partitions = w.number("partitions", 1);
    const first = Math.max(...this.book.groups.keys()) + 1;
    for (let i = 0; i < partitions; i += 1) this.book.groups.set(first + i, `${topic}/${i}`);
    const settings = {
      partitions,
      maxRetries: w.number("retries", 3),
      visibilityMs: w.number("visibility", 30_000),
    };
    this.ask(this.net.nodes[0], "topic", { op: "topic.create", topic, settings });
    this.net.pass(300, this.net.nodes);
  }

  // --- clients ---------------------------------------------------------------------------------------

  private call(at: string | undefined, client: string, w: Words): void {
    if (w.kind === "open" && at !== undefined) {
      this.lastId += 1;
      const consumer = new Consumer(this.net, this.net.node(at), this.lastId);
      this.consumers.set(client, consumer);
      this.book.clients.set(`${at} ${this.lastId}`, client);
      consumer.open(w.at(0), w.text("for"));
      return;
    }
    const consumer = at === undefined ? this.consumers.get(client) : undefined;
    if (consumer) consumer.do(w);
    else if (at !== undefined) this.ask(this.net.node(at), client, this.requestOf(w));
    else throw new Error(`nobody is called ${client}`);
  }

  private ask(node: NetNode, client: string, request: ClientRequest): void {
    this.lastId += 1;
    this.book.clients.set(`${node.name} ${this.lastId}`, client);
    this.net.tell(node, { kind: "client.request", requestId: this.lastId, request });
  }

  private requestOf(w: Words): ClientRequest {
    if (w.kind === "list") return { op: "topic.list", pageSize: 100, pageToken: "" };
    const topic = w.at(0);
    switch (w.kind) {
      case "enqueue":
        return {
          op: "enqueue",
          topic,
          payload: Uint8Array.from(Buffer.from(w.at(1))),
          priorityHi: 0,
          priorityLo: Number(w.at(2)),
          ...encodeProducer(w.text("producer")),
        };
      case "peek":
        return { op: "peek", topic, limit: 10, includeDlq: true };
      case "stats":
        return { op: "stats", topic };
      case "create":
        return { op: "topic.create", topic, settings: { partitions: 1 } };
      case "delete": {
        const confirmationToken = w.has("confirm") ? this.confirmation : "";
        return { op: "topic.delete", topic, force: w.has("force"), confirmationToken };
      }
      case "extend": {
        const { leaseToken } = this.book.tokenOf(w.at(1));
        return { op: "extend", topic, leaseToken, extensionMs: w.number("by") };
      }
      case "ack":
      case "nack":
      case "release": {
        const { messageId, leaseToken } = this.book.tokenOf(w.at(1));
        return { op: w.kind, topic, messageId, leaseToken };
      }
      default:
        throw new Error(`"${w.kind}" is no call`);
    }
  }

  /** What happened that must not, and what did not happen that must. */
  judge(): string[] {
    return this.verdicts
      .filter(({ isNever, text }) => this.told.some((line) => line.includes(text)) === isNever)
      .map(({ isNever, text }) => `${isNever ? "happened" : "did not happen"}: ${text}`);
  }
}

/** The transcript as it would read if what happens now were right, and which of its verdicts are broken. */
export function replayHosts(text: string): { readonly text: string; readonly broken: string[] } {
  let scene: Scene | undefined;
  const out: string[] = [];
  const broken: string[] = [];
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) out.push(line);
    if (!line.startsWith("> ")) continue;
    out.push(line);
    const words = new Words(line.slice(2));
    if (words.kind === "cluster" || words.kind === "forming") {
      broken.push(...(scene?.judge() ?? []));
      scene = new Scene(words);
    } else if (scene) out.push(...scene.run(line.slice(2)));
    else throw new Error(`no cluster for ${line}`);
  }
  broken.push(...(scene?.judge() ?? []));
  return { text: out.join("\n"), broken };
}
