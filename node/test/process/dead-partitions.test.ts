// A cluster in which some partitions have no leader: what the command line says of them, and that it ends.
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
const partitions = async (): Promise<Partition[]> => {
  const { stats } = await cli.json<{ stats: { partitions: Partition[] } }>("topic", "show", "jobs");
  return stats.partitions;
};

beforeAll(async () => {
  cluster = await Cluster.start();
  cli = new Cli({ env: { DISHEAP_ENDPOINTS: cluster.endpoints.join(",") } });
  // One replica each: its partitions die with a node.
  await cli.run("topic", "create", "jobs", "-p", "6", "--replication-factor", "1");
  for (let i = 0; i < 24; i += 1) await cli.run("enqueue", "jobs", `m${i}`, "--key", `k${i}`);
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
