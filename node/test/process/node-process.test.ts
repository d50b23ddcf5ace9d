import { createServer } from "node:net";
import { join } from "node:path";
import {
  DisheapClient,
  EnqueueReq,
  MakeHeapReq,
  type PopItem,
  type StatsResp,
} from "@disheap/proto";
import { credentials } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePorts } from "../support/free-port.js";
import { ask } from "../support/grpc-fixture.js";
import { Bench, isHealthy, NODE_MAIN, until } from "../support/processes.js";

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.clean());

interface Place {
  readonly env: Record<string, string>;
  readonly grpc: number;
  readonly http: number;
  readonly metrics: number;
}

async function aloneOnFreePorts(): Promise<Place> {
  const [grpc = 0, http = 0, metrics = 0, raft = 0] = await freePorts(4);
  return {
    grpc,
    http,
    metrics,
    env: {
      NODE_ID: "n1",
      SINGLE_NODE: "true",
      ENGINE_BIND_ADDRESS: `127.0.0.1:${grpc}`,
      ENGINE_HTTP_BIND_ADDRESS: `127.0.0.1:${http}`,
      METRICS_BIND_ADDRESS: `127.0.0.1:${metrics}`,
      RAFT_BIND: `127.0.0.1:${raft}`,
      STORAGE_PATH: join(bench.folder, "data"),
    },
  };
}

describe("a node that cannot start", () => {
  it("names every bad setting and exits with 2", async () => {
    const { exit, output } = bench.run(NODE_MAIN, ["--port", "x", "--nonsense"], {
      ENGINE_BIND_ADDRESS: "0.0.0.0:9090",
    });
    expect(await exit).toEqual({ code: 2, signal: null });
    expect(output()).toContain('--port="x" cannot be used');
    expect(output()).toContain("--nonsense is unknown");
    expect(output()).toContain("AUTH_MODE is not set");
    expect(output()).toContain("does not know its cluster");
  });

  it("says which port is taken and exits with 1", async () => {
    const place = await aloneOnFreePorts();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(place.http, "127.0.0.1", resolve));
    const { exit, output } = bench.run(NODE_MAIN, [], place.env);
    expect(await exit).toEqual({ code: 1, signal: null });
    expect(output()).toContain(`The HTTP port 127.0.0.1:${place.http} cannot be opened`);
    await new Promise((resolve) => other.close(resolve));
  });

  it("refuses the data directory of another cluster and exits with 1", async () => {
    const place = await aloneOnFreePorts();
    const first = bench.run(NODE_MAIN, [], place.env);
    await until(() => isHealthy(place.http));
    first.child.kill("SIGTERM");
    expect(await first.exit).toEqual({ code: 0, signal: null });
    const second = bench.run(NODE_MAIN, [], { ...place.env, NODE_ID: "n2" });
    expect(await second.exit).toEqual({ code: 1, signal: null });
    expect(second.output()).toMatch(/belongs to cluster [0-9a-f]{16}, but this node was started/);
  });
});

describe("a running node", () => {
  it("serves over a restart what it was given before, and stops cleanly", async () => {
    const place = await aloneOnFreePorts();
    const first = bench.run(NODE_MAIN, [], place.env);
    await until(() => isHealthy(place.http));
    const client = new DisheapClient(`127.0.0.1:${place.grpc}`, credentials.createInsecure());
    const topic = MakeHeapReq.create({ topic: "jobs", partitions: 2 });
    expect(await ask((done) => client.makeHeap(topic, done))).toMatchObject({
      ok: { topic: "jobs" },
    });
    for (const priority of [3n, 1n, 2n]) {
      const payload = Buffer.from(`secret-payload-${priority}`);
      const request = EnqueueReq.create({ topic: "jobs", payload, priority, partitionKey: "k" });
      expect(await ask((done) => client.enqueue(request, done))).toHaveProperty("ok");
    }
    first.child.kill("SIGTERM");
    expect(await first.exit).toEqual({ code: 0, signal: null });

    const second = bench.run(NODE_MAIN, [], place.env);
    await until(() => isHealthy(place.http));
    await until(async () => {
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
    const metrics = await (await fetch(`http://127.0.0.1:${place.metrics}/metrics`)).text();
    expect(metrics).toContain('inflight{topic="jobs"} 3');
    expect(metrics).toMatch(/^wal_bytes_written_total [1-9]/m);
    expect(metrics).toMatch(/^pop_latency_ms_count\{topic="jobs"\} 3$/m);
    stream.cancel();
    client.close();
    second.child.kill("SIGTERM");
    expect(await second.exit).toEqual({ code: 0, signal: null });
    expect(first.output() + second.output()).not.toContain("secret-payload");
  });

  it("stops when its parent's channel breaks", async () => {
    const place = await aloneOnFreePorts();
    const { child, exit, output } = bench.run(NODE_MAIN, [], place.env);
    await until(() => isHealthy(place.http));
    child.disconnect();
    expect(await exit).toEqual({ code: 0, signal: null });
    expect(output()).toContain("the supervisor is gone");
  });
});
