// Help, colours, global options and the real executable.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestNode } from "../../../clients/typescript/test/support/test-node.js";
import { parseOptions } from "../../src/supervisor/options.js";
import { Cli } from "./support/cli.js";

const esc = "\u001b[";
let node: TestNode;

beforeEach(async () => {
  node = await new TestNode().start();
});

afterEach(() => node.kill());

describe("help", () => {
  const commands = [
    "topic create",
    "topic ls",
    "topic show",
    "topic rm",
    "enqueue",
    "pop",
    "ack",
    "nack",
    "extend",
    "peek",
    "stats",
    "cluster status",
    "down",
  ];

  it.each(commands)("%s has examples and the global options", async (words) => {
    const { code, out } = await new Cli().run(...words.split(" "), "--help");
    expect(code).toBe(0);
    expect(out).toMatch(/Examples?:\n {2}\$ disheap/);
    expect(out).toContain("--endpoints");
    expect(out).toContain("--output");
  });

  it("lists the exit codes", async () => {
    const { out } = await new Cli().run("--help");
    for (const code of [0, 1, 2, 3, 4, 5]) expect(out).toMatch(new RegExp(`^ {2}${code} {2}`, "m"));
  });

  it.each([
    [[]],
    [["nonsense"]],
    [["topic"]],
    [["pop"]],
    [["stats", "-o", "xml"]],
    [["pop", "t", "--nope"]],
  ])("%j is a usage error", async (args) => {
    const { code, out, err } = await new Cli().run(...args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).not.toBe("");
  });
});

describe("colours", () => {
  const isColoured = async (isTty: boolean, env: NodeJS.ProcessEnv) => {
    const cli = new Cli({ isTty, env: { ...env, DISHEAP_ENDPOINTS: node.address } });
    await cli.run("topic", "create", "t");
    return (await cli.run("topic", "ls")).out.includes(esc);
  };

  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: "1" }, false],
    [true, { TERM: "dumb" }, false],
    [false, { FORCE_COLOR: "1" }, true],
    [false, { FORCE_COLOR: "0" }, false],
  ])("on a terminal %s with %j: %s", async (isTty, env, expected) => {
    expect(await isColoured(isTty, env)).toBe(expected);
  });

  it("never touch JSON", async () => {
    const cli = new Cli({ isTty: true, env: { DISHEAP_ENDPOINTS: node.address } });
    expect(await cli.json("topic", "ls")).toEqual([]);
  });
});

describe("options", () => {
  it("a flag wins over the environment, before and after the command", async () => {
    const cli = new Cli({ env: { DISHEAP_ENDPOINTS: "127.0.0.1:1" } });
    const before = await cli.run("--endpoints", node.address, "topic", "ls");
    const after = await cli.run("topic", "ls", "--endpoints", ` ${node.address} ,`);
    expect([before.code, after.code]).toEqual([0, 0]);
  });

  it("refuses an address that is none", async () => {
    const { code, err } = await new Cli().run("topic", "ls", "--endpoints", "nonsense");
    expect(code).toBe(2);
    expect(err).toContain("host:port");
  });

  it("refuses a variable that holds no address, by its name", async () => {
    const { code, err } = await new Cli({ env: { DISHEAP_ENDPOINTS: " , " } }).run("stats");
    expect(code).toBe(2);
    expect(err).toContain("DISHEAP_ENDPOINTS: Give at least one address");
  });

  it("sends the key of the environment", async () => {
    const env = { DISHEAP_ENDPOINTS: node.address, DISHEAP_API_KEY: "dh_1_2" };
    await new Cli({ env }).run("stats");
    expect(node.metadata[0]?.get("authorization")).toEqual(["Bearer dh_1_2"]);
  });
});

describe("what is said of the options", () => {
  it("prints the version of the package", async () => {
    const file = new URL("../../package.json", import.meta.url);
    const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
    expect(await new Cli().run("-V")).toMatchObject({ code: 0, out: `${version}\n` });
  });

  it("help COMMAND is what COMMAND --help is", async () => {
    const { out } = await new Cli().run("help", "pop");
    expect(out).toContain("--follow");
    expect(out).toBe((await new Cli().run("pop", "--help")).out);
    expect(out).toBe((await new Cli().run("pop", "-h")).out);
  });

  it("the endpoints that are tried are those of npm start", async () => {
    const parsed = parseOptions([], "/");
    const ports = parsed.kind === "options" ? parsed.options.nodes.map((one) => one.ports) : [];
    const endpoints = ports.map(({ grpc }) => `127.0.0.1:${grpc}`);
    expect(endpoints).toHaveLength(3);
    expect((await new Cli().run("--help")).out).toContain(`(default: ${endpoints.join(",")})`);
    const { err } = await new Cli().run("stats", "--timeout", "1ms");
    for (const endpoint of endpoints) expect(err).toContain(endpoint);
  });

  it("without --timeout it tries for 10 s", { timeout: 30_000 }, async () => {
    node.kill();
    const { code, err } = await new Cli({ env: { DISHEAP_ENDPOINTS: node.address } }).run("stats");
    expect(code).toBe(3);
    expect(err).toContain("gave up after 10000 ms");
  });
});

describe("the executable", () => {
  const bin = fileURLToPath(new URL("../../bin/disheap.js", import.meta.url));

  function execute(args: string[], input = ""): Promise<{ code: number | null; out: string }> {
    return new Promise((resolve, reject) => {
      const env = { ...process.env, DISHEAP_ENDPOINTS: node.address };
      const child = spawn(process.execPath, [bin, ...args], { env });
      let out = "";
      child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, out }));
      child.stdin.end(input);
    });
  }

  it("takes a message from standard input to standard output, and leaves with its exit code", async () => {
    expect((await execute(["topic", "create", "jobs"])).code).toBe(0);
    expect((await execute(["enqueue", "jobs", "--file", "-"], "from a pipe")).code).toBe(0);
    expect(await execute(["pop", "jobs", "--raw"])).toEqual({ code: 0, out: "from a pipe" });
    expect((await execute(["enqueue", "jobs", "-"], "a line\n")).code).toBe(0);
    expect(await execute(["pop", "jobs", "--raw"])).toEqual({ code: 0, out: "a line\n" });
    expect((await execute(["pop", "jobs"])).code).toBe(5);
    expect((await execute(["pop", "nowhere"])).code).toBe(4);
  });

  it("stops following at SIGINT", async () => {
    await execute(["topic", "create", "jobs"]);
    const env = { ...process.env, DISHEAP_ENDPOINTS: node.address };
    const child = spawn(process.execPath, [bin, "pop", "jobs", "--follow", "--raw"], { env });
    const ended = new Promise((resolve) => child.on("close", resolve));
    const seen = new Promise((resolve) => child.stdout.once("data", resolve));
    node.state.enqueue({ topic: "jobs", payload: Buffer.from("x"), priority: 0n });
    await seen;
    child.kill("SIGINT");
    expect(await ended).toBe(0);
  });
});
