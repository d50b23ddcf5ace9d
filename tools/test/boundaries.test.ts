// Plants every forbidden kind of import into a small tree and sees the dependency check catch it, by
// the rule that is meant for it and by no other. Each plant has an allowed twin beside it that passes.

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cruise, unbuilt } from "../boundaries.mjs";
import { rooms, root } from "../rooms.mjs";
import { layOut, write } from "./support/tree.js";

interface Plant {
  readonly file: string;
  readonly text: string;
  readonly rules: readonly string[];
}

const value = (specifier: string): string => `import * as x from "${specifier}";\nexport { x };\n`;
const type = (specifier: string): string =>
  `import type * as x from "${specifier}";\nexport type Y = typeof x;\n`;
const plant = (file: string, specifier: string, ...rules: string[]): Plant => ({
  file,
  text: file.endsWith(".ts") ? type(specifier) : value(specifier),
  rules,
});

/** One breach each; a file without rules is the other half of the one before it. */
const FORBIDDEN: readonly Plant[] = [
  // core: no package, no builtin, no other room, neither as a value nor as a type
  plant("core/dist/a/npm.js", "fast-check", "core-imports"),
  plant("core/dist/a/builtin.js", "node:fs", "core-imports"),
  plant("core/dist/a/builtin-deep.js", "node:fs/promises", "core-imports"),
  plant("core/dist/a/io.js", "@disheap/io", "core-imports"),
  plant("core/dist/a/io-subpath.js", "@disheap/io/turn", "core-imports"),
  plant("core/dist/a/checker.js", "linearizability", "core-imports"),
  plant("core/src/a/types-of-io.ts", "@disheap/io", "core-imports"),
  plant("core/src/a/types-of-node.ts", "node:fs", "core-imports"),
  {
    file: "core/dist/a/dynamic.js",
    text: 'export const x = import("node:fs");\n',
    rules: ["core-imports"],
  },
  {
    file: "core/dist/a/re-export.js",
    text: 'export * from "@disheap/io";\n',
    rules: ["core-imports"],
  },
  plant("core/dist/a/proto.js", "@disheap/proto", "core-imports"),
  plant("core/dist/lib/codec.js", "@disheap/proto/session", "session-codec-where"),
  plant("proto/dist/session/gen.js", "../index.js", "session-codec-imports"),
  plant("sim/dist/a/proto.js", "@disheap/proto", "sim-imports"),
  // core's own rooms: one breach of every wall, by value or by type, and none of what stands above
  plant("core/dist/contract/up.js", "../lib/bytes.js", "core-contract-imports"),
  plant("core/dist/lib/up.js", "../wire/frames.js", "core-lib-imports"),
  plant("core/src/heap/up.ts", "../wire/frames.js", "core-heap-imports"),
  plant("core/src/wire/up.ts", "../delivery/partition.js", "core-wire-imports"),
  plant("core/src/machine/up.ts", "../delivery/partition.js", "core-machine-imports"),
  plant("core/dist/raft/up.js", "../member/replica.js", "core-raft-imports"),
  plant("core/dist/raft/aside.js", "../delivery/partition.js", "core-raft-imports"),
  plant("core/dist/delivery/up.js", "../leader/leader.js", "core-delivery-imports"),
  plant("core/dist/delivery/aside.js", "../cluster/cluster.js", "core-delivery-imports"),
  plant("core/dist/cluster/aside.js", "../delivery/partition.js", "core-cluster-imports"),
  plant("core/dist/formation/aside.js", "../cluster/cluster.js", "core-formation-imports"),
  plant("core/src/member/up.ts", "../host/host.js", "core-member-imports"),
  plant("core/dist/edge/leader.js", "../leader/leader.js", "core-edge-imports"),
  plant("core/src/edge/store.ts", "../store/boot.js", "core-edge-imports"),
  plant("core/src/edge/requests/host.ts", "../../host/host.js", "core-edge-imports"),
  plant("core/src/session/leader.ts", "../leader/leader.js", "core-session-imports"),
  plant("core/dist/leader/edge.js", "../edge/lease-token.js", "core-leader-imports"),
  plant("core/src/leader/store.ts", "../store/boot.js", "core-leader-imports"),
  plant("core/dist/store/edge.js", "../edge/lease-token.js", "core-store-imports"),
  plant("core/src/store/leader.ts", "../leader/leader.js", "core-store-imports"),
  plant("core/dist/host/index-user.js", "../index.js", "core-host-imports"),
  plant("core/src/a/circle-one.ts", "./circle-two.js", "no-circle-of-types"),
  plant("core/src/a/circle-two.ts", "./circle-one.js"),
  // io, and the turn inside it
  plant("io/dist/a/sim.js", "@disheap/sim", "io-imports"),
  plant("io/dist/a/npm.js", "zod", "io-imports"),
  plant("io/dist/turn/grpc.js", "@grpc/grpc-js", "turn-is-pure"),
  plant("io/dist/turn/builtin.js", "node:timers", "turn-is-pure"),
  plant("io/dist/turn/adapter.js", "../level/index.js", "turn-is-pure"),
  plant("io/src/turn/types.ts", "@grpc/grpc-js", "turn-is-pure"),
  plant("io/dist/ports.js", "node:stream", "turn-is-pure"),
  plant("io/dist/carrier/builtin.js", "node:timers", "turn-is-pure"),
  // checker: alone in the world
  plant("checker/dist/a/core.js", "@disheap/core", "checker-imports"),
  plant("checker/dist/a/npm.js", "fast-check", "checker-imports"),
  plant("checker/src/a/types-of-core.ts", "@disheap/core", "checker-imports"),
  plant("checker/dist/a/builtin.js", "node:fs", "checker-runs-in-a-browser"),
  // sim: no production room, no real adapter; a run reaches nothing of the machine
  plant("sim/dist/a/node.js", "@disheap/node", "sim-imports"),
  plant("sim/dist/a/npm.js", "zod", "sim-imports"),
  plant("sim/dist/a/level.js", "@disheap/io/level", "simulated-world-only"),
  plant("sim/dist/a/grpc.js", "@disheap/io/grpc", "simulated-world-only"),
  plant("sim/dist/world/crc.js", "@disheap/io/crc", "simulated-world-only"),
  plant("sim/dist/world/clock.js", "node:perf_hooks", "runs-are-deterministic"),
  plant("sim/dist/oracle/rules/random.js", "node:crypto", "runs-are-deterministic"),
  plant("sim/dist/run/compiler.js", "typescript", "compiler-only-for-mutants"),
  plant("sim/src/cli/types-of-compiler.ts", "typescript", "compiler-only-for-mutants"),
  plant(
    "sim/dist/run/instrumenter.js",
    "@stryker-mutator/instrumenter",
    "compiler-only-for-mutants",
  ),
  // proto, the client, the node
  plant("proto/dist/a/core.js", "@disheap/core", "proto-imports"),
  plant("clients/typescript/dist/a/core.js", "@disheap/core", "clients-typescript-imports"),
  plant("clients/typescript/dist/a/npm.js", "zod", "clients-typescript-imports"),
  plant("node/dist/a/sim.js", "@disheap/sim", "node-imports"),
  plant("node/dist/a/checker.js", "linearizability", "node-imports"),
  plant("node/dist/a/npm.js", "classic-level", "node-imports"),
  plant("node/dist/grpc/client.js", "@disheap/client", "client-only-in-the-command-line"),
  plant("node/src/grpc/types.ts", "@disheap/client", "client-only-in-the-command-line"),
  // Shipped code does not stand on what tests use.
  plant("node/dist/a/harness.js", "@disheap/harness", "node-imports"),
  plant("clients/typescript/dist/a/harness.js", "@disheap/harness", "clients-typescript-imports"),
  // reports, the rooms of real processes and the bench
  plant("reports/dist/a/io.js", "@disheap/io", "reports-imports"),
  plant("reports/dist/a/sim.js", "@disheap/sim", "reports-imports"),
  plant("reports/dist/a/npm.js", "zod", "reports-imports"),
  plant("test/harness/dist/a/core.js", "@disheap/core", "test-harness-imports"),
  plant("test/harness/dist/a/node.js", "@disheap/node", "test-harness-imports"),
  plant("test/harness/dist/a/npm.js", "@grpc/grpc-js", "test-harness-imports"),
  plant("test/cluster/dist/a/core.js", "@disheap/core", "test-cluster-imports"),
  plant("test/cluster/dist/a/node.js", "@disheap/node", "test-cluster-imports"),
  plant("bench/dist/a/sim.js", "@disheap/sim", "bench-imports"),
  plant("bench/dist/a/node.js", "@disheap/node", "bench-imports"),
  plant("test/conformance/dist/a/core.js", "@disheap/core", "test-conformance-imports"),
  plant("test/conformance/dist/a/node.js", "@disheap/node", "test-conformance-imports"),
  plant("test/hardening/dist/a/sim.js", "@disheap/sim", "test-hardening-imports"),
  plant("test/hardening/dist/a/node.js", "@disheap/node", "test-hardening-imports"),
  // any room
  plant("io/dist/a/side-door.js", "../../../core/dist/index.js", "by-package-name"),
  plant("io/dist/a/not-exported.js", "@disheap/core/dist/index.js", "unresolvable"),
  plant("io/dist/a/not-there.js", "./nowhere.js", "unresolvable"),
  plant("node/dist/a/not-installed.js", "no-such-package", "unresolvable"),
  plant("io/src/a/circle-one.ts", "./circle-two.js", "no-circle-of-types"),
  plant("io/src/a/circle-two.ts", "./circle-one.js"),
  // by way of a third, and where only one of them names a type
  {
    file: "test/hardening/src/a/way-one.ts",
    text: value("./way-two.js"),
    rules: ["no-circle-of-types"],
  },
  { file: "test/hardening/src/a/way-two.ts", text: value("./way-three.js"), rules: [] },
  plant("test/hardening/src/a/way-three.ts", "./way-one.js"),
  plant("core/dist/a/ring.js", "../index.js", "no-circular"),
  { file: "core/dist/index.js", text: value("./a/ring.js"), rules: [] },
];

const ALLOWED: readonly Plant[] = [
  plant("core/dist/b/own.js", "../index.js"),
  plant("io/dist/b/core.js", "@disheap/core"),
  plant("io/dist/ports.js", "@disheap/core"),
  plant("io/dist/b/npm.js", "classic-level"),
  plant("io/dist/b/builtin.js", "node:fs/promises"),
  plant("io/dist/turn/core.js", "@disheap/core"),
  plant("io/dist/turn/ports-user.js", "../ports.js"),
  plant("checker/dist/cli/builtin.js", "node:worker_threads"),
  plant("sim/dist/b/io.js", "@disheap/io/turn"),
  plant("sim/dist/cli/builtin.js", "node:fs"),
  plant("sim/dist/plan/npm.js", "seedrandom"),
  plant("sim/dist/kill/compiler.js", "typescript"),
  plant("node/dist/cli/client.js", "@disheap/client"),
  plant("node/dist/b/level.js", "@disheap/io/level"),
  plant("reports/dist/b/checker.js", "linearizability"),
  plant("test/harness/dist/b/builtin.js", "node:child_process"),
  plant("test/cluster/dist/b/sim.js", "@disheap/sim"),
  plant("test/hardening/dist/b/harness.js", "@disheap/harness"),
  plant("bench/dist/b/client.js", "@disheap/client"),
  plant("bench/dist/b/core.js", "@disheap/core"),
  plant("bench/dist/b/turn.js", "@disheap/io/turn"),
  // In core, every room may use what is below it, and the frame may use all.
  plant("core/dist/wire/below.js", "../lib/bytes.js"),
  plant("core/dist/member/below.js", "../raft/group.js"),
  plant("core/dist/session/codec.js", "@disheap/proto/session"),
  plant("core/dist/edge/below.js", "../member/replica.js"),
  plant("core/dist/leader/below.js", "../delivery/partition.js"),
  plant("core/dist/store/below.js", "../member/replica.js"),
  plant("core/dist/host/edge.js", "../edge/lease-token.js"),
  plant("core/dist/host/leader.js", "../leader/leader.js"),
  plant("core/dist/host/store.js", "../store/boot.js"),
  // Two files that name a third are no circle.
  plant("io/src/b/one.ts", "./three.js"),
  plant("io/src/b/two.ts", "./three.js"),
  { file: "io/src/b/three.ts", text: "export type Here = 1;\n", rules: [] },
];

/** Files of core's rooms that the plants above reach for, built and as sources. */
const CORE_FILES = [
  "lib/bytes",
  "wire/frames",
  "raft/group",
  "delivery/partition",
  "cluster/cluster",
  "member/replica",
  "edge/lease-token",
  "leader/leader",
  "store/boot",
  "host/host",
].flatMap((name): Plant[] => [
  { file: `core/dist/${name}.js`, text: "export const here = 1;\n", rules: [] },
  { file: `core/src/${name}.ts`, text: "export type Here = 1;\n", rules: [] },
]);

const BREACHES = FORBIDDEN.filter(({ rules }) => rules.length > 0);

interface Report {
  readonly summary: {
    readonly violations: readonly { readonly from: string; readonly rule: { name: string } }[];
  };
}

const folders: string[] = [];

function newTree(plants: readonly Plant[]): string {
  const base = mkdtempSync(join(tmpdir(), "disheap-boundaries-"));
  folders.push(base);
  layOut(base);
  for (const { file, text } of [...CORE_FILES, ...plants]) write(base, file, text);
  return base;
}

/** File -> the rules it broke. */
function broken(base: string): Map<string, string[]> {
  const run = cruise(base, rooms, "json");
  const { summary } = JSON.parse(run.stdout) as Report;
  const found = new Map<string, string[]>();
  for (const { from, rule } of summary.violations) {
    found.set(from, [...new Set([...(found.get(from) ?? []), rule.name])].sort());
  }
  return found;
}

afterAll(() => {
  for (const base of folders) rmSync(base, { recursive: true, force: true });
});

describe("the dependency check", () => {
  let found = new Map<string, string[]>();

  beforeAll(() => {
    // Later files replace earlier ones of the same name.
    found = broken(newTree([...ALLOWED, ...FORBIDDEN]));
  });

  it.each(BREACHES.map((p) => [p.file, p] as const))("catches %s", (file, { rules }) => {
    expect(found.get(file)).toEqual([...rules].sort());
  });

  it("finds nothing else than what was planted", () => {
    const planted = BREACHES.map(({ file }) => file).sort();
    expect([...found.keys()].sort()).toEqual(planted);
  });

  it("exits 0 on a tree without plants and 1 on one with a plant", () => {
    const [first] = FORBIDDEN;
    expect(cruise(newTree(ALLOWED), rooms, "err").status).toBe(0);
    const run = cruise(newTree([...ALLOWED, first]), rooms, "err");
    expect(run.status).toBe(1);
    expect(run.stdout).toContain(`error core-imports: ${first.file}`);
  });

  it("has a rule for every room, and every rule is planted", () => {
    const require = createRequire(import.meta.url);
    const config = require(join(root, ".dependency-cruiser.cjs")) as {
      forbidden: readonly { readonly name: string }[];
    };
    const names = config.forbidden.map(({ name }) => name);
    for (const room of rooms) expect(names).toContain(`${room.replace("/", "-")}-imports`);
    const inCore = readdirSync(join(root, "core/src"), { withFileTypes: true });
    for (const folder of inCore.filter((each) => each.isDirectory())) {
      expect(names).toContain(`core-${folder.name}-imports`);
    }
    const seen = new Set(FORBIDDEN.flatMap(({ rules }) => rules));
    expect(names.filter((name) => !seen.has(name))).toEqual([]);
  });

  it("names sources without output, so that an unbuilt tree cannot pass", () => {
    const base = newTree([]);
    expect(unbuilt(base, rooms)).toEqual([]);
    write(base, "core/src/raft/new.ts", "export {};\n");
    expect(unbuilt(base, rooms)).toEqual(["core/src/raft/new.ts"]);
  });
});
