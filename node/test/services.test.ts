import { Writable } from "node:stream";
import { freePorts } from "@disheap/harness";
import { AckReq, DisheapClient } from "@disheap/proto";
import { credentials, status as Status } from "@grpc/grpc-js";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { loadConfig } from "../src/config/config.js";
import type { NodeConfig } from "../src/config/node-config.js";
import { createLog } from "../src/log.js";
import { ListenError, Services } from "../src/services.js";
import { ask } from "./support/grpc-fixture.js";
import { HandEngine } from "./support/hand-engine.js";
import { nodeStatus } from "./support/status.js";

const open: Services[] = [];
afterEach(async () => {
  for (const services of open.splice(0)) await services.stop();
});

async function configOnFreePorts(): Promise<NodeConfig> {
  const [grpc, http, metrics, raft] = await freePorts(4);
  const loaded = loadConfig({
    argv: ["--single-node"],
    env: {
      ENGINE_BIND_ADDRESS: `127.0.0.1:${grpc}`,
      ENGINE_HTTP_BIND_ADDRESS: `127.0.0.1:${http}`,
      METRICS_BIND_ADDRESS: `127.0.0.1:${metrics}`,
      RAFT_BIND: `127.0.0.1:${raft}`,
    },
  });
  if (loaded.kind !== "config") throw new Error("bad test configuration");
  return loaded.config;
}

/** Services whose effects come from the engine of the test. */
function serve(engine: HandEngine, config: NodeConfig): Services {
  const services = new Services(engine, config, pino({ level: "silent" }));
  open.push(services);
  return services;
}

describe("the doors of a node", () => {
  it("open together and answer", async () => {
    const config = await configOnFreePorts();
    const engine = new HandEngine();
    const services = serve(engine, config);
    expect(await services.listen()).toEqual([
      config.grpc.port,
      config.http.port,
      config.metrics?.port,
    ]);
    services.appendHeard(0, 3, 10);
    const health = await fetch(`http://127.0.0.1:${config.http.port}/health`);
    expect(await health.json()).toMatchObject({ healthy: true });
    const metrics = await fetch(`http://127.0.0.1:${config.metrics?.port}/metrics`);
    expect(await metrics.text()).toContain("# HELP backlog");
  });

  it("say which port is taken", async () => {
    const config = await configOnFreePorts();
    await serve(new HandEngine(), config).listen();
    const second = serve(new HandEngine(), config);
    const error = await second.listen().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ListenError);
    expect(String(error)).toContain(`gRPC port 127.0.0.1:${config.grpc.port}`);
  });
});

describe("a shutdown", () => {
  it("lets a request finish, then refuses with UNAVAILABLE", async () => {
    const config = await configOnFreePorts();
    const engine = new HandEngine();
    const services = serve(engine, config);
    await services.listen();
    const client = new DisheapClient(`127.0.0.1:${config.grpc.port}`, credentials.createInsecure());
    const request = AckReq.create({ topic: "t", messageId: "m", leaseToken: "l" });
    const pending = ask((done) => client.ack(request, done));
    const stream = client.popStream();
    const streamEnd = new Promise((resolve) => stream.on("error", resolve));
    stream.write({ kind: { $case: "filter", value: { topic: "t", partitionIds: [] } } });
    const { requestId } = await engine.seen("client.request");
    await engine.seen("stream.filter");

    const stopping = services.stop();
    const late = await ask((done) => client.ack(request, done));
    expect(late).toMatchObject({ code: Status.UNAVAILABLE });
    services.emit({ kind: "client.reply", requestId, result: { ok: true, op: "ack" } });
    expect(await pending).toEqual({ ok: {} });
    expect(await streamEnd).toMatchObject({ code: Status.UNAVAILABLE });
    await stopping;
    expect(engine.kinds()).toContain("stream.cancel");
    client.close();
  });

  it("is not SERVING before the engine is ready", async () => {
    const config = await configOnFreePorts();
    const engine = new HandEngine();
    engine.current = nodeStatus({ isReady: false, groups: [] });
    await serve(engine, config).listen();
    const health = await fetch(`http://127.0.0.1:${config.http.port}/health`);
    expect(health.status).toBe(503);
  });
});

describe("the log", () => {
  function capture(format: "json" | "text"): {
    lines: string[];
    log: ReturnType<typeof createLog>;
  } {
    const lines: string[] = [];
    const out = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString());
        done();
      },
    });
    return { lines, log: createLog({ level: "info", format, node: "n1" }, out) };
  }

  it("is one JSON object a line", () => {
    const { lines, log } = capture("json");
    log.info({ port: 9090 }, "listening");
    log.debug("too quiet");
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      level: "info",
      node: "n1",
      msg: "listening",
      port: 9090,
    });
  });

  it("or one readable line", () => {
    const { lines, log } = capture("text");
    log.warn({ port: 9090 }, "listening");
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} warn {2}n1 listening port=9090\n$/);
  });
});
