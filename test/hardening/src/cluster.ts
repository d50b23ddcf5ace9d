// The three nodes that the cases of the cluster lane share, and the question after each case: are all
// of them still the same processes, healthy, without an error in their logs, and with every
// acknowledged message?

import { Cluster, type NodeProcess, until } from "@disheap/harness";
import { Api } from "./api.js";
import { expect } from "./expect.js";
import { Ledger } from "./ledger.js";
import { TIMING } from "./timing.js";

export const CLUSTER_SECRET = "a-secret-of-the-hardening-test";
const HEALTHY_MAX_MS = 40_000;
const PROBE = "probe";

export class StandingCluster {
  readonly nodes: readonly NodeProcess[];
  readonly apis: readonly Api[];
  /** The member list as every node was given it. */
  readonly list: string;
  readonly ledger = new Ledger("ledger");
  private readonly pids = new Map<string, number>();
  private probes = 0;

  private constructor({ nodes, list }: Cluster) {
    this.nodes = nodes;
    this.list = list;
    this.apis = nodes.map(({ endpoint }) => new Api(endpoint));
  }

  static async start(folder: string): Promise<StandingCluster> {
    const env = { ...TIMING, CLUSTER_SECRET };
    const nodes = await Cluster.start({ folder, env, healthyMaxMs: HEALTHY_MAX_MS });
    const cluster = new StandingCluster(nodes);
    cluster.remember();
    await cluster.api(0).makeTopic(cluster.ledger.topic, 3);
    await cluster.api(0).makeTopic(PROBE, 1);
    await cluster.ledger.add(cluster.api(0), 60);
    return cluster;
  }

  node(i: number): NodeProcess {
    const node = this.nodes[i];
    expect(node !== undefined, `there is a node ${String(i)}`);
    return node;
  }

  api(i: number): Api {
    const api = this.apis[i];
    expect(api !== undefined, `there is a node ${String(i)}`);
    return api;
  }

  /** The processes of now are the right ones: after a case restarted a node on purpose. */
  remember(): void {
    for (const node of this.nodes) this.pids.set(node.name, node.pid);
  }

  /** Throws when the cluster took harm; asked after every case. */
  async checkUnharmed(): Promise<void> {
    for (const node of this.nodes) {
      expect(
        node.isRunning && node.pid === this.pids.get(node.name),
        `${node.name} died: ${node.lastWords()}`,
      );
      await until(`${node.name} is healthy again`, 15_000, () => node.isHealthy());
      const bad = node
        .log()
        .split("\n")
        .find((line) => /"level":"(error|fatal)"/.test(line));
      expect(bad === undefined, `${node.name} logged an error: ${bad ?? ""}`);
    }
    await this.probe();
    for (const [i, api] of this.apis.entries()) {
      const { size, topic } = this.ledger;
      await until(`node ${String(i + 1)} counts ${String(size)} messages`, 8_000, async () => {
        return (await api.count(topic)) === size;
      });
    }
    await this.ledger.insist(this.api(0), 3, 20_000);
  }

  /** Through every node: a message goes in, comes out at the next node, and is acked at the third. */
  private async probe(): Promise<void> {
    for (const i of this.nodes.keys()) {
      this.probes += 1;
      const next = this.api((i + 1) % this.apis.length);
      const id = await this.api(i).enqueue(PROBE, `probe ${String(this.probes)}`);
      const [item] = await next.pop(PROBE, { count: 1, maxMs: 8_000 });
      expect(item?.messageId === id, `the message enqueued at node ${String(i + 1)} did not come`);
      await this.api((i + 2) % this.apis.length).ack(item);
    }
  }

  /** Nothing acknowledged is lost, and every node stops cleanly when asked. */
  async finish(): Promise<string> {
    await this.ledger.check(this.api(1));
    const codes: string[] = [];
    for (const node of this.nodes) {
      const { code } = await node.stop();
      codes.push(`${node.name} ${String(code)}`);
      expect(code === 0, `${node.name} did not stop cleanly: ${node.lastWords()}`);
    }
    return `${String(this.ledger.size)} acknowledged messages are there; exit codes ${codes.join(", ")}`;
  }

  async end(): Promise<void> {
    for (const api of this.apis) api.close();
    await Promise.all(this.nodes.map((node) => node.kill()));
  }
}
