// /live, /health and /ready of real nodes, asked all the time while the nodes start again over their topics.
import { DisheapClient } from "@disheap/client";
import { Cluster, type NodeProcess, until } from "@disheap/harness";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { HealthView } from "../../src/http/health.js";
import { findLeaderless, type RaftAnswer, type RaftGroup } from "../../src/supervisor/serving.js";

const TOPICS = ["jobs", "mail", "news", "logs"];
const PARTITIONS = 3;
const MESSAGES = 40;
const WAIT_MAX_MS = 60_000;

let cluster: Cluster;
let client: DisheapClient;

beforeAll(async () => {
  cluster = await Cluster.start();
  client = new DisheapClient({ endpoints: cluster.endpoints });
  for (const topic of TOPICS) {
    await client.createTopic(topic, { partitions: PARTITIONS });
    for (let i = 0; i < MESSAGES; i += 1) await client.enqueue(topic, "x", { priority: i });
  }
});
afterAll(async () => {
  await client.close();
  await cluster.close();
});

async function get<Answer>(node: NodeProcess, path: string): Promise<[number, Answer | undefined]> {
  try {
    const response = await fetch(`${node.http}${path}`, { signal: AbortSignal.timeout(2_000) });
    return [response.status, (await response.json()) as Answer];
  } catch {
    return [0, undefined];
  }
}

interface Raft extends RaftAnswer {
  readonly groups: readonly (RaftGroup & {
    readonly group: number;
    readonly commit_index: number;
    readonly applied_index: number;
  })[];
}

/** Partitions that no node says it leads; all of them when no node says anything. */
async function leaderless(): Promise<string[]> {
  const all = TOPICS.map((topic) => ({ node_id: "", groups: groupsOf(topic) }));
  const answers = await Promise.all(cluster.nodes.map((node) => get<Raft>(node, "/raft/status")));
  const known = answers.flatMap(([, raft]) => raft ?? []);
  return findLeaderless([...all, ...known], false);
}

function groupsOf(topic: string): { topic: string; partition: number; state: string }[] {
  return Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, state: "?" }));
}

it("/health is never 200 while a partition has no leader, and says what it waits for", async () => {
  await cluster.stop();
  for (const node of cluster.nodes) node.start();
  const said = new Set<string>();
  const lies: string[] = [];
  const watch = async (node: NodeProcess): Promise<void> => {
    await until(`${node.name} is healthy`, WAIT_MAX_MS, async () => {
      const [code, health] = await get<HealthView>(node, "/health");
      if (code === 503) said.add(health?.status.replace(/\(.*\)/, "(...)") ?? "");
      if (code !== 200) return false;
      const missing = await leaderless();
      const [again] = await get<HealthView>(node, "/health");
      // Twice, so that an election in between cannot be taken for a lie.
      if (missing.length > 0 && again === 200) lies.push(`${node.name}: ${missing.join("; ")}`);
      return missing.length === 0;
    });
  };
  await Promise.all(cluster.nodes.map(watch));
  expect(lies).toEqual([]);
  expect([...said].join("\n")).toMatch(/waits for the leader of /);
  // Whoever was told 200 can work at once.
  for (const topic of TOPICS) await client.enqueue(topic, "y", { priority: 1 });
});

it("/live is 200 before /ready, which is 200 only once the log is applied", async () => {
  const node = cluster.node("n2");
  await node.stop();
  for (const topic of TOPICS) await client.enqueue(topic, "while it is away", { priority: 1 });
  const committed = new Map<number, number>();
  for (const other of cluster.nodes.filter((one) => one !== node)) {
    const [, raft] = await get<Raft>(other, "/raft/status");
    for (const { group, commit_index: commit } of raft?.groups ?? []) {
      committed.set(group, Math.max(commit, committed.get(group) ?? 0));
    }
  }
  node.start();
  const order: string[] = [];
  const first = (path: string): Promise<unknown> =>
    until(`${path} is 200`, WAIT_MAX_MS, async () => {
      const [code] = await get(node, path);
      if (code === 200) order.push(path);
      return code === 200;
    });
  await Promise.all(["/live", "/ready"].map(first));
  const [, raft] = await get<Raft>(node, "/raft/status");
  const behind = [...committed].filter(([group, index]) => {
    const found = raft?.groups.find((one) => one.group === group);
    return (found?.applied_index ?? 0) < index;
  });
  expect(behind).toEqual([]);
  expect(committed.size).toBe(1 + TOPICS.length * PARTITIONS);
  expect(order).toEqual(["/live", "/ready"]);
});
