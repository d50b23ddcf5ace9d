// `npm run check` from its arguments to its exit code: 0 holds, 1 violated, 2 nothing checked, 3 bad input.
import { describe, expect, it } from "vitest";
import { runCheck } from "../src/run.js";
import { history, text, world } from "./support.js";

const good = text(history());
const bad = text(history("5"));
const files = { "good.jsonl": good, "bad.jsonl": bad, "empty.jsonl": text([]), "x.txt": "hello\n" };

describe("npm run check", () => {
  it("reports per guarantee and returns 0 when nothing is violated", async () => {
    const io = world(files);
    expect(await runCheck(["good.jsonl"], io)).toBe(0);
    const said = io.printed.join("\n");
    expect(said).toMatch(/^ok +G1 .*\n +Q1 no acknowledged enqueue is lost: 1 judged$/m);
    expect(said).toMatch(/^not checked +G7/m);
    expect(said.trimEnd()).toMatch(/no violation found$/);
    expect(io.complained).toEqual([]);
  });

  it("names rule, sentence and lines of a violation and returns 1", async () => {
    const io = world(files);
    expect(await runCheck(["bad.jsonl"], io)).toBe(1);
    expect(io.printed.join("\n")).toMatch(
      /VIOLATED +G1 (?:.*\n)+? +Q2: .*priority 7 but delivered .*priority 5\n +line 3: /,
    );
  });

  it("returns 2 when the history holds nothing to judge", async () => {
    const io = world(files);
    expect(await runCheck(["empty.jsonl"], io)).toBe(2);
    expect(io.printed.join("\n")).toContain("nothing in it could be checked");
  });

  it("takes the newest history when none is named, and says how to record one when there is none", async () => {
    const io = world(files, "bad.jsonl");
    expect(await runCheck([], io)).toBe(1);
    expect(io.printed[0]).toMatch(/^bad\.jsonl\n/);
    const none = world(files);
    expect(await runCheck([], none)).toBe(2);
    expect(none.complained.join("\n")).toContain("npm run sim -- --seed 7 --history reports/out/");
  });

  it.each([
    ["x.txt", /^x\.txt: line 1: not JSON/],
    ["gone.jsonl", /^gone\.jsonl cannot be read: ENOENT/],
    ["--frob", /Unknown option '--frob'.*\. See .*--help/s],
    ["--html", /^Option '--html <value>' argument missing\. See npm run check -- --help$/],
  ])("refuses %s with a sentence and returns 3", async (argument, sentence) => {
    const io = world(files);
    expect(await runCheck([argument], io)).toBe(3);
    expect(io.complained.join("\n")).toMatch(sentence);
    expect(io.printed).toEqual([]);
  });

  it("reads several files; a violation outweighs a file that cannot be read", async () => {
    const io = world(files);
    expect(await runCheck(["good.jsonl", "gone.jsonl"], io)).toBe(3);
    expect(io.printed).toHaveLength(1);
    expect(await runCheck(["good.jsonl", "gone.jsonl", "bad.jsonl"], world(files))).toBe(1);
    expect(await runCheck(["good.jsonl", "empty.jsonl"], world(files))).toBe(2);
  });

  it("prints one JSON object with --json", async () => {
    const io = world(files);
    expect(await runCheck(["good.jsonl", "bad.jsonl", "x.txt", "--json"], io)).toBe(1);
    expect(io.printed).toHaveLength(1);
    const { histories, refused } = JSON.parse(io.printed[0]) as {
      histories: { file: string; verdict: string; report: { guarantees: unknown[] } }[];
      refused: { file: string }[];
    };
    expect(histories.map(({ file, verdict }) => [file, verdict])).toEqual([
      ["good.jsonl", "ok"],
      ["bad.jsonl", "violated"],
    ]);
    expect(histories[0].report.guarantees).toHaveLength(9);
    expect(refused.map(({ file }) => file)).toEqual(["x.txt"]);
  });

  it("writes a page with --html, and never over the history itself", async () => {
    const io = world(files);
    expect(await runCheck(["bad.jsonl", "--html", "out.html"], io)).toBe(1);
    expect([...io.written.keys()]).toEqual(["out.html"]);
    expect(await runCheck(["bad.jsonl", "--html", "bad.jsonl"], io)).toBe(3);
    expect(io.complained.at(-1)).toContain("would overwrite");
    expect(io.written.size).toBe(1);
  });

  it("says so when the page cannot be written", async () => {
    const io = world(files);
    const full = Object.assign(new Error("ENOSPC"), { code: "ENOSPC", syscall: "write" });
    const code = await runCheck(["good.jsonl", "--html", "o.html"], {
      ...io,
      write: () => Promise.reject(full),
    });
    expect(code).toBe(3);
    expect(io.complained).toEqual(["o.html cannot be written: ENOSPC"]);
  });

  it("lets a fault of its own through instead of calling it bad input", async () => {
    const io = { ...world(files), open: () => undefined as never };
    await expect(runCheck(["good.jsonl"], io)).rejects.toThrow(TypeError);
  });

  it("explains itself with --help", async () => {
    const io = world(files);
    expect(await runCheck(["--help"], io)).toBe(0);
    expect(io.printed.join("\n")).toContain("Exit codes: 0");
  });
});
