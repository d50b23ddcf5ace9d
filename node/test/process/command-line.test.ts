// What the options of the command line are said to do, seen against a real node: what is narrowed, cut, leased
// and left as it was.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Cluster } from "@disheap/harness";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { Cli } from "../cli/support/cli.js";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

interface Shown {
  readonly message_id: string;
  readonly partition_id: number;
  readonly priority: string;
  readonly payload: string;
  readonly in_dlq: boolean;
  readonly lease_token: string;
  readonly lease_deadline: string;
}

let cluster: Cluster;
let cli: Cli;

beforeAll(async () => {
  cluster = await Cluster.start({ nodes: 1 });
  cli = new Cli({ env: { DISHEAP_ENDPOINTS: cluster.endpoints.join(",") } });
});
afterAll(() => cluster.close());

async function create(topic: string, ...options: string[]): Promise<void> {
  const { code, err } = await cli.run("topic", "create", topic, ...options);
  expect(code, err).toBe(0);
}

const peek = async (...args: string[]): Promise<readonly Shown[]> =>
  (await cli.json<{ items: Shown[] }>("peek", ...args)).items;

it("a priority that is not given is 0, and a lease that is not chosen lasts 30 s", async () => {
  await create("plain");
  await cli.run("enqueue", "plain", "x");
  const message = await cli.json<Shown>("pop", "plain", "--no-ack");
  expect(message.priority).toBe("0");
  const leftMs = Date.parse(message.lease_deadline) - Date.now();
  expect(leftMs).toBeGreaterThan(20_000);
  expect(leftMs).toBeLessThan(31_000);
});

it("--visibility is the length of a lease, of a topic or of one pop, and extend adds to its end", async () => {
  await create("leased", "--visibility", "10m");
  await cli.run("enqueue", "leased", "x");
  await cli.run("enqueue", "leased", "y");
  const lengthMs = async (...args: string[]): Promise<[Shown, number]> => {
    const message = await cli.json<Shown>("pop", "leased", "--no-ack", ...args);
    return [message, Date.parse(message.lease_deadline) - Date.now()];
  };
  const [first, ofTopic] = await lengthMs();
  expect(Math.abs(ofTopic - 600_000)).toBeLessThan(10_000);
  const [, ofPop] = await lengthMs("--visibility", "1h");
  expect(Math.abs(ofPop - 3_600_000)).toBeLessThan(10_000);
  expect((await cli.run("extend", "leased", first.lease_token, "30m")).code).toBe(0);
  const seen = (await peek("leased")).find(({ message_id }) => message_id === first.message_id);
  const addedMs = Date.parse(seen?.lease_deadline ?? "") - Date.parse(first.lease_deadline);
  expect(addedMs).toBe(1_800_000);
});

it("--partitions and --partition leave the others out, and one that is not there fails with 4", async () => {
  await create("parts", "-p", "3");
  const put = await cli.json<{ partition_id: number }>("enqueue", "parts", "x", "--key", "k");
  const [one, other] = [String(put.partition_id), String((put.partition_id + 1) % 3)];
  expect(await peek("parts", "--partition", other)).toEqual([]);
  expect(await peek("parts", "--partition", one)).toHaveLength(1);
  const listed = await cli.json<{
    topic_stats: Record<string, { total_enqueues: number; partitions: { partition_id: number }[] }>;
  }>("stats", "parts", "--partition", other);
  expect(listed.topic_stats["parts"]).toMatchObject({
    total_enqueues: 1,
    partitions: [{ partition_id: Number(other), messages: 0 }],
  });
  expect((await cli.run("pop", "parts", "--partitions", other)).code).toBe(5);
  expect((await cli.run("pop", "parts", "--partitions", `${other},${one}`)).code).toBe(0);
  expect((await cli.run("peek", "parts", "--partition", "3")).code).toBe(4);
  expect((await cli.run("stats", "parts", "--partition", "3")).code).toBe(4);
});

it("--max-retries 0: the first failure is the last, and peek shows it with --dlq only", async () => {
  await create("dying");
  await cli.run("enqueue", "dying", "x", "--max-retries", "0");
  const { message_id: id, lease_token: token } = await cli.json<Shown>("pop", "dying", "--no-ack");
  expect((await cli.run("nack", "dying", id, token)).code).toBe(0);
  expect(await peek("dying")).toEqual([]);
  expect(await peek("dying", "--dlq")).toMatchObject([{ message_id: id, in_dlq: true }]);
});

it("peek holds about 1 MiB of a partition and 2 MiB in all, and says what was left out", async () => {
  const KIB = 1024;
  await create("large", "-p", "4");
  const file = join(cluster.folder, "payload");
  writeFileSync(file, Buffer.alloc(300 * KIB, "x"));
  for (let i = 0; i < 64; i += 1) {
    const sizes: number[] = [];
    for (const partition of ["0", "1", "2", "3"]) {
      sizes.push((await peek("large", "--partition", partition)).length);
    }
    if (Math.min(...sizes) >= 4) break;
    await cli.run("enqueue", "large", "--file", file, "--key", String(i));
  }
  const bytes = (items: readonly Shown[]): number =>
    items.reduce((sum, { payload }) => sum + payload.length, 0);
  for (const partition of ["0", "1", "2", "3"]) {
    const shown = bytes(await peek("large", "--partition", partition, "-n", "100"));
    expect(Math.abs(shown - 1024 * KIB)).toBeLessThanOrEqual(300 * KIB);
  }
  expect(Math.abs(bytes(await peek("large", "-n", "100")) - 2048 * KIB)).toBeLessThanOrEqual(
    300 * KIB,
  );
  expect((await cli.run("peek", "large", "-n", "100")).out).toContain("limited by size");
});

it("a payload leaves pop --raw as it came in; on a terminal a line feed follows", async () => {
  await create("raw");
  const bytes = Buffer.from([0, 10, 13, 27, 254, 255, 10]);
  const file = join(cluster.folder, "bytes");
  writeFileSync(file, bytes);
  for (let i = 0; i < 2; i += 1) await cli.run("enqueue", "raw", "--file", file);
  expect((await cli.run("pop", "raw", "--raw")).code).toBe(0);
  expect(cli.bytes.equals(bytes)).toBe(true);
  const env = { DISHEAP_ENDPOINTS: cluster.endpoints.join(",") };
  const terminal = new Cli({ env, isTty: true });
  await terminal.run("pop", "raw", "--raw");
  expect(terminal.bytes.equals(Buffer.concat([bytes, Buffer.from("\n")]))).toBe(true);
});
