import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { run } from "../../src/cli/run.js";
import { formatHistory } from "../../src/index.js";
import { record } from "../support/recorder.js";

interface Ran {
  code: number;
  out: string;
  err: string;
  written: Map<string, string>;
}

async function linearizability(argv: string[], files: Record<string, string> = {}): Promise<Ran> {
  const ran: Ran = { code: -1, out: "", err: "", written: new Map() };
  ran.code = await run(argv, {
    async *open(file) {
      const text = files[file];
      if (text === undefined) throw new Error(`ENOENT: ${file}`);
      yield await Promise.resolve(text);
    },
    write: (file, text) => {
      if (file.startsWith("/none/")) return Promise.reject(new Error(`ENOENT: ${file}`));
      ran.written.set(file, text);
      return Promise.resolve();
    },
    out: (text) => (ran.out += `${text}\n`),
    err: (text) => (ran.err += `${text}\n`),
    version: "1.2.3",
  });
  return ran;
}

const legal = `{:process 0 :type :invoke :f :write :value 1}
{:process 0 :type :ok :f :write :value 1}
{:process 1 :type :invoke :f :read :value nil}
{:process 1 :type :ok :f :read :value 1}
`;
const illegal = legal.replace(":read :value 1", ":read :value 2");
/** Every subset of the open adds is a state of its own. */
const endless = `${Array.from({ length: 40 }, (_, n) => `{:process ${n} :type :invoke :f :add :value ${n}}`).join("\n")}
{:process 99 :type :invoke :f :read :value nil}
${Array.from({ length: 40 }, (_, n) => `{:process ${n} :type :ok :f :add :value ${n}}`).join("\n")}
{:process 99 :type :ok :f :read :value [77]}
`;
const header = '{"format":"linearizability","version":1,"unit":"us"}\n';
const noise = "one two three\n";
/** A line of the file is not an index of the history: there are blanks and a nemesis before it. */
const late = `
{:process :nemesis :type :info :f :start :value nil}

{:process 0 :type :invoke
 :f :peek :value nil}
`;
const files = { legal, illegal, endless, header, noise, late };

describe("exit codes", () => {
  it("0: linearizable", async () => {
    const ran = await linearizability(["check", "legal", "--model", "cas-register"], files);
    expect([ran.code, ran.out]).toEqual([0, expect.stringContaining("linearizable: 2 operations")]);
  });

  it("1: not linearizable, with the operations that show it", async () => {
    const ran = await linearizability(["check", "illegal", "--model", "register"], files);
    expect(ran.code).toBe(1);
    expect(ran.out).toContain("no order explains read -> 2 by process 1");
    expect(ran.out).toContain("  line 3, process 1: read null -> ok 2  <- no order explains this");
  });

  it("2: unknown after the time or memory given", async () => {
    const late = await linearizability(
      ["check", "endless", "--model", "set", "--timeout", "50ms", "--quiet"],
      files,
    );
    expect([late.code, late.out]).toEqual([2, expect.stringContaining("stopped by timeout")]);
    const large = await linearizability(
      ["check", "endless", "--model=set", "--memory=2MB", "--quiet"],
      files,
    );
    expect([large.code, large.out]).toEqual([2, expect.stringContaining("stopped by memory")]);
  });

  it.each([
    [["check", "none", "--model", "kv"], "none: cannot be read: ENOENT"],
    [["check", "legal", "--model", "kv"], "legal: line 1: write: the value must be an object"],
    [["check", "legal", "--model", "queue"], "this model knows enqueue and dequeue"],
    [["check", "legal", "--model", "cas-register", "--format", "jsonl"], "legal: line 1: not JSON"],
    [["check", "legal", "--model", "cas"], '--model "cas" is not known; use one of register'],
    [["check", "legal"], "name a model with --model"],
    [["check", "--model", "kv"], "name the history file"],
    [
      ["check", "legal", "--model", "register", "--html", "/none/p.html"],
      "cannot be written: ENOENT",
    ],
    [["check", "a", "b", "--model", "kv"], '"b" is a second one'],
    [["check", "legal", "--model", "kv", "--timeout", "60"], '--timeout "60": write a number and'],
    [["check", "legal", "--model", "kv", "--wat"], "--wat is not an option"],
    [["check", "legal", "--model", "kv", "--workers", "0"], "--workers must be"],
    [["check", "legal", "--model"], "--model needs a value"],
    [["chekc"], '"chekc" is not a command'],
    [["check", "header", "--model", "register"], "header: there is no operation in it"],
    [["check", "header", "--model", "disheap"], "header: there is no operation in it"],
    [["check", "noise", "--model", "register"], "noise: line 1: the format is not recognised"],
    [
      ["check", "noise", "--model", "register", "--format", "jepsen-log"],
      "noise: there is no operation in it",
    ],
    [["check", "late", "--model", "register"], "late: line 4: peek: this model knows read and"],
  ])("3: bad input %j", async (argv, sentence) => {
    const ran = await linearizability(argv, files);
    expect([ran.code, ran.err]).toEqual([3, expect.stringContaining(sentence)]);
  });
});

describe("output", () => {
  it("shows progress, unless --quiet", async () => {
    const argv = ["check", "endless", "--model", "set", "--timeout", "1200ms"];
    expect((await linearizability(argv, files)).err).not.toBe("");
    expect((await linearizability([...argv, "--quiet"], files)).err).toBe("");
  });

  it("--json prints one object", async () => {
    const argv = ["check", "illegal", "--model", "register", "--json"];
    const ran = await linearizability(argv, files);
    const result = JSON.parse(ran.out) as {
      verdict: string;
      partitions: { window: object }[];
      evidence: object[];
    };
    expect(result.verdict).toBe("illegal");
    expect(result.evidence).toEqual([{ line: 3, process: 1, text: expect.any(String) as string }]);
    expect(result.partitions[0].window).toMatchObject({ blocked: 1 });
  });

  it("--html writes a page that needs no network", async () => {
    const argv = ["check", "illegal", "--model", "register", "--html", "p.html"];
    const page = (await linearizability(argv, files)).written.get("p.html") ?? "";
    expect(page).toContain("read -&gt; 2");
    expect(page).not.toMatch(/https?:|src=|@import|<link/);
  });

  it("Disheap's histories get a report per guarantee, and a picture", async () => {
    const history = formatHistory(record().enqueue("a<b").pop("a<b").ack("a<b").drained().lines);
    const argv = ["check", "h", "--model", "disheap", "--html", "h.html"];
    const ran = await linearizability(argv, { h: history });
    expect([ran.code, ran.out]).toEqual([0, expect.stringContaining("ok           G1 Durable")]);
    expect(ran.written.get("h.html")).toContain("lease of a\\u003cb, fence 1");
    const lost = formatHistory(record().enqueue("a").drained().lines);
    expect((await linearizability(argv, { h: lost })).code).toBe(1);
  });

  it("help, version and models", async () => {
    expect((await linearizability([])).out).toContain("exit codes: 0 linearizable");
    expect((await linearizability(["--version"])).out).toBe("1.2.3\n");
    expect((await linearizability(["models"])).out).toContain("leased-priority-queue\n");
  });
});

const bin = fileURLToPath(new URL("../../bin/linearizability.js", import.meta.url));
const command = (input: string, ...args: string[]) =>
  spawnSync(process.execPath, [bin, "check", "-", ...args], { input, encoding: "utf8" });

describe("the installed command", () => {
  /** Two keys, so that two workers have something to do; the second one is stale when asked. */
  const keyed = (second: string) =>
    ["x", "y"]
      .flatMap((key, process) => {
        const op = (type: string, f: string, value: string) =>
          `{:process ${process} :type :${type} :f :${f} :key "${key}" :value ${value}}`;
        const read = process === 1 ? second : '"1"';
        return [
          ...[op("invoke", "put", '"1"'), op("ok", "put", '"1"')],
          ...[op("invoke", "get", "nil"), op("ok", "get", read)],
        ];
      })
      .join("\n");

  it("reads standard input and sets the exit code", () => {
    expect(command(legal, "--model", "register").status).toBe(0);
    expect(command(illegal, "--model", "register").status).toBe(1);
    expect(command("nonsense", "--model", "register").status).toBe(3);
  });

  it("checks partitions in worker threads with the same answers", () => {
    const good = command(keyed('"1"'), "--model", "kv", "--workers", "2");
    expect([good.status, good.stdout]).toEqual([
      0,
      expect.stringContaining("linearizable: 4 operations in 2 partition(s)"),
    ]);
    const bad = command(keyed('"7"'), "--model", "kv", "--workers", "2");
    expect([bad.status, bad.stdout]).toEqual([
      1,
      expect.stringContaining('no order of partition y explains get y -> "7" by process 1'),
    ]);
    expect(bad.stdout).toContain("<- no order explains this");
  });
});

describe("values as they are written", () => {
  const op = (process: number, type: string, f: string, rest: string) =>
    `{:process ${process}, :type :${type}, :f :${f}, ${rest}}\n`;
  const ends = (text: string, model: string, code: number, ...options: string[]) => {
    const ran = command(text, "--model", model, ...options);
    expect([ran.status, ran.stderr]).toEqual([code, ""]);
  };

  it("symbolic values take nothing from what stands behind them", () => {
    // Read as a tag, ##NaN would swallow the key :value, and the read would see nothing at all.
    const seen = (value: number) =>
      op(3, "invoke", "write", ":value 8, :wait ##Inf") +
      op(3, "ok", "write", ":value 8, :wait ##-Inf, :zone :eu") +
      op(4, "invoke", "read", ":value nil") +
      op(4, "ok", "read", `:drift ##NaN, :value ${value}, :limit ##Inf, :zone :us`);
    ends(seen(8), "register", 0);
    ends(seen(9), "register", 1);
    ends(seen(8), "cas-register", 0);
  });

  it("sets and maps are equal in any order, in EDN", () => {
    const history = (wrote: string, saw: string) =>
      op(0, "invoke", "write", `:value ${wrote}`) +
      op(0, "ok", "write", `:value ${wrote}`) +
      op(1, "invoke", "read", ":value nil") +
      op(1, "ok", "read", `:value ${saw}`);
    ends(history("#{:x :y [5]}", "#{[5] :y :x}"), "register", 0);
    ends(history("#{:x :y [5]}", "#{[5] :y}"), "register", 1);
    ends(history("{:left 1, :right {:p 2 :q 3}}", "{:right {:q 3 :p 2} :left 1}"), "register", 0);
    ends(history("{:left 1, :right 2}", "{:right 1, :left 2}"), "register", 1);
  });

  it("objects are equal in any order, in JSON lines", () => {
    const line = (id: number, type: string, f: string, time: number, value: string) =>
      `{"id":${id},"process":"p","type":"${type}","f":"${f}","time":${time},"value":${value}}\n`;
    const history = (saw: string) =>
      header +
      line(1, "invoke", "write", 10, '{"left":1,"right":[2,{"p":3,"q":4}]}') +
      line(1, "ok", "write", 11, "null") +
      line(2, "invoke", "read", 12, "null") +
      line(2, "ok", "read", 13, saw);
    ends(history('{"right":[2,{"q":4,"p":3}],"left":1}'), "register", 0);
    ends(history('{"right":[{"q":4,"p":3},2],"left":1}'), "register", 1);
  });

  it("a form that is not EDN is refused with its place and a sentence", () => {
    const text = op(0, "invoke", "write", ":value 1") + op(0, "ok", "write", ":value #{1 2 1}");
    const ran = command(text, "--model", "register");
    expect([ran.status, ran.stderr]).toEqual([3, "-: line 2, column 49: the set holds 1 twice\n"]);
  });
});
