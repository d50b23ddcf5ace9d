import { join } from "node:path";
import {
  Cluster,
  holdPort,
  NODE_MAIN,
  type NodeProcess,
  Program,
  release,
  temporaryFolder,
  type TemporaryFolder,
  until,
} from "@disheap/harness";
import {
  DisheapClient,
  EnqueueReq,
  MakeHeapReq,
  type PopItem,
  type StatsResp,
} from "@disheap/proto";
import { credentials } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ask } from "../support/grpc-fixture.js";

const END_MAX_MS = 20_000;
const STOPPED = { code: 0, signal: null };
const REFUSED = { code: 1, signal: null };

let folder: TemporaryFolder;
const started: Cluster[] = [];
beforeEach(() => {
  folder = temporaryFolder("disheap-node-test-");
});
afterEach(async () => {
  for (const cluster of started.splice(0)) await cluster.close();
  folder.remove();
});

async function alone(how: "start" | "place", env: Record<string, string> = {}) {
  const settings = { SINGLE_NODE: "true", INITIAL_CLUSTER: undefined, ...env };
  const cluster = await Cluster[how]({ nodes: 1, folder: folder.path, env: settings });
  started.push(cluster);
  return cluster.nodes[0] as NodeProcess;
}

describe("a node that cannot start", () => {
  it("names every bad setting and exits with 2", async () => {
    const node = new Program({
      name: "bad",
      command: [process.execPath, NODE_MAIN, "--port", "x", "--nonsense"],
      env: { ENGINE_BIND_ADDRESS: "0.0.0.0:9090" },
      logFile: join(folder.path, "bad.log"),
    });
    expect(await node.start().ended(END_MAX_MS)).toEqual({ code: 2, signal: null });
    expect(node.log()).toContain('--port="x" cannot be used');
    expect(node.log()).toContain("--nonsense is unknown");
    expect(node.log()).toContain("AUTH_MODE is not set");
    expect(node.log()).toContain("does not know its cluster");
  });

  it("says which port is taken and exits with 1", async () => {
    const { server, port } = await holdPort();
    const node = await alone("place", { ENGINE_HTTP_BIND_ADDRESS: `127.0.0.1:${port}` });
    expect(await node.start().ended(END_MAX_MS)).toEqual(REFUSED);
    expect(node.log()).toContain(`The HTTP port 127.0.0.1:${port} cannot be opened`);
    await release(server);
  });

  it("refuses the data directory of another member and exits with 1", async () => {
    const node = await alone("start");
    expect(await node.stop()).toEqual(STOPPED);
    expect(await node.start({ NODE_ID: "n2" }).ended(END_MAX_MS)).toEqual(REFUSED);
    expect(node.log()).toMatch(
      /belongs to a member of cluster [0-9a-f]{16} \(.*\), and this node is called n2/,
    );
  });
});

describe("a running node", () => {
  it("serves over a restart what it was given before, and stops cleanly", async () => {
    const node = await alone("start");
    const client = new DisheapClient(node.endpoint, credentials.createInsecure());
    const topic = MakeHeapReq.create({ topic: "jobs", partitions: 2 });
    expect(await ask((done) => client.makeHeap(topic, done))).toMatchObject({
      ok: { topic: "jobs" },
    });
    for (const priority of [3n, 1n, 2n]) {
      const payload = Buffer.from(`secret-payload-${priority}`);
      const request = EnqueueReq.create({ topic: "jobs", payload, priority, partitionKey: "k" });
      expect(await ask((done) => client.enqueue(request, done))).toHaveProperty("ok");
    }
    expect(await node.stop()).toEqual(STOPPED);

    await node.start().healthy();
    await until("the topic answers", END_MAX_MS, async () => {
      const stats = await ask<StatsResp>((done) => client.stats({ topic: "jobs" }, done));
      return "ok" in stats;
    });
    const stream = client.popStream();
    stream.on("error", () => undefined);
    stream.write({ kind: { $case: "filter", value: { topic: "jobs", partitionIds: [] } } });
    stream.write({ kind: { $case: "flowControl", value: { credits: 3 } } });
    const found: bigint[] = [];
    await new Promise<void>((resolve) => {
      stream.on("data", (item: PopItem) => {
        found.push(item.priority);
        if (found.length === 3) resolve();
      });
    });
    expect(found).toEqual([1n, 2n, 3n]);
    const metrics = await (await fetch(`${node.metrics}/metrics`)).text();
    expect(metrics).toContain('inflight{topic="jobs"} 3');
    expect(metrics).toMatch(/^wal_bytes_written_total [1-9]/m);
    expect(metrics).toMatch(/^pop_latency_ms_count\{topic="jobs"\} 3$/m);
    stream.cancel();
    client.close();
    expect(await node.stop()).toEqual(STOPPED);
    expect(node.log()).not.toContain("secret-payload");
  });

  it("stops when its parent's channel breaks", async () => {
    const node = await alone("start");
    node.disconnect();
    expect(await node.ended(END_MAX_MS)).toEqual(STOPPED);
    expect(node.log()).toContain("the supervisor is gone");
  });
});
