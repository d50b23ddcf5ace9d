import { MESSAGE_BYTES_MAX } from "@disheap/core";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/config.js";
import type { NodeConfig } from "../../src/config/node-config.js";
import { OPTION_KEYS, optionOf } from "../../src/config/options.js";

type Env = Record<string, string>;

const LIST = "n1=127.0.0.1:8300,n2=127.0.0.1:8301,n3=127.0.0.1:8302";

function load(argv: string[], env: Env = {}) {
  return loadConfig({ argv, env, hostName: "host-a", cwd: "/srv" });
}

function accepted(argv: string[], env: Env = {}): { config: NodeConfig; warnings: string[] } {
  const loaded = load(argv, env);
  if (loaded.kind !== "config") throw new Error(`expected a config, got ${JSON.stringify(loaded)}`);
  return { config: loaded.config, warnings: [...loaded.warnings] };
}

function refused(argv: string[], env: Env = {}): string[] {
  const loaded = load(argv, env);
  if (loaded.kind !== "problems") throw new Error("expected problems, got a configuration");
  return [...loaded.problems];
}

describe("defaults", () => {
  it("is loopback, authentication off, LevelDB under ./data", () => {
    const { config, warnings } = accepted(["--single-node"]);
    expect(config).toMatchObject({
      nodeId: "host-a",
      machine: "host-a",
      dataDir: "/srv/data",
      grpc: { host: "127.0.0.1", port: 9090 },
      http: { host: "127.0.0.1", port: 8080 },
      metrics: { host: "127.0.0.1", port: 9091 },
      raft: { host: "127.0.0.1", port: 8300 },
      authMode: "off",
      logLevel: "info",
      logFormat: "json",
      members: [{ name: "host-a", address: "127.0.0.1:8300" }],
    });
    expect(config.limits.messageBytesMax).toBe(4_194_304);
    expect(config.limits.partitionsPerTopicMax).toBe(100);
    expect(config.defaults).toMatchObject({
      visibilityMs: 30_000,
      streamIdleTimeoutMs: 0,
      disconnectGraceMs: 5_000,
      streamStallMs: 5_000,
    });
    expect([config.enableHealth, config.enableReflection]).toEqual([true, true]);
    expect(config.timing).toEqual({
      tickMs: 50,
      beatMs: 100,
      electionMinMs: 1500,
      electionMaxMs: 3000,
      checkQuorumMs: 1500,
      diskStallMs: 1000,
    });
    expect(warnings).toEqual([]);
  });

  it("reads every setting from somewhere", () => {
    for (const key of OPTION_KEYS) {
      const option = optionOf(key);
      expect(option.flag ?? option.env, key).toBeDefined();
    }
  });
});

describe("flags and environment", () => {
  it("lets the environment win, and counts an empty variable as unset", () => {
    const argv = ["--single-node", "--node-id", "flag", "--log-level", "warn"];
    const { config } = accepted(argv, { NODE_ID: "env", ENGINE_LOG_LEVEL: " " });
    expect(config.nodeId).toBe("env");
    expect(config.logLevel).toBe("warn");
  });

  it.each([
    [["--enable-health", "false"], false],
    [["--enable-health=false"], false],
    [["--enable-health"], true],
    [["--enable-health", "true"], true],
  ])("reads the switch %j", (argv, expected) => {
    expect(accepted(["--single-node", ...argv]).config.enableHealth).toBe(expected);
  });

  it("takes the documented environment of a deployment", () => {
    const { config, warnings } = accepted([], {
      NODE_ID: "n1",
      INITIAL_CLUSTER: "n1=engine-1:8300,n3=engine-3:8300,n2=engine-2:8300",
      BOOTSTRAP: "true",
      RAFT_BIND: ":8300",
      CLUSTER_SECRET: "a long secret",
      ENGINE_BIND_ADDRESS: "0.0.0.0:9090",
      ENGINE_HTTP_BIND_ADDRESS: "0.0.0.0:8080",
      METRICS_BIND_ADDRESS: "0.0.0.0:9091",
      AUTH_MODE: "off",
      STORAGE_TYPE: "badger",
      STORAGE_PATH: "/var/lib/disheap/badger",
      STORAGE_SYNC_WRITES: "false",
      ENGINE_DEFAULT_VISIBILITY_TIMEOUT: "300s",
      ENGINE_CLEANUP_INTERVAL: "60s",
      DEFAULT_RF: "2",
      POP_STREAM_IDLE_TIMEOUT_MS: "0",
      POP_DISCONNECT_GRACE_MS: "7000",
    });
    expect(config.members.map((member) => member.name)).toEqual(["n1", "n3", "n2"]);
    expect(config.raft).toEqual({ host: "", port: 8300 });
    expect(config.grpc).toEqual({ host: "0.0.0.0", port: 9090 });
    expect(config.dataDir).toBe("/var/lib/disheap/badger");
    expect(config.defaults).toMatchObject({ visibilityMs: 300_000, disconnectGraceMs: 7000 });
    expect(config.defaults.replicationFactor).toBe(2);
    expect(warnings.join("\n")).toMatch(/STORAGE_SYNC_WRITES=false is ignored/);
    expect(warnings.join("\n")).toMatch(/STORAGE_TYPE=badger/);
  });

  it("refuses BOOTSTRAP on a member that is not the first of the list", () => {
    const env = { INITIAL_CLUSTER: "n1=a:8300,n2=b:8300", BOOTSTRAP: "true", CLUSTER_SECRET: "s" };
    const loaded = loadConfig({ argv: [], env: { ...env, NODE_ID: "n2", RAFT_BIND: ":8300" } });
    if (loaded.kind !== "problems") throw new Error("it must be refused");
    expect(loaded.problems.join("\n")).toContain(
      'the first member of the list, "n1", forms the cluster',
    );
    const first = loadConfig({ argv: [], env: { ...env, NODE_ID: "n1", RAFT_BIND: ":8300" } });
    expect(first.kind).toBe("config");
  });

  it("a node's machine has the node's name until it is given one", () => {
    const named = accepted(["--single-node", "--node-id", "n1", "--machine", "rack-7"]);
    expect(named.config.machine).toBe("rack-7");
    expect(accepted(["--single-node", "--node-id", "n1"]).config.machine).toBe("n1");
    expect(refused(["--single-node", "--machine", "rack 7"]).join("\n")).toContain("--machine");
  });

  it("takes what it has no use for, and says so where it changes nothing", () => {
    const before = accepted(["--single-node"]).config;
    const env = { STORAGE_SYNC_WRITES: "true", ENGINE_CLEANUP_INTERVAL: "5s" };
    const argv = ["--single-node", "--raft-dir", "/elsewhere", "--log-json"];
    const { config } = accepted(argv, { ...env, POP_CREDIT_MODE: "explicit" });
    expect(config).toEqual(before);
  });

  it("a single node is known to its peers by the address it advertises", () => {
    const env = { RAFT_ADVERTISE: "10.0.0.9:8300" };
    const { config } = accepted(["--single-node"], { ...env, CLUSTER_SECRET: "a long secret" });
    expect(config.members).toEqual([{ name: "host-a", address: "10.0.0.9:8300" }]);
  });

  it("derives all ports from the base and the place in the list", () => {
    const list = "n1=127.0.0.1:9700,n2=127.0.0.1:9701,n3=127.0.0.1:9702";
    const { config } = accepted(["--cluster", list, "--node-id", "n3", "--port-base", "9500"]);
    expect([config.grpc.port, config.metrics?.port, config.http.port, config.raft.port]).toEqual([
      9504, 9505, 9604, 9702,
    ]);
  });

  it("listens on the peer port of its own line in the list", () => {
    const { config } = accepted(["--cluster", LIST, "--node-id", "n2"]);
    expect(config.raft).toEqual({ host: "127.0.0.1", port: 8301 });
  });

  it("answers --help", () => {
    expect(load(["--help"]).kind).toBe("help");
  });
});

describe("who may reach the node (D-68)", () => {
  const doors = ["ENGINE_BIND_ADDRESS", "ENGINE_HTTP_BIND_ADDRESS", "METRICS_BIND_ADDRESS"];
  const table = doors.flatMap((door) =>
    ["0.0.0.0:7000", ":7000", "10.0.0.1:7000", "[::]:7000"].map((bind) => [door, bind] as const),
  );
  it.each(table)("refuses %s=%s without AUTH_MODE and takes it with", (door, bind) => {
    const env = { SINGLE_NODE: "true", [door]: bind };
    const problems = refused([], env);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(door);
    expect(problems[0]).toContain("AUTH_MODE=off");
    expect(accepted([], { ...env, AUTH_MODE: "off" }).config.authMode).toBe("off");
  });

  it.each(["127.0.0.1:7000", "localhost:7000", "[::1]:7000", "127.3.2.1:7000"])(
    "takes the loopback bind %s without AUTH_MODE",
    (bind) => {
      expect(accepted([], { SINGLE_NODE: "1", ENGINE_BIND_ADDRESS: bind }).config.authMode).toBe(
        "off",
      );
    },
  );

  it("refuses AUTH_MODE=required until keys exist", () => {
    expect(refused([], { SINGLE_NODE: "1", AUTH_MODE: "required" })[0]).toMatch(/do not exist yet/);
  });

  it("wants a secret for a peer port off loopback", () => {
    const env = { SINGLE_NODE: "1", RAFT_BIND: "0.0.0.0:8300" };
    expect(refused([], env)[0]).toMatch(/Set CLUSTER_SECRET/);
    expect(accepted([], { ...env, CLUSTER_SECRET: "s" }).config.clusterSecret).toBe("s");
  });

  it("refuses a peer port that its peers could not reach", () => {
    const env = { NODE_ID: "n1", INITIAL_CLUSTER: "n1=10.0.0.1:8300,n2=10.0.0.2:8300" };
    expect(refused([], env)[0]).toMatch(/Set RAFT_BIND/);
  });
});

describe("how a cluster forms", () => {
  it.each([
    [{ NODE_ID: "n1" }, /does not know its cluster/],
    [{ BOOTSTRAP: "true" }, /BOOTSTRAP without a list is refused/],
    [{ RAFT_JOIN_ADDRESSES: "a:8300,b:8300" }, /cannot join a running cluster yet/],
    [{ NODE_ID: "n9", INITIAL_CLUSTER: LIST }, /not in the cluster list \(n1, n2, n3\)/],
    [{ NODE_ID: "n1", INITIAL_CLUSTER: LIST, SINGLE_NODE: "true" }, /contradicts a list of 3/],
  ])("refuses %j", (env, message) => {
    const problems = refused([], env as Env);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(message);
  });

  it.each([
    "n1=127.0.0.1",
    "n1",
    "n1=a:1,n1=b:1",
    "n1=a:1,n2=a:1",
    "=a:1",
    "n1=:8300",
    "n1=a:1,",
    "n1=a:99999",
    Array.from({ length: 8 }, (_, i) => `n${String(i)}=h${String(i)}:1`).join(","),
  ])("refuses the list %j", (list) => {
    expect(refused(["--node-id", "n1"], { INITIAL_CLUSTER: list })[0]).toMatch(
      /INITIAL_CLUSTER=.*NAME=HOST:PORT/,
    );
  });
});

describe("bad settings", () => {
  it("takes the budgets, whose defaults are the core's, and refuses what is no bound", () => {
    const budgets = {
      REQUEST_BYTES_MAX: ["requestBytesMax", 268_435_456],
      STREAMS_MAX: ["streamsMax", 20_000],
      SESSIONS_MAX: ["sessionsMax", 1_000],
      TOPICS_MAX: ["topicsMax", 10_000],
      GROUPS_MAX: ["groupsMax", 10_000],
      PROPOSED_BYTES_MAX: ["proposedBytesMax", 33_554_432],
      LINK_BYTES_MAX: ["linkBytesMax", 16_777_216],
      PRODUCER_BYTES_MAX: ["producerBytesMax", 67_108_864],
    } as const;
    for (const [name, [limit, byDefault]] of Object.entries(budgets)) {
      expect(accepted(["--single-node"]).config.limits[limit]).toBe(byDefault);
      // The smallest that each may be is below this, the largest above it.
      const text = limit === "requestBytesMax" ? "20000000" : "2000000";
      const set = accepted(["--single-node"], { [name]: text });
      expect(set.config.limits[limit]).toBe(Number(text));
      const [problem = ""] = refused(["--single-node"], { [name]: "0" });
      expect(problem).toContain(name);
    }
  });

  it("refuses a message size that a frame between nodes could not carry (rev-A6)", () => {
    const bytes = String(MESSAGE_BYTES_MAX);
    expect(
      accepted(["--single-node"], { ENGINE_MAX_MESSAGE_SIZE: bytes }).config.limits.messageBytesMax,
    ).toBe(MESSAGE_BYTES_MAX);
    const [problem] = refused(["--single-node"], {
      ENGINE_MAX_MESSAGE_SIZE: String(MESSAGE_BYTES_MAX + 1),
    });
    expect(problem).toContain("ENGINE_MAX_MESSAGE_SIZE");
    expect(problem).toContain(bytes);
  });

  it("names every problem in one go, each with what to do", () => {
    const problems = refused(
      ["--single-node", "--port", "99999", "--colour", "red", "--log-level", "loud", "--raft-port"],
      { ENGINE_MAX_MESSAGE_SIZE: "4MB", AUTH_MODE: "maybe", POP_CREDIT_MODE: "window" },
    );
    const text = problems.join("\n");
    for (const name of [
      '--port="99999"',
      "--colour is unknown",
      '"red" is not a flag',
      '--log-level="loud"',
      "--raft-port has no value",
      'ENGINE_MAX_MESSAGE_SIZE="4MB"',
      'AUTH_MODE="maybe"',
      "POP_CREDIT_MODE=window",
    ]) {
      expect(text).toContain(name);
    }
    for (const problem of problems) expect(problem).toMatch(/\.$/);
  });

  it("never shows a secret", () => {
    const problems = refused([], { API_KEYS: "dh_a_b", CLUSTER_SECRET: "hush" });
    expect(problems.join("\n")).not.toMatch(/dh_a_b|hush/);
  });

  it("refuses a timing that cannot work", () => {
    const env = { SINGLE_NODE: "1", RAFT_CHECK_QUORUM_MS: "5000" };
    expect(refused([], env)[0]).toMatch(
      /^These times cannot work: RAFT_CHECK_QUORUM_MS must not exceed RAFT_ELECTION_MIN_MS: /,
    );
  });

  it("refuses times after which nobody serves, or streams end before their answer", () => {
    const problems = refused(["--single-node"], { RAFT_ELECTION_MAX_MS: "60001" });
    expect(problems[0]).toMatch(/from 300 to 60000/);
    for (const ms of ["1", "999"]) {
      const problems = refused(["--single-node"], { POP_STREAM_IDLE_TIMEOUT_MS: ms });
      expect(problems[0]).toMatch(/write 0 for never, or 1000 to/);
    }
    for (const ms of ["0", "1000"]) accepted(["--single-node"], { POP_STREAM_IDLE_TIMEOUT_MS: ms });
  });

  it("refuses two services on one port", () => {
    expect(refused(["--single-node", "--port", "8080"])[0]).toMatch(/both want port 8080/);
  });
});
