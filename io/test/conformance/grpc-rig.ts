// The network suite's rig for gRPC: real nodes on loopback, with a proxy on every ordered link.

import { setTimeout as sleep } from "node:timers/promises";
import { Proxy, until } from "@disheap/harness";
import type { LinkRefusal, NetworkEvent } from "../../src/ports.js";
import type { NetworkProcess, NetworkRig } from "../../src/conformance/harness.js";
import { createGrpcNetwork } from "../../src/grpc/index.js";
import type { GrpcNetwork, GrpcNetworkOptions, PeerLogLine } from "../../src/grpc/index.js";

const NAMES = ["n1", "n2", "n3"];
const QUICK = { backoffMinMs: 10, backoffMaxMs: 50, refusedRetryMs: 100 };

export interface GrpcProcess extends NetworkProcess {
  readonly port: GrpcNetwork;
  readonly log: PeerLogLine[];
}

export class GrpcRig implements NetworkRig {
  private readonly proxies: Map<string, Proxy>;
  private readonly running = new Map<number, GrpcProcess>();

  /** What the core of a node says of a card; without it every card is taken. */
  verdict: ((node: number, card: Uint8Array) => LinkRefusal | undefined) | undefined;

  private constructor(proxies: Map<string, Proxy>) {
    this.proxies = proxies;
  }

  static async make(): Promise<GrpcRig> {
    const proxies = new Map<string, Proxy>();
    for (const from of [1, 2, 3]) {
      for (const to of [1, 2, 3]) {
        if (from !== to) proxies.set(`${from}>${to}`, await Proxy.listen());
      }
    }
    return new GrpcRig(proxies);
  }

  proxy(from: number, to: number): Proxy {
    const proxy = this.proxies.get(`${from}>${to}`);
    if (proxy === undefined) throw new Error(`no link ${from}>${to}`);
    return proxy;
  }

  async start(node: number, changes: Partial<GrpcNetworkOptions> = {}): Promise<GrpcProcess> {
    const events: NetworkEvent[] = [];
    const log: PeerLogLine[] = [];
    const members = NAMES.map((name, i) => ({
      name,
      address: i + 1 === node ? "127.0.0.1:1" : this.proxy(node, i + 1).address,
    }));
    const port = createGrpcNetwork({
      node: NAMES[node - 1],
      members,
      listen: "127.0.0.1:0",
      secret: "a secret",
      isLoopback: true,
      push: (event) => {
        events.push(event);
        if (event.kind === "peer.hello") port.answer(event.call, this.verdict?.(node, event.card));
      },
      log: (line) => log.push(line),
      ...changes,
      tuning: { ...QUICK, ...changes.tuning },
    });
    const problem = await new Promise((resolve) => port.start(resolve));
    if (problem !== undefined) throw new Error(String(problem));
    for (const other of [1, 2, 3]) {
      if (other !== node) this.proxy(other, node).target = `127.0.0.1:${port.listeningPort() ?? 0}`;
    }
    port.introduce(Buffer.from(`card of ${NAMES[node - 1]}`));
    const process = { port, events, log };
    this.running.set(node, process);
    return process;
  }

  async stop(node: number): Promise<void> {
    const process = this.running.get(node);
    this.running.delete(node);
    for (const other of [1, 2, 3]) if (other !== node) this.proxy(other, node).target = "";
    await new Promise<void>((resolve) => {
      if (process === undefined) resolve();
      else process.port.close(resolve);
    });
  }

  reset(a: number, b: number): void {
    this.proxy(a, b).reset();
    this.proxy(b, a).reset();
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    await until(what, 40_000, condition);
  }

  async settle(): Promise<void> {
    await sleep(100);
  }

  async dispose(): Promise<void> {
    for (const node of [...this.running.keys()]) await this.stop(node);
    for (const proxy of this.proxies.values()) await proxy.close();
  }
}
