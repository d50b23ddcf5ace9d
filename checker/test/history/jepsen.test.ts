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
      9223372036854775807`;
    expect(parseEdn(text)).toEqual([
      ...[null, true, "k/w", 'a\n"bA', [1, -2, 3.5], [1, 2], ["x"], { a: { b: 1 } }, "c"],
      ...["2020", "sym", "9223372036854775807"],
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
      { id: 0, process: 0, type: "invoke", f: "read", time: 2, value: null },
      { type: "event", f: "start", time: 2, process: "nemesis", value: "cut" },
      { id: 0, process: 0, type: "info", f: "read", time: 9, value: null },
    ]);
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
