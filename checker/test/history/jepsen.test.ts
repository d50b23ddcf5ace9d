import { describe, expect, it } from "vitest";
import type { HistoryLine } from "../../src/index.js";
import {
  AnyFormatReader,
  checkOperations,
  detectFormat,
  formatHistory,
  historyModel,
  HistoryError,
  pairOperations,
  parseEdn,
  readerFor,
  readHistory,
} from "../../src/index.js";

function read(text: string): HistoryLine[] {
  const reader = new AnyFormatReader();
  reader.push(text);
  return reader.finish();
}

function verdict(text: string, model: string, options = {}): string {
  const known = historyModel(model);
  if (known === undefined) throw new Error(`no model ${model}`);
  const { operations } = known.read(pairOperations(read(text)), options);
  return checkOperations(known.model, operations).verdict;
}

function refusal(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof HistoryError) return `${error.code} ${error.message}`;
    throw error;
  }
  return "accepted";
}

describe("EDN", () => {
  it("reads every kind of form", () => {
    const text = `nil true :k/w "a\\n\\"b\\u0041" [1 -2N 3.5M] (1, 2) #{:x} {:a {:b 1}} \\c
      #inst "2020" #_ skipped sym ; comment
      9223372036854775807 :${"k".repeat(300)}`;
    expect(parseEdn(text)).toEqual([
      ...[null, true, "k/w", 'a\n"bA', [1, -2, 3.5], [1, 2], ["x"], { a: { b: 1 } }, "c"],
      ...["2020", "sym", "9223372036854775807", "k".repeat(300)],
    ]);
  });

  it.each(["]", "{:a}", "[1 2", '"open', "#{", "}"])("refuses %j", (text) => {
    expect(() => parseEdn(text)).toThrow();
  });
});

const kvHistory = `{:process 0, :type :invoke, :f :put, :key "x", :value "y"}
{:process 1, :type :invoke, :f :get, :key "x", :value nil}
{:process 0, :type :ok, :f :put, :key "x", :value "y"}
{:process 1, :type :ok, :f :get, :key "x", :value "y"}
`;

describe("Jepsen EDN", () => {
  it("reads key-value histories and checks them", () => {
    expect(verdict(kvHistory, "kv")).toBe("ok");
    expect(verdict(kvHistory.replace(/"y"}\n$/, '"z"}\n'), "kv")).toBe("illegal");
  });

  it("reads maps over several lines, one vector of maps, tags, times and the nemesis", () => {
    const text = `[#jepsen.history.Op{:index 0, :time 1500, :type :invoke, :process 0,
  :f :read, :value nil}
 {:type :info, :process :nemesis, :f :start, :value "cut", :time 2000}
 {:time 9000, :type :info, :process 0, :f :read, :value nil, :error :timeout}]`;
    expect(read(text)).toEqual([
      { id: 0, process: 0, type: "invoke", f: "read", time: 2, value: null, line: 1 },
      { type: "event", f: "start", time: 2, process: "nemesis", value: "cut", line: 3 },
      { id: 0, process: 0, type: "info", f: "read", time: 9, value: null, line: 4 },
    ]);
  });

  it.each([
    ["on the last map's line", "[{:process 0 :type :invoke\n  :f :read :value [{:a 1}]}]"],
    [
      "on a line of its own",
      "; first\n[\n{:process 0 :type :invoke :f :read :value [{:a 1}]}\n]\n",
    ],
    ["all in one line", "[{:process 0 :type :invoke :f :read :value [{:a 1}]}]"],
  ])("a vector may end %s", (_name, text) => {
    expect(read(text)).toMatchObject([{ type: "invoke", value: [{ a: 1 }] }]);
  });

  it("what it read can be written in the package's own format", () => {
    const [, ...lines] = formatHistory(read(kvHistory)).trimEnd().split("\n");
    expect(lines[0]).toBe(
      '{"id":0,"process":0,"type":"invoke","f":"put","time":1,"value":{"key":"x","value":"y"}}',
    );
    expect(verdict(formatHistory(read(kvHistory)), "kv")).toBe("ok");
  });

  it("a failed cas is a mismatch unless it failed with an error or the caller says otherwise", () => {
    const history = (fail: string) => `{:process 0 :type :invoke :f :write :value 1}
{:process 0 :type :ok :f :write :value 1}
{:process 0 :type :invoke :f :cas :value [1 2]}
{:process 0 :type :fail :f :cas :value [1 2]${fail}}`;
    expect(verdict(history(""), "cas-register")).toBe("illegal");
    expect(verdict(history(" :error :refused"), "cas-register")).toBe("ok");
    expect(verdict(history(""), "cas-register", { failedCas: "ignore" })).toBe("ok");
  });

  it("a failure with independent keys may hold its reason in place of the value", () => {
    const history = `INFO  jepsen.util - 0 :invoke :read [1 nil]
INFO  jepsen.util - 0 :fail :read :timed-out
INFO  jepsen.util - 1 :invoke :cas [1 [2 3]]
INFO  jepsen.util - 1 :fail :cas :timed-out`;
    expect(verdict(history, "cas-register", { independent: true })).toBe("ok");
  });

  it("independent keys are objects of their own", () => {
    const history = `{:process 0 :type :invoke :f :write :value [:a 1]}
{:process 0 :type :ok :f :write :value [:a 1]}
{:process 0 :type :invoke :f :read :value [:b nil]}
{:process 0 :type :ok :f :read :value [:b nil]}`;
    expect(verdict(history, "register", { independent: true })).toBe("ok");
    expect(verdict(history.replaceAll(":b", ":a"), "register", { independent: true })).toBe(
      "illegal",
    );
  });

  it.each([
    ["{:process 0, :type :invoke}", "line 1: the operation has no :f"],
    ["{:process 0, :type :went, :f :read}", "line 1: :type must be one of"],
    ["{:type :ok :process 3 :f :read}", "line 1: process 3 completes read but has invoked nothing"],
    [`${kvHistory}{:process 0`, "line 5: the form that starts here never ends"],
    [`${kvHistory}{:a [}}`, "line 5"],
    [`${kvHistory}7`, "line 5: expected an operation map"],
    [`\n[${kvHistory}`, "line 2: the vector that starts here never ends"],
    [`[${kvHistory}]\n}`, 'line 6: "}'],
    [`[${kvHistory}] {}`, "line 5: there is more after the vector's end"],
    ['{:process 0 :type :invoke :f :read :value "\\u12"}', "four hex digits must follow"],
    [
      "{:process 0 :type :invoke :f :read}\n{:process 0 :type :invoke :f :write}",
      "line 2: process 0 invokes write while its read has not completed",
    ],
  ])("refuses %j", (text, expected) => {
    expect(refusal(text)).toContain(expected);
  });
});

const log = `INFO  jepsen.core - Worker 0 starting
INFO  jepsen.util - 0 :invoke :write 3
INFO  jepsen.util - 1\t:invoke\t:cas\t[3 4]
INFO  jepsen.util - 0 :ok :write 3
INFO  jepsen.util - 1\t:ok\t:cas\t[3 4]
2026-01-01 10:00:00,123{GMT} INFO [jepsen worker 2] jepsen.util: 2 :invoke :read nil
INFO  jepsen.util - :nemesis :info :start nil
INFO  jepsen.util - 2 :fail :read :timed-out
INFO  jepsen.util - 3 :invoke :write 9
INFO  jepsen.util - 3 :info :write :timed-out
INFO  jepsen.util - 0 :invoke :read nil
INFO  jepsen.util - 0 :ok :read 4
`;

describe("Jepsen text logs", () => {
  it("reads operations and skips the rest", () => {
    expect(read(log)).toHaveLength(11);
    expect(verdict(log, "cas-register")).toBe("ok");
    expect(verdict(log.replace(":read 4", ":read 9"), "cas-register")).toBe("ok");
    expect(verdict(log.replace(":read 4", ":read 3"), "cas-register")).toBe("illegal");
  });

  it.each([
    ["INFO  jepsen.util - 0 :went :read nil", "line 1: :type must be one of"],
    ["INFO  jepsen.util - 0 :ok :read 1", "line 1: process 0 completes read but"],
    ["INFO  jepsen.util - 0 :invoke :cas [1 2", "line 1: the operation's value"],
  ])("refuses %j", (text, expected) => {
    expect(refusal(text)).toContain(expected);
  });
});

/** One operation, its answer, and what must be said about a value of the wrong kind. */
describe("values of the wrong kind are refused with their line", () => {
  const twoLines = (f: string, value: string, answer: string) =>
    `{:process 0 :type :invoke :f ${f} :value ${value}}\n{:process 0 :type :ok :f ${f} :value ${answer}}`;
  it.each([
    [
      "cas-register",
      twoLines(":cas", "7", "7"),
      "line 1: cas: the value must be [from to]; found 7",
    ],
    ["kv", twoLines(":put", "7", "7"), "put: the value must be an object; found 7"],
    ["kv", twoLines(":put", '{:value "x"}', "nil"), "put: the value must name a key"],
    ["kv", twoLines(":cas", "[:x 7]", "nil"), "cas: the value must hold [from to]; found 7"],
    ["set", twoLines(":read", "nil", "7"), "read: the answer must be all elements"],
    ["set", twoLines(":contains", "7", "7"), "contains: the answer must be true or false; found 7"],
    ["queue", twoLines(":push", "7", "7"), "push: this model knows enqueue and dequeue"],
    ["priority-queue", twoLines(":push", "{:priority 1}", "nil"), `must name the item's "id"`],
    ["priority-queue", twoLines(":push", '{:id 1 :priority "x"}', "nil"), `"priority" must be an`],
    ["priority-queue", twoLines(":pop", "nil", "{}"), `pop: the value must name the item's "id"`],
    [
      "leased-priority-queue",
      twoLines(":pop", "nil", "{:id 1}"),
      `pop: "fence" must be an integer`,
    ],
    ["leased-priority-queue", twoLines(":ack", "{:fence 1}", "nil"), `must name the item's "id"`],
    ["mutex", twoLines(":lock", "nil", "nil"), "lock: this model knows acquire and release"],
  ])("%s", (model, text, expected) => {
    expect(() => verdict(text, model)).toThrow(expected);
  });
});

describe("long lines", () => {
  it("come in pieces and cost their length", () => {
    const reader = readerFor("jsonl");
    reader.push(formatHistory([]));
    const piece = "x".repeat(60_000);
    reader.push('{"type":"event","f":"');
    for (let n = 0; n < 500; n += 1) reader.push(piece);
    reader.push('"}\n{"type":"event","f":"b"}');
    expect(reader.finish().map(({ f }) => f.length)).toEqual([30_000_000, 1]);
  });

  it("longer than text can be are refused with their number", () => {
    const reader = readerFor("edn");
    reader.push("; one\n; ");
    const piece = "x".repeat(50_000_000);
    expect(() => {
      for (let n = 0; n < 5; n += 1) reader.push(piece);
    }).toThrow("line 2: the line is longer than 200000000 characters");
  });
});

describe("formats", () => {
  it("are told apart by their beginning", () => {
    expect(detectFormat(formatHistory([]))).toBe("jsonl");
    expect(detectFormat(kvHistory)).toBe("edn");
    expect(detectFormat("; a comment\n[{:type :ok}]")).toBe("edn");
    expect(detectFormat(log)).toBe("jepsen-log");
    expect(refusal("something else")).toContain("the format is not recognised");
    expect(refusal("")).toContain("the history is empty");
  });

  it("streams of bytes may cut a character in two", async () => {
    const bytes = new TextEncoder().encode(kvHistory.replaceAll('"y"', '"ÿ€"'));
    const chunks = async function* () {
      for (const byte of bytes) yield await Promise.resolve(Uint8Array.of(byte));
    };
    const lines = await readHistory(chunks());
    expect(lines.at(-1)).toMatchObject({ value: { key: "x", value: "ÿ€" } });
  });
});
