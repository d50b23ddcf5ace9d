// What a wrong command line is told: in the form that was asked for, with an exit code and the next step.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestNode } from "../../../clients/typescript/test/support/test-node.js";
import { Cli } from "./support/cli.js";

let node: TestNode;
let cli: Cli;

beforeEach(async () => {
  node = await new TestNode().start();
  cli = new Cli({ env: { DISHEAP_ENDPOINTS: node.address } });
});

afterEach(() => node.kill());

interface ErrorJson {
  error: { code: string; message: string };
}

describe("-o json", () => {
  it.each([
    [["enqueu", "jobs", "x"], "enqueue"],
    [["enqueue", "jobs", "x", "--prio", "1"], "--prio"],
    [["enqueue", "jobs", "wake", "the", "pager"], "quotes"],
    [["enqueue", "jobs", "x", "-p", "1.5"], "whole number"],
    [["enqueue", "jobs"], "--file"],
    [["enqueue", "jobs", "-f", "/nonexistent/file"], "standard input"],
    [["pop"], "topic"],
    [["pop", "jobs", "-n", "0"], "1 or more"],
    [["pop", "jobs", "--raw"], "--raw"],
    [["topic", "create", "t", "--mode", "mid"], "min, max"],
    [["topic"], "--help"],
    [["cluster"], "--help"],
    [[], "--help"],
  ])("%j is one line of JSON on standard error, exit code 2", async (args, word) => {
    for (const flag of [["-o", "json"], ["--output=json"], ["-ojson"]]) {
      for (const line of [
        [...args, ...flag],
        [...flag, ...args],
      ]) {
        const { code, out, err } = await cli.run(...line);
        expect([code, out], err).toEqual([2, ""]);
        expect(err.trimEnd().split("\n")).toHaveLength(1);
        const { error } = JSON.parse(err) as ErrorJson;
        expect(error.code).toBe("INVALID_ARGUMENT");
        expect(error.message).toContain(word);
      }
    }
  });

  it("nothing ready is JSON too", async () => {
    await cli.run("topic", "create", "jobs");
    const { code, out, err } = await cli.run("pop", "jobs", "-o", "json");
    expect([code, out]).toEqual([5, ""]);
    expect((JSON.parse(err) as ErrorJson).error.code).toBe("NOTHING_READY");
  });

  it("a payload that looks like the flag is a payload", async () => {
    const { err } = await cli.run("enqueue", "--", "-o", "json", "x");
    expect(err).toMatch(/^error: /);
  });

  it("keeps standard error free of notes", { timeout: 10_000 }, async () => {
    node.kill();
    const slow = ["stats", "--timeout", "2500ms"];
    expect((await cli.run(...slow)).err).toContain("still trying");
    const { err } = await cli.run(...slow, "-o", "json");
    expect(err).not.toContain("still trying");
    expect(JSON.parse(err)).toMatchObject({ error: { code: "UNAVAILABLE" } });
  });
});

describe("the next step", () => {
  it.each([
    [["enqueu", "jobs", "x"], "Did you mean enqueue?"],
    [["enqueue", "jobs", "wake", "the", "pager"], "in quotes"],
    [["topic", "crate"], "Did you mean create?"],
    [["topic", "create", "t", "--max-retries", "0"], "enqueue --max-retries 0"],
    [["peek", "jobs", "-n", "1001"], "from 1 to 1000"],
    [["pop", "jobs", "-n", "x"], "1 or more"],
    [["topic", "rm", "jobs"], "--force"],
    [["topic", "create", "jobs"], "disheap topic show jobs"],
    [["topic", "show", "nowhere"], "disheap topic ls"],
    [["stats", "--partition", "1"], "disheap stats TOPIC --partition 1"],
    [["stats", "--timeout", "0s"], "above 0"],
    [["pop", "jobs"], "--wait 10s"],
    [["pop", "jobs", "--wait", "10ms"], "disheap peek jobs"],
  ])("%j is told %j", async (args, step) => {
    await cli.run("topic", "create", "jobs");
    const { code, err } = await cli.run(...args);
    expect(code).not.toBe(0);
    expect(err).toContain(step);
  });

  it("peek says what lies beyond what it can show", async () => {
    await cli.run("topic", "create", "jobs");
    for (let n = 0; n < 1001; n += 1)
      node.state.enqueue({ topic: "jobs", payload: Buffer.from("x"), priority: 0n });
    expect((await cli.run("peek", "jobs", "-n", "2")).out).toContain("raise -n");
    expect((await cli.run("peek", "jobs", "-n", "1000")).out).toContain("beyond the 1000");
  });
});

describe("peek", () => {
  it("says when size, and not -n, left messages out", async () => {
    await cli.run("topic", "create", "jobs");
    for (let n = 0; n < 3; n += 1)
      node.state.enqueue({ topic: "jobs", payload: Buffer.from("x"), priority: 0n });
    node.peekItemsMax = 1;
    for (const count of [[], ["-n", "1000"]]) {
      const { out } = await cli.run("peek", "jobs", ...count);
      expect(out).toMatch(/limited by size: .* 2 MiB .*disheap pop jobs -n 10+ --no-ack\n$/);
      expect(out).not.toContain("raise -n");
    }
    expect((await cli.run("peek", "jobs", "-n", "1")).out).toContain("raise -n");
  });
});

describe("colours of errors", () => {
  const isRed = async (isTty: boolean, isErrTty: boolean): Promise<boolean> => {
    const terminal = new Cli({ isTty, isErrTty, env: { DISHEAP_ENDPOINTS: node.address } });
    return (await terminal.run("peek", "nowhere")).err.includes("\u001b[");
  };

  it("follow where the errors go, not where the results go", async () => {
    expect(await isRed(true, false)).toBe(false);
    expect(await isRed(false, true)).toBe(true);
  });
});
