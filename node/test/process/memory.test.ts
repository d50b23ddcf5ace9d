// The memory of a node that starts over a log of payloads which came, waited all at once, and were settled:
// it follows what is held now, not what was ever held. Payloads are random: others the store compresses to nothing.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { DisheapClient } from "@disheap/client";
import { Cluster, type NodeProcess, until } from "@disheap/harness";
import { afterAll, beforeAll, expect, it } from "vitest";
import { isOnGlibc, MALLOC_ENV } from "../../src/memory/malloc-env.js";
import { V8_FLAGS } from "../../src/memory/v8-flags.js";

const MESSAGES = 1_000;
const BYTES = 100_000;
const WINDOW = 32;
const RSS_MAX_MIB = 150;
const WAIT_MAX_MS = 60_000;

let cluster: Cluster;
let client: DisheapClient;

beforeAll(async () => {
  cluster = await Cluster.start({
    nodes: 1,
    env: { SINGLE_NODE: "true", INITIAL_CLUSTER: undefined },
  });
  client = new DisheapClient({ endpoints: cluster.endpoints });
});
afterAll(async () => {
  await client.close();
  await cluster.close();
});

function rssMib({ pid }: NodeProcess): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1024;
}

it.skipIf(process.platform !== "linux")(
  "is what it holds, a while after the start",
  { timeout: 240_000 },
  async () => {
    const node = cluster.node("n1");
    await client.createTopic("jobs");
    let left = MESSAGES;
    const fill = async (): Promise<void> => {
      while (left-- > 0) await client.enqueue("jobs", randomBytes(BYTES), { priority: 1 });
    };
    await Promise.all(Array.from({ length: WINDOW }, fill));
    const settled: Promise<void>[] = [];
    for await (const message of client.pop("jobs", { limit: MESSAGES, prefetch: 200 })) {
      settled.push(message.ack());
    }
    await Promise.all(settled);
    await node.restart();
    await node.ready();
    // Given back by other threads, a moment after it was found dead.
    let mib = 0;
    await until("the memory is given back", WAIT_MAX_MS, () => {
      mib = rssMib(node);
      return mib < RSS_MAX_MIB;
    }).catch(() => undefined);
    expect(mib).toBeLessThan(RSS_MAX_MIB);
  },
);

it("nodes are started with the same settings of malloc and V8 by npm start, the image, and tests", () => {
  const { env } = cluster.node("n1");
  expect(env).toMatchObject(MALLOC_ENV);
  const image = readFileSync(new URL("../../../Dockerfile", import.meta.url), "utf8");
  for (const [name, value] of Object.entries(MALLOC_ENV))
    expect(image).toContain(`${name}=${value}`);
  const command = ["node", ...V8_FLAGS, "/app/node/dist/main.js"].map((word) => `"${word}"`);
  expect(image).toContain(`ENTRYPOINT [${command.join(", ")}]`);
  expect(cluster.node("n1").log()).not.toContain("was started without");
});

it.skipIf(!isOnGlibc())(
  "a node that was started without them says so once, and serves",
  async () => {
    const unset = Object.fromEntries(Object.keys(MALLOC_ENV).map((name) => [name, undefined]));
    const bare = await Cluster.start({
      nodes: 1,
      env: { SINGLE_NODE: "true", INITIAL_CLUSTER: undefined, ...unset },
    });
    const said = (node: NodeProcess) => node.log().split("was started without MALLOC_").length - 1;
    expect(said(bare.node("n1"))).toBe(1);
    expect(said(cluster.node("n1"))).toBe(0);
    await bare.close();
  },
);
