import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder, type TemporaryFolder } from "../src/cleanup.js";
import { isAlive, type Program, type ProgramSpec } from "../src/program.js";
import { seenWithin, until } from "../src/until.js";
import { ECHO, programIn } from "./support/programs.js";

const WAIT_MAX_MS = 10_000;
/** Long enough for an answer of a process that runs. */
const SILENCE_MS = 400;

let folder: TemporaryFolder;
let programs: Program[];
beforeEach(() => {
  folder = temporaryFolder();
  programs = [];
});
afterEach(async () => {
  for (const program of programs) await program.kill();
  folder.remove();
});

function program(script: string, more: Partial<ProgramSpec> = {}): Program {
  const one = programIn(folder.path, script, more);
  programs.push(one);
  return one;
}

/** Started, and it has said so. */
async function echo(): Promise<{ one: Program; heard: unknown[] }> {
  const one = program(ECHO).start();
  const heard: unknown[] = [];
  one.onMessage((message) => heard.push(message));
  await until("it is up", WAIT_MAX_MS, () => one.log().includes(`up ${one.pid}`));
  return { one, heard };
}

describe("a program", () => {
  it("is watched to its end, and what it printed is kept", async () => {
    const one = program('console.log("to out"); console.error("to err"); process.exitCode = 3;');
    expect(one.exit).toBeUndefined();
    expect(await one.start().ended(WAIT_MAX_MS)).toEqual({ code: 3, signal: null });
    expect([one.isRunning, one.exit?.code]).toEqual([false, 3]);
    expect(one.log().split("\n").sort()).toEqual(["", "to err", "to out"]);
    await one.start().ended(WAIT_MAX_MS);
    expect(one.log().match(/to out/g)).toHaveLength(2);
  });

  it("does not see the settings of this process", async () => {
    process.env["NODE_ID"] = "from outside";
    const one = program("console.log([process.env.NODE_ID, process.env.A, process.env.B].join())", {
      env: { A: "1", B: "1" },
    });
    await one.start({ B: undefined }).ended(WAIT_MAX_MS);
    delete process.env["NODE_ID"];
    expect(one.log()).toBe(",1,\n");
  });

  it("is killed, and starts again", async () => {
    const { one } = await echo();
    const first = one.pid;
    await one.kill();
    expect([one.exit, isAlive(first)]).toEqual([{ code: null, signal: "SIGKILL" }, false]);
    one.start();
    await until("it is up again", WAIT_MAX_MS, () => one.log().includes(`up ${one.pid}`));
    expect(one.pid).not.toBe(first);
  });

  it("stands still while it is frozen, and goes on when thawed", async () => {
    const { one, heard } = await echo();
    one.freeze();
    one.send({ n: 1 });
    expect(await seenWithin(SILENCE_MS, () => heard.length > 0)).toBeUndefined();
    expect(one.isRunning).toBe(true);
    one.thaw();
    await until("the answer comes", WAIT_MAX_MS, () => heard.length === 1);
  });

  it("can be asked to stop although it is frozen", async () => {
    const { one } = await echo();
    one.freeze();
    expect(await one.stop()).toEqual({ code: null, signal: "SIGTERM" });
  });

  it("hears its channel break", async () => {
    const { one } = await echo();
    one.disconnect();
    expect(await one.ended(WAIT_MAX_MS)).toEqual({ code: 7, signal: null });
  });

  it("that hangs is an error with its last words", async () => {
    const { one } = await echo();
    await expect(one.ended(30)).rejects.toThrow(new RegExp(`up ${one.pid}.*hangs`));
  });

  it("that is not there ends at once, and its log says why", async () => {
    const one = program("", { command: ["/no/such/program"] });
    expect(await one.start().ended(WAIT_MAX_MS)).toEqual({ code: null, signal: null });
    expect(one.log()).toMatch(/could not be started: .*ENOENT/);
  });

  it("says what to do first when it cannot obey", async () => {
    const one = program(ECHO);
    expect(() => one.freeze()).toThrow(
      "the program does not run, so you cannot freeze it; start it",
    );
    await expect(one.stop()).rejects.toThrow("was never started");
    one.start();
    expect(() => one.start()).toThrow("the program runs already; stop or kill it first.");
  });

  it.runIf(process.platform === "linux")("tells what it uses", async () => {
    const { one } = await echo();
    expect(one.resources()?.rssMb).toBeGreaterThan(10);
    expect(one.resources()?.handles).toBeGreaterThan(3);
    await one.kill();
    expect(one.resources()).toBeUndefined();
  });
});
