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

  it("forms may be spread, discarded and commented out as in any EDN", () => {
    const text = `; a history: [
,
(#_ {:process 0 :type :invoke
 :f :never} #jepsen.history.Op
{:process 0, :type :invoke, ; the first
  :f :write #_ :read :value \\} :ignored #{[#_x] #_ #foo 1}, [3] 4}
{:process 0 :type :ok :f :write :value \\} "extra" #:a{:b 1}} #_
1)`;
    expect(read(text)).toMatchObject([
      { type: "invoke", f: "write", line: 4 },
      { type: "ok", f: "write", line: 7 },
    ]);
  });

  it("an operation may be longer than a screen, and its strings may hold line breaks", () => {
    const trace = Array.from({ length: 1000 }, (_, n) => `  [a.b.C invoke "C.java" ${n}]`);
    const text = `{:process 0 :type :invoke :f :write :value "x\r\ny;{"\r
 :trace [${trace.join("\n")}]}\r\n{:process 0 :type :ok :f :write :value "x\r\ny;{"}`;
    expect(read(text)).toMatchObject([
      { type: "invoke", value: "x\r\ny;{", line: 1 },
      { type: "ok", value: "x\r\ny;{", line: 1003 },
    ]);
  });

  it("times are nanoseconds, and those that are missing follow the ones before", () => {
    const op = (type: string, time: string) => `{:process 0 :type :${type} :f :read${time}}\n`;
    const timesOf = (...times: string[]) =>
      read(times.map((time, at) => op(at % 2 === 0 ? "invoke" : "ok", time)).join("")).map(
        ({ time }) => time,
      );
    expect(timesOf("", "", "", "")).toEqual([1, 2, 3, 4]);
    expect(timesOf(" :time nil", " :time -1", "", "")).toEqual([1, 2, 3, 4]);
    expect(timesOf("", " :time 2000", "", " :time 9000N")).toEqual([2, 2, 2, 9]);
    expect(timesOf(" :time 1.5e3", " :time 1600000000000000000")).toEqual([2, 1.6e15]);
  });

  const askedAndAnswered = (asked: string, answered: string) =>
    `{:process 0 :type :invoke :f :read :time ${asked}}\n{:process 0 :type :ok :f :read :time ${answered}}`;

  it.each([
    ["5000", "4000"],
    ["10", "3"],
    ["10", "9.5"],
    ["1600000000000000001", "1600000000000000000"],
  ])(
    "an answer before its question is refused, to the nanosecond: %s, then %s",
    (asked, answered) => {
      expect(() => read(askedAndAnswered(asked, answered))).toThrow(
        `line 2: process 0 completes read at :time ${answered}, before its invoke's :time ${asked} (line 1)`,
      );
    },
  );

  it.each([
    ["3", "10"],
    ["10", "10"],
    ["1600000000000000000", "1600000000000000001"],
    ["10", "nil"],
    ["nil", "-1"],
  ])("an answer at its question's time or later is taken: %s, then %s", (asked, answered) => {
    expect(pairOperations(read(askedAndAnswered(asked, answered)))).toHaveLength(1);
  });

  it.each([
    ["{:process 0, :type :invoke}", "line 1: the operation has no :f"],
    [';\n{"process" 0, "type" :invoke, "f" :read}', "line 2: the operation has no :type"],
    ['{:process "c1" :type :invoke :f :read}', "line 1: :process must be an integer for a client"],
    ["{:process 1.0 :type :invoke :f :read}", "or a keyword like :nemesis; found 1.0"],
    ["{:process 0 :type :invoke :f 5}", "line 1: :f must be a keyword; found 5"],
    ["{:process 0 :type 5 :f :read}", "line 1: :type must be a keyword; found 5"],
    [
      "\n{:process 0 :type :invoke :f :read :time -2}",
      "line 2: :time must be the nanoseconds since the test began, 0 or more; found -2",
    ],
    ["{:process 0 :type :invoke :f :read :time ##NaN}", "0 or more; found ##NaN"],
    ["{:process 0 :type :invoke :f :read :time ##Inf}", "0 or more; found ##Inf"],
    ['{:process 0 :type :invoke :f :read :time "5"}', '0 or more; found "5"'],
    [
      "{:process 0 :type :invoke\n :f :read :f :write}",
      "line 2, column 11: the map has the key :f twice",
    ],
    [
      "\n{:process 0 :type :invoke :f :read}\n{:a 1",
      'line 3, column 1: no "}" before the text ends',
    ],
    [`(${kvHistory}`, "line 1: the list that starts here never ends"],
    [`(${kvHistory})\n\n ${kvHistory}`, "line 7, column 2: there is more after the list's end"],
    ["{:process 0, :type :went, :f :read}", "line 1: :type must be one of"],
    ["{:type :ok :process 3 :f :read}", "line 1: process 3 completes read but has invoked nothing"],
    [
      `${kvHistory}{:process 0`,
      'line 5, column 1: no "}" before the text ends: the form that starts here never ends',
    ],
    [`${kvHistory}{:a [}}`, 'line 5, column 6: "}" closes nothing here'],
    [`${kvHistory}7`, "line 5: expected an operation map"],
    [`\n[${kvHistory}`, "line 2: the vector that starts here never ends"],
    [`[${kvHistory}]\n}`, "line 6, column 1: there is more after the vector's end"],
    [`[${kvHistory}] {}`, "line 5, column 3: there is more after the vector's end"],
    ['{:process 0 :type :invoke :f :read :value "\\u12"}', "four hex digits must follow"],
    [`${kvHistory}#foo`, "line 5, column 1: the text ends after #foo: the form that starts here"],
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

  it("no name of an operation is passed over", () => {
    const text = "INFO jepsen.util - 0 :invoke :member? 1\nINFO jepsen.util - 0 :ok :member? 1";
    expect(read(text)).toMatchObject([{ f: "member?" }, { f: "member?" }]);
  });

  it.each([
    ["INFO  jepsen.util - 0 :went :read nil", "line 1: :type must be one of"],
    ["INFO  jepsen.util - 0 :ok :read 1", "line 1: process 0 completes read but"],
    ["INFO  jepsen.util - 0 :invoke :cas [1 2", "line 1, column 36: the operation's value"],
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
    [
      "kv",
      twoLines(":put", "7", "7"),
      "put: the value must be an object (in EDN a map of keywords)",
    ],
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
    for (const edn of ["#_ 1 {:type :ok}", ", ({:type :ok})", "[#jepsen.history.Op{:type :ok}]"]) {
      expect(detectFormat(edn)).toBe("edn");
    }
    expect(detectFormat(log)).toBe("jepsen-log");
    expect(detectFormat(`[main] ${log}`)).toBe("jepsen-log");
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
