// A cluster in which some partitions have no leader: what the command line and the client say of them, and that
// they end.
import { DisheapClient } from "@disheap/client";
import { Cluster } from "@disheap/harness";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { Cli } from "../cli/support/cli.js";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let cluster: Cluster;
let cli: Cli;
let dead: number[];
let live: number[];

interface Partition {
  readonly partition_id: number;
  readonly leader_node: string;
  readonly is_healthy: boolean;
}
const partitions = async (topic = "jobs"): Promise<Partition[]> => {
  const { stats } = await cli.json<{ stats: { partitions: Partition[] } }>("topic", "show", topic);
  return stats.partitions;
};

beforeAll(async () => {
  cluster = await Cluster.start();
  cli = new Cli({ env: { DISHEAP_ENDPOINTS: cluster.endpoints.join(",") } });
  // One replica each: its partitions die with a node.
  for (const topic of ["jobs", "tasks"]) {
    await cli.run("topic", "create", topic, "-p", "6", "--replication-factor", "1");
    for (let i = 0; i < 24; i += 1) await cli.run("enqueue", topic, `m${i}`, "--key", `k${i}`);
  }
  const before = await partitions();
  const victim = cluster.nodes.find(({ name }) => name === before[1]?.leader_node);
  await victim?.kill();
  await vi.waitFor(async () => {
    const now = await partitions();
    dead = now.filter((one) => !one.is_healthy).map((one) => one.partition_id);
    live = now.filter((one) => one.is_healthy).map((one) => one.partition_id);
    expect(dead).toContain(1);
    expect(live.length).toBeGreaterThan(0);
  }, 30_000);
});
afterAll(() => cluster.close());

it.each([[[]], [["--partitions", "1"]], [["--wait", "1s"]]])(
  "a pop %j ends within --timeout and names the partitions that it could not ask",
  async (narrowed) => {
    const startMs = performance.now();
    const args = ["pop", "jobs", "-n", "50", "--no-ack", "--timeout", "4s", ...narrowed];
    const { code, err } = await cli.run(...args);
    const tookMs = performance.now() - startMs;
    expect(code, err).toBe(3);
    const asked = narrowed.includes("--partitions") ? [1] : dead;
    expect(err).toContain(` ${asked.join(", ")} could not be asked for want of a leader`);
    if (asked === dead) expect(err).toContain(`--partitions ${live.join(",")}`);
    expect(tookMs).toBeLessThan(8_000);
  },
);

it.each([["stats"], ["stats jobs"], ["topic ls"], ["topic show jobs"]])(
  "%s says which partitions its sums lack",
  async (words) => {
    const { code, out, err } = await cli.run(...words.split(" "));
    expect(code, err).toBe(0);
    expect(out).toMatch(new RegExp(`Not counted: partitions? ${dead.join(", ")} of jobs, `));
  },
);

it("the others serve, and nothing is said of those that were not asked", async () => {
  const { code, err } = await cli.run(
    "pop",
    "jobs",
    "--partitions",
    live.join(","),
    "--no-ack",
    "-n",
    "100",
  );
  expect([0, 5]).toContain(code);
  expect(err).not.toContain("leader");
});

it("one shot of the client ends as well, with an error, and what was not seen costs nothing", async () => {
  const endpoints = cluster.nodes.filter((node) => node.isRunning).map((node) => node.endpoint);
  const client = new DisheapClient({ endpoints, retry: { budgetMs: 2_000 } });
  const first = await leaveAfterOne(client);
  expect((await client.stats("tasks")).topics.get("tasks")?.inflight).toBe(0);
  const seen = new Map<string, number>();
  const startMs = performance.now();
  const rest = async (): Promise<void> => {
    for await (const message of client.pop("tasks", { credits: 100 })) {
      seen.set(message.text(), message.attempts);
    }
  };
  await expect(rest()).rejects.toMatchObject({
    code: "DEADLINE_EXCEEDED",
    message: expect.stringContaining("partition that does not answer") as string,
  });
  expect(performance.now() - startMs).toBeLessThan(5_000);
  expect(seen.size).toBeGreaterThan(0);
  expect([...seen.keys()]).not.toContain(first);
  expect(new Set(seen.values())).toEqual(new Set([1]));
  const stats = (await client.stats("tasks")).topics.get("tasks");
  expect(stats).toMatchObject({ inflight: seen.size, messages: seen.size });
  await client.close();
});

/** Takes one of many that have come, acknowledges it and leaves. */
async function leaveAfterOne(client: DisheapClient): Promise<string | undefined> {
  for await (const message of client.pop("tasks", { credits: 100 })) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    await message.ack();
    return message.text();
  }
  return undefined;
}
