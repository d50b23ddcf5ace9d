// The deployment files against the node they start: every setting is one that the node knows and accepts,
// and every metric on the dashboard is one that the node reports.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../node/src/config/config.js";
import { OPTIONS } from "../../node/src/config/options.js";
import { NodeMetrics } from "../../node/src/metrics/node-metrics.js";
import { NO_CENSUS, nodeStatus } from "../../node/test/support/status.js";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
const CHECK = fileURLToPath(new URL("../healthcheck.mjs", import.meta.url));
const compose = read("../../docker-compose.yml");

/** `KEY: value` lines below `heading`, up to the next line that is indented less; defaults filled in. */
function block(heading: string): Record<string, string> {
  const body = new RegExp(`^${heading}\\n((?:  .*\\n)+)`, "m").exec(compose)?.[1] ?? "";
  const pairs = [...body.matchAll(/^\s+([A-Z_]+): (.*)$/gm)].map(([, key, value]) => [
    key,
    value.replace(/^"(.*)"$/, "$1").replace(/^\$\{\w+:-(.*)\}$/, "$1"),
  ]);
  return Object.fromEntries(pairs) as Record<string, string>;
}

const shared = block("x-environment: &environment");
const names = [...compose.matchAll(/NODE_ID: (\w+)/g)].map(([, name]) => name);

describe("docker-compose.yml", () => {
  it("starts three nodes, each with its own name, volume and ports", () => {
    expect(names).toEqual(["n1", "n2", "n3"]);
    expect([...compose.matchAll(/engine\d_data:\/var\/lib\/disheap/g)]).toHaveLength(3);
    const published = [...compose.matchAll(/:(\d+):(?:9090|8080|9091)$/gm)].map(([, port]) => port);
    const engines = ["9090", "8080", "9091", "9092", "8082", "9093", "9094", "8084", "9095"];
    expect(published).toEqual([...engines, "9096"]);
  });

  it("waits for no other node and names every image", () => {
    expect(compose).not.toContain("depends_on");
    expect([...compose.matchAll(/^ {4,}image:|^ {2}image:/gm)]).toHaveLength(3);
  });

  it.each(names)("gives %s settings that it accepts as they are", (name) => {
    const known = new Set<string>(
      Object.values(OPTIONS).map((option) => ("env" in option ? option.env : "")),
    );
    const env: Record<string, string> = { ...shared, NODE_ID: name };
    expect(Object.keys(env).filter((key) => !known.has(key))).toEqual([]);
    expect(env).toMatchObject({ AUTH_MODE: "off", RAFT_BIND: "0.0.0.0:8300" });
    expect(env["CLUSTER_SECRET"]).not.toBe("");
    expect(loadConfig({ argv: [], env })).toMatchObject({ kind: "config", warnings: [] });
  });
});

describe("healthcheck.mjs", () => {
  it.each([
    [[], "/health"],
    [["/live"], "/live"],
  ])("with arguments %j asks %s, and fails with what it is told", async (args, path) => {
    for (const code of [200, 503]) {
      let asked = "";
      const server = createServer((request, response) => {
        asked = request.url ?? "";
        response.writeHead(code).end();
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as AddressInfo;
      const env = { ...process.env, ENGINE_HTTP_BIND_ADDRESS: `0.0.0.0:${port}` };
      const check = spawn(process.execPath, [CHECK, ...args], { env });
      const [exit] = (await once(check, "exit")) as [number];
      server.close();
      expect([asked, exit]).toEqual([path, code === 200 ? 0 : 1]);
    }
  });
});

describe("Dockerfile", () => {
  it("opens the node to the network, so that it starts only with AUTH_MODE", () => {
    const text = /^ENV ((?:.*\\\n)*.*)$/m.exec(read("../../Dockerfile"))?.[1] ?? "";
    const env = Object.fromEntries(text.split(/\s*\\\n\s*/).map((pair) => pair.split("=", 2)));
    const start = { ...env, NODE_ID: "n1", SINGLE_NODE: "true" } as Record<string, string>;
    const refused = loadConfig({ argv: [], env: start });
    expect(refused).toMatchObject({ kind: "problems" });
    expect(JSON.stringify(refused)).toContain("AUTH_MODE is not set");
    const allowed = loadConfig({ argv: [], env: { ...start, AUTH_MODE: "off" } });
    expect(allowed).toMatchObject({ kind: "config", warnings: [] });
  });
});

describe("the dashboard", () => {
  const dashboard = JSON.parse(read("../compose/grafana/dashboards/engine-performance.json")) as {
    panels: { title: string; targets: { expr: string }[] }[];
  };

  it("asks for metrics that a node reports", async () => {
    const { body } = await new NodeMetrics(
      () => nodeStatus(),
      () => NO_CENSUS,
    ).render();
    const reported = new Set([...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    const asked = dashboard.panels
      .flatMap(({ targets }) => targets)
      .flatMap(({ expr }) => [
        ...expr.replaceAll("$__rate_interval", "5m").matchAll(/[a-z]+_[a-z_]+|backlog|inflight/g),
      ])
      .map(([name]) => name.replace(/_(bucket|count)$/, ""))
      .filter((name) => name !== "histogram_quantile");
    expect(asked.length).toBeGreaterThan(20);
    expect([...new Set(asked)].filter((name) => !reported.has(name))).toEqual([]);
  });
});
