// Which node a call goes to: close calls together, runs spread over all nodes.
import { DisheapService, StatsReq } from "@disheap/proto";
import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Caller } from "../src/caller.js";
import { EndpointPool } from "../src/endpoints.js";
import { resolveOptions } from "../src/options.js";
import { QueueState } from "./support/queue-state.js";
import { TestNode } from "./support/test-node.js";

describe("runs of calls", () => {
  let clockMs: number;
  let pool: EndpointPool;
  const endpoints = ["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"];
  const next = (): string => pool.orderForCall()[0]?.address ?? "none";

  beforeEach(() => {
    clockMs = 0;
    pool = new EndpointPool(resolveOptions({ endpoints }), () => clockMs);
  });

  afterEach(() => pool.close());

  it("a run has 64 calls, and runs are spread over all nodes", () => {
    const seen = new Map<string, number>();
    // Chance that forty runs leave one of three nodes out: below one in a million.
    for (let run = 0; run < 40; run += 1) {
      const first = next();
      for (let call = 1; call < 64; call += 1) expect(next()).toBe(first);
      seen.set(first, (seen.get(first) ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).toEqual(endpoints);
  });

  it("a run ends 50 ms after its first call", () => {
    const seen = new Set<string>();
    for (let run = 0; run < 40; run += 1) {
      const first = next();
      clockMs += 49;
      expect(next()).toBe(first);
      clockMs += 1;
      seen.add(first);
    }
    expect(seen.size).toBe(3);
  });

  it("every call may go to every node, each once", () => {
    for (let call = 0; call < 100; call += 1) {
      const addresses = pool.orderForCall().map(({ address }) => address);
      expect(addresses.sort()).toEqual(endpoints);
    }
  });

  it("a node that could not be reached ends its run and comes last", () => {
    const [first] = pool.orderForCall();
    first?.coolDown();
    for (let call = 0; call < 100; call += 1) {
      expect(pool.orderForCall().at(-1)?.address).toBe(first?.address);
    }
  });
});

it("a call that fails ends the run: the next ones do not all meet the same node first", async () => {
  const state = new QueueState();
  const nodes = await Promise.all([1, 2, 3].map(() => new TestNode(state).start()));
  const retry = { initialBackoffMs: 1, maxBackoffMs: 5 };
  const options = resolveOptions({ endpoints: nodes.map((node) => node.address), retry });
  // The clock stands still, so only the number of calls and failures end a run.
  const pool = new EndpointPool(options, () => 0);
  const caller = new Caller(pool, options);
  try {
    const [failing] = nodes;
    if (failing === undefined) throw new Error("there are three nodes");
    failing.intercept = () => ({ fail: status.UNAVAILABLE });
    for (let call = 0; call < 640; call += 1) {
      await caller.unary(DisheapService.stats, StatsReq.create(), { name: "stats" });
    }
    // One failure for about every third start of a run; a run that stayed would have 64.
    expect(failing.calls.length).toBeLessThan(40);
  } finally {
    caller.close();
    pool.close();
    for (const node of nodes) node.kill();
  }
});
