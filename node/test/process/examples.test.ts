// Every example of the command line's help, and the README's first five minutes, typed into a shell against
// three real nodes: what is printed there can be copied.
import { spawn } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DisheapClient } from "@disheap/client";
import { Cluster, temporaryFolder, type TemporaryFolder } from "@disheap/harness";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Cli } from "../cli/support/cli.js";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const COMMANDS = [
  ...["", "topic create", "topic ls", "topic show", "topic rm", "enqueue", "pop", "ack", "nack"],
  ...["extend", "peek", "stats", "cluster status", "down"],
];

let cluster: Cluster;
let client: DisheapClient;
let folder: TemporaryFolder;

function program(name: string, script: string): void {
  writeFileSync(join(folder.path, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder.path, name), 0o755);
}

beforeAll(async () => {
  folder = temporaryFolder("disheap-examples-");
  program("disheap", `exec '${process.execPath}' '${join(ROOT, "node/bin/disheap.js")}' "$@"`);
  program("npx", 'exec "$@"');
  program("generate-report", "echo a report");
  writeFileSync(join(folder.path, "report.bin"), "another report");
  cluster = await Cluster.start();
  client = new DisheapClient({ endpoints: cluster.endpoints });
});

afterAll(async () => {
  await client.close();
  await cluster.close();
  folder.remove();
});

/** Types a line into a shell. One that goes on until Ctrl-C gets that once it has printed something. */
function type(line: string): Promise<{ code: number | null; out: string }> {
  const env = {
    PATH: `${folder.path}:${process.env["PATH"] ?? ""}`,
    DISHEAP_ENDPOINTS: cluster.endpoints.join(","),
    DISHEAP_HTTP: cluster.nodes.map(({ addresses }) => addresses.http).join(","),
  };
  return new Promise((resolve, reject) => {
    const child = spawn("sh", ["-c", line], { cwd: folder.path, env });
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
      // Once: a second Ctrl-C ends the command without waiting for what it gives back.
      if (line.includes("--follow") && !child.killed) child.kill("SIGINT");
    });
    child.stderr.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code) => {
      resolve({ code, out });
    });
  });
}

/** Topics as the example needs them, and the line with what it leaves open put in. */
async function prepared(example: string): Promise<string> {
  for (const topic of ["jobs", "bids"]) {
    await client.deleteTopic(topic, { force: true }).catch(() => undefined);
  }
  const [line = ""] = example.split(/ {2,}/);
  if (line.includes("topic create")) return line;
  await client.createTopic("jobs", { partitions: 3 });
  for (const priority of [5, 1, 3]) await client.enqueue("jobs", "a message", { priority });
  const text = line
    .replace("DIR", join(folder.path, "nothing-runs-here"))
    .replace(/(?<=--http )\S+/, cluster.nodes.map(({ addresses }) => addresses.http).join(","))
    .replace(/^disheap(?=.*--follow)/, "exec disheap");
  if (!text.includes("TOKEN")) return text;
  for await (const { id, leaseToken } of client.pop("jobs", { credits: 1 })) {
    return text.replace("ID", id).replace("TOKEN", leaseToken);
  }
  throw new Error("nothing was ready");
}

describe("help", () => {
  it.each(COMMANDS)("the examples of disheap %s work as they stand", async (command) => {
    const { out } = await new Cli().run(...command.split(" ").filter(Boolean), "--help");
    const examples = [...out.matchAll(/^ {2}\$ (.*)$/gm)].map(([, line = ""]) => line);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      expect(await type(await prepared(example)), example).toMatchObject({ code: 0 });
    }
  });

  it("what an example leads to is there: a file, a payload from a pipe, one that looks like a flag", async () => {
    await type(await prepared("disheap pop jobs --raw > payload.bin"));
    expect(readFileSync(join(folder.path, "payload.bin"), "utf8")).toBe("a message");
    await client.createTopic("bids");
    await type("generate-report | disheap enqueue bids -");
    await type('disheap enqueue bids -- "--a payload that starts with dashes"');
    expect((await type("disheap pop bids --raw")).out).toBe("a report\n");
    expect((await type("disheap pop bids --raw")).out).toBe("--a payload that starts with dashes");
  });
});

it("the program of the client's README prints the two, best first", async () => {
  const text = readFileSync(join(ROOT, "clients/typescript/README.md"), "utf8");
  const [, code = ""] = /```ts\n([\s\S]*?)```/.exec(text) ?? [];
  const endpoints = JSON.stringify(cluster.endpoints);
  await client.deleteTopic("jobs", { force: true }).catch(() => undefined);
  const line = code.replace(/endpoints: \[.*\]/, `endpoints: ${endpoints}`);
  const file = join(folder.path, "program.mjs");
  writeFileSync(
    file,
    line.replace("@disheap/client", join(ROOT, "clients/typescript/dist/index.js")),
  );
  const { code: exit, out } = await type(`exec '${process.execPath}' '${file}'`);
  expect([exit, out]).toEqual([0, "1n wake the pager\n5n send the report\n"]);
});

describe("the README's first five minutes", () => {
  const blocks = [
    ...readFileSync(join(ROOT, "README.md"), "utf8").matchAll(/^```\n([\s\S]*?)^```/gm),
  ].map(([, text = ""]) => text);
  const blockWith = (text: string): string => {
    const found = blocks.filter((block) => block.includes(text));
    expect(found).toHaveLength(1);
    return found[0] ?? "";
  };
  /** Without the ids, which no two runs share. */
  const rows = (text: string): string[] =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => line.replace(/[0-9A-Z]{26}/, "ID").replace(/ +/g, " "));

  it("three priorities come out as shown, and the same three after the leader was killed", async () => {
    for (const topic of ["jobs", "bids"]) {
      await client.deleteTopic(topic, { force: true }).catch(() => undefined);
    }
    const shown = rows(blockWith("PRIORITY  ATTEMPT"));
    const first = await type(`set -e\n${blockWith("npx disheap topic create jobs")}`);
    expect(first.code, first.out).toBe(0);
    expect(rows(first.out).slice(-4)).toEqual(shown);

    const [before = "", after = ""] = blockWith("kill -9 PID").split("kill -9 PID\n");
    const put = await type(`set -e\n${before}`);
    expect(put.code, put.out).toBe(0);
    const columns = put.out.trimEnd().split("\n").slice(-2);
    const [titles = [], row = []] = columns.map((line) => line.trim().split(/ +/));
    const leader = cluster.nodes.find(({ name }) => name === row[titles.indexOf("LEADER")]);
    if (leader === undefined) throw new Error(`no LEADER in: ${put.out}`);
    await leader.kill();
    const second = await type(after);
    expect(second.code, second.out).toBe(0);
    expect(rows(second.out).slice(-4)).toEqual(shown);
    await leader.start().healthy();
  });

  it("the program in TypeScript prints the three, best first", async () => {
    const line = `'${process.execPath}' '${join(ROOT, "docs/examples/three-priorities.mjs")}'`;
    const { code, out } = await type(line);
    expect(code, out).toBe(0);
    expect(out.split("\n").map((text) => text.split("  ").slice(0, 2))).toEqual([
      ["1", "wake the pager"],
      ["3", "answer the mail"],
      ["5", "write the report"],
      [""],
    ]);
  });
});
