// Sections 6 and 17: settings, and the starts that are refused. Each case starts nodes of its own.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { promisify } from "node:util";
import type { Env, NodeProcess } from "@disheap/harness";
import { DisheapClient, DisheapService, EnqueueReq, StatsReq } from "@disheap/proto";
import { credentials } from "@grpc/grpc-js";
import { Rig, duration, refused } from "../rig.js";
import type { StartCase } from "../case.js";
import type { Launcher } from "../launcher.js";
import { MAX_WAIT_MS } from "../wait.js";

interface Refusal {
  readonly section: number;
  readonly rule: string;
  readonly env?: Env;
  readonly argv?: readonly string[];
  /** What the sentence must name. */
  readonly says: RegExp;
}

const REFUSALS: readonly Refusal[] = [
  {
    section: 6,
    rule: "gRPC beyond loopback without AUTH_MODE is refused",
    env: { ENGINE_BIND_ADDRESS: "0.0.0.0:9" },
    says: /AUTH_MODE/,
  },
  {
    section: 6,
    rule: "HTTP beyond loopback without AUTH_MODE is refused",
    env: { ENGINE_HTTP_BIND_ADDRESS: ":9" },
    says: /AUTH_MODE/,
  },
  {
    section: 6,
    rule: "metrics beyond loopback without AUTH_MODE are refused",
    env: { METRICS_BIND_ADDRESS: "[::]:9" },
    says: /AUTH_MODE/,
  },
  {
    section: 6,
    rule: "peers beyond loopback without CLUSTER_SECRET are refused",
    env: { RAFT_BIND: "0.0.0.0:9", AUTH_MODE: "off" },
    says: /CLUSTER_SECRET/,
  },
  {
    section: 6,
    rule: "AUTH_MODE=required is refused while keys do not exist",
    env: { AUTH_MODE: "required" },
    says: /API keys/,
  },
  {
    section: 6,
    rule: "an unknown AUTH_MODE is refused",
    env: { AUTH_MODE: "maybe" },
    says: /AUTH_MODE.*maybe/,
  },
  {
    section: 17,
    rule: "RAFT_JOIN_ADDRESSES is refused with what to set instead",
    env: { RAFT_JOIN_ADDRESSES: "n2:8300" },
    says: /INITIAL_CLUSTER/,
  },
  {
    section: 17,
    rule: "BOOTSTRAP without a list is refused with what to set instead",
    env: { BOOTSTRAP: "true", SINGLE_NODE: undefined },
    says: /INITIAL_CLUSTER/,
  },
  {
    section: 17,
    rule: "a node that is told nothing about its cluster is refused",
    env: { SINGLE_NODE: undefined },
    says: /INITIAL_CLUSTER/,
  },
  {
    section: 17,
    rule: "a name that is not in the list is refused",
    env: { SINGLE_NODE: undefined, INITIAL_CLUSTER: "a=127.0.0.1:1,b=127.0.0.1:2" },
    says: /NODE_ID/,
  },
  {
    section: 17,
    rule: "an unknown flag is refused by name",
    argv: ["--no-such-flag"],
    says: /--no-such-flag/,
  },
  {
    section: 17,
    rule: "a value that cannot be read is refused by name",
    env: { ENGINE_MAX_MESSAGE_SIZE: "much" },
    says: /ENGINE_MAX_MESSAGE_SIZE.*much/,
  },
  {
    section: 6,
    rule: "API_KEYS is refused while keys do not exist",
    env: { API_KEYS: "dh_a_b" },
    says: /API_KEYS/,
  },
  {
    section: 17,
    rule: "POP_CREDIT_MODE=window is refused while it does not exist",
    env: { POP_CREDIT_MODE: "window" },
    says: /POP_CREDIT_MODE/,
  },
];

/** Starts a node, lets the case use it, and stops it: the exit code of an asked stop is 0. */
async function running(
  launcher: Launcher,
  env: Env,
  use: (rig: Rig, node: NodeProcess) => Promise<void>,
  argv: readonly string[] = [],
): Promise<void> {
  const node = await launcher.running(env, argv);
  const rig = new Rig([[node], "any"]);
  try {
    await use(rig, node);
  } finally {
    rig.close();
  }
  assert.equal((await node.stop()).code, 0);
}

export function startCases(): StartCase[] {
  return [
    ...REFUSALS.map(({ section, rule, env = {}, argv = [], says }): StartCase => ({
      section,
      rule,
      run: async (launcher) => {
        const node = await launcher.single(env, argv);
        node.start();
        assert.equal((await node.ended(MAX_WAIT_MS)).code, 2);
        assert.match(node.log(), says);
      },
    })),
    {
      section: 6,
      rule: "AUTH_MODE=optional lets calls without a key in and refuses one that presents a key",
      run: (launcher) =>
        running(launcher, { AUTH_MODE: "optional" }, async (rig, node) => {
          await rig.call(DisheapService.stats, StatsReq.create());
          for (const headers of [{ authorization: "Bearer dh_a_b" }, { "x-api-key": "dh_a_b" }]) {
            const call = rig.call(DisheapService.stats, StatsReq.create(), { headers });
            await refused("UNAUTHENTICATED", call);
          }
          const answer = await fetch(`${node.http}/stats`, { headers: { "x-api-key": "dh_a_b" } });
          assert.equal(answer.status, 401);
          await answer.arrayBuffer();
        }),
    },
    {
      section: 17,
      rule: "every port open with AUTH_MODE=off and a secret starts",
      run: async (launcher) => {
        const local = await launcher.single();
        const open = (name: string): string =>
          (local.env[name] ?? "").replace("127.0.0.1", "0.0.0.0");
        const names = ["ENGINE_BIND_ADDRESS", "ENGINE_HTTP_BIND_ADDRESS", "METRICS_BIND_ADDRESS"];
        const env = Object.fromEntries([...names, "RAFT_BIND"].map((name) => [name, open(name)]));
        const secure = { ...env, AUTH_MODE: "off", CLUSTER_SECRET: "s" };
        await running(launcher, secure, async (rig) => {
          await rig.enqueue(await rig.topic());
        });
      },
    },
    {
      section: 17,
      rule: "the environment wins over flags",
      run: (launcher) =>
        running(
          launcher,
          {},
          async (_bench, node) => {
            const { node_id } = (await (await fetch(`${node.http}/raft/status`)).json()) as {
              node_id: string;
            };
            assert.equal(node_id, "n1");
          },
          ["--node-id", "other"],
        ),
    },
    {
      section: 17,
      rule: "flags alone start a node: ports, name, folder, level; the name defaults to the host's",
      run: async (launcher) => {
        const { env } = await launcher.single();
        const portOf = (name: string): string => (env[name] ?? "").split(":")[1] ?? "";
        const argv = [
          ...["--single-node", "--port", portOf("ENGINE_BIND_ADDRESS")],
          ...["--raft-port", portOf("RAFT_BIND"), "--storage-path", env["STORAGE_PATH"] ?? ""],
          ...["--log-level", "debug", "--log-json"],
        ];
        const unset = { NODE_ID: undefined, SINGLE_NODE: undefined, STORAGE_PATH: undefined };
        const node = await launcher.single(
          { ...env, ...unset, ENGINE_BIND_ADDRESS: undefined, RAFT_BIND: undefined },
          argv,
        );
        node.start();
        await node.healthy();
        const { node_id } = (await (await fetch(`${node.http}/raft/status`)).json()) as {
          node_id: string;
        };
        assert.equal(node_id, hostname());
        const client = new DisheapClient(
          env["ENGINE_BIND_ADDRESS"] ?? "",
          credentials.createInsecure(),
        );
        await promisify(client.waitForReady.bind(client))(Date.now() + 5_000);
        client.close();
        assert.equal((await node.stop()).code, 0);
        assert(existsSync(env["STORAGE_PATH"] ?? ""), "nothing in the folder of --storage-path");
      },
    },
    {
      section: 17,
      rule: "ENGINE_LOG_FORMAT=text logs for people",
      run: (launcher) =>
        running(launcher, { ENGINE_LOG_FORMAT: "text" }, async (_bench, node) => {
          assert.match(node.log(), /listening/);
          assert.throws(() => JSON.parse(node.log().split("\n")[0] ?? "") as unknown);
          await Promise.resolve();
        }),
    },
    {
      section: 17,
      rule: "STORAGE_SYNC_WRITES=false is ignored with a warning, any STORAGE_TYPE is accepted",
      run: (launcher) =>
        running(
          launcher,
          { STORAGE_SYNC_WRITES: "false", STORAGE_TYPE: "badger" },
          async (_bench, node) => {
            assert.match(node.log(), /STORAGE_SYNC_WRITES=false is ignored/);
            await Promise.resolve();
          },
        ),
    },
    {
      section: 17,
      rule: "METRICS_ENABLED=false opens no metrics port and has no /metrics",
      run: (launcher) =>
        running(launcher, { METRICS_ENABLED: "false" }, async (_bench, node) => {
          await assert.rejects(fetch(`${node.metrics}/metrics`));
          assert.equal((await fetch(`${node.http}/metrics`)).status, 404);
        }),
    },
    {
      section: 17,
      rule: "ENGINE_MAX_MESSAGE_SIZE bounds a gRPC message",
      run: (launcher) =>
        running(launcher, { ENGINE_MAX_MESSAGE_SIZE: "65536" }, async (rig) => {
          const topic = await rig.topic();
          await rig.enqueue(topic, { payload: Buffer.alloc(60_000) });
          const large = { payload: Buffer.alloc(70_000) };
          await refused("RESOURCE_EXHAUSTED", rig.enqueue(topic, large));
        }),
    },
    {
      section: 17,
      rule: "ENGINE_DEFAULT_VISIBILITY_TIMEOUT and DEFAULT_RF are what topics without a choice get",
      run: (launcher) =>
        running(
          launcher,
          { ENGINE_DEFAULT_VISIBILITY_TIMEOUT: "300s", DEFAULT_RF: "2" },
          async (rig) => {
            const info = await rig.info(await rig.topic());
            assert.deepEqual(info.visibilityTimeoutDefault, duration(300_000));
            assert.equal(info.replicationFactor, 2);
          },
        ),
    },
    {
      section: 17,
      rule: "ENGINE_MAX_PARTITIONS_PER_HEAP bounds a topic",
      run: (launcher) =>
        running(launcher, { ENGINE_MAX_PARTITIONS_PER_HEAP: "3" }, async (rig) => {
          await rig.topic({ partitions: 3 });
          await refused("INVALID_ARGUMENT", rig.topic({ partitions: 4 }));
        }),
    },
    {
      section: 17,
      rule: "POP_STREAM_IDLE_TIMEOUT_MS ends a stream without deliveries with OK",
      run: (launcher) =>
        running(launcher, { POP_STREAM_IDLE_TIMEOUT_MS: "1000" }, async (rig) => {
          const topic = await rig.topic();
          const before = Date.now();
          assert.equal((await rig.pop(topic).end()).code, 0);
          assert(Date.now() - before >= 900);
        }),
    },
    {
      section: 17,
      rule: "POP_DISCONNECT_GRACE_MS is what a lost consumer's leases have left",
      run: (launcher) =>
        running(launcher, { POP_DISCONNECT_GRACE_MS: "300" }, async (rig) => {
          const topic = await rig.topic();
          await rig.enqueue(topic);
          const { pop, item } = await rig.lease(topic, 3_600_000);
          const before = Date.now();
          pop.cancel();
          const again = await rig.pop(topic).one();
          assert.equal(again.messageId, item.messageId);
          assert(Date.now() - before < 4_000);
        }),
    },
    {
      section: 17,
      rule: "--enable-reflection=false and --enable-health=false take the services away",
      run: (launcher) =>
        running(
          launcher,
          {},
          async (rig) => {
            const same = (bytes: Buffer): Buffer => bytes;
            const unary = (path: string): Promise<Buffer> =>
              rig.call(
                { path, requestSerialize: same, responseDeserialize: same },
                Buffer.alloc(0),
              );
            await refused("UNIMPLEMENTED", unary("/grpc.health.v1.Health/Check"));
            const reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
            await refused("UNIMPLEMENTED", unary(reflection));
          },
          ["--enable-reflection=false", "--enable-health=false"],
        ),
    },
    {
      section: 17,
      rule: "logs are JSON lines without payloads",
      run: (launcher) =>
        running(launcher, { ENGINE_LOG_LEVEL: "debug" }, async (rig, node) => {
          const topic = await rig.topic();
          const payload = Buffer.from("very-secret-payload");
          await rig.call(DisheapService.enqueue, EnqueueReq.create({ topic, payload }));
          const lines = node.log().trimEnd().split("\n");
          for (const line of lines) JSON.parse(line);
          assert(lines.length > 0 && !node.log().includes("very-secret-payload"));
        }),
    },
  ];
}
