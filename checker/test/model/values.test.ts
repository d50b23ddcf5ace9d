// Values are compared as values by every model and in every format: equal ones that are written
// differently are equal, and those that only look alike are not.
import { describe, expect, it } from "vitest";
import type { ReadOptions } from "../../src/index.js";
import {
  AnyFormatReader,
  checkOperations,
  formatHistory,
  historyModel,
  MODEL_NAMES,
  pairOperations,
} from "../../src/index.js";

/** Two spellings of one value. */
const EQUAL: readonly (readonly [string, string])[] = [
  ["#{1 2 3}", "#{3 2 1}"],
  ["{:a 1, :b 2}", "{:b 2 :a 1}"],
  ['{"a" [1], 2 #{:x :y}}', '{2 #{:y :x} "a" (1)}'],
  ["[{:a #{1 2}}]", "({:a #{2 1}})"],
  ["1", "+1N"],
  ["0x10", "16"],
  ["-0", "0"],
  ["18446744073709551616", "18446744073709551616N"],
  ["100.0", "1e2"],
  ["1.50M", "15e-1M"],
  ["2/4", "1/2"],
  ["##NaN", "##NaN"],
  ['"A"', String.raw`"\u0041"`],
  [String.raw`\A`, String.raw`\u0041`],
  ["#:a{:b 1}", "{:a/b 1}"],
  ['#inst "2020-01-01T00:00:00Z"', '#inst "2020-01-01T01:00:00.000+01:00"'],
  ['#uuid "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"', '#uuid "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"'],
  ["#my/set #{1 2}", "#my/set #{2 1}"],
];

/** Two values that a careless reader takes for one. */
const ALIKE: readonly (readonly [string, string])[] = [
  [":a", '"a"'],
  [":a", '":a"'],
  ["a", '"a"'],
  ["a", ":a"],
  [String.raw`\a`, '"a"'],
  ["1", '"1"'],
  ["1", "1.0"],
  ["1", "1M"],
  ["1.5", "1.5M"],
  ["1/2", "0.5"],
  ["1", "true"],
  ["9007199254740992", "9007199254740993"],
  ["9007199254740993", '"9007199254740993"'],
  [":a/b", ":b"],
  ["{:a 1}", '{"a" 1}'],
  ["{:a 1}", "{:a 2}"],
  ["#{1 2}", "[1 2]"],
  ["[1 2]", "[2 1]"],
  ["{}", "#{}"],
  ["##Inf", "##-Inf"],
  ["#my/tag 1", "1"],
  ["#my/tag 1", "#your/tag 1"],
  ["null", '"null"'],
  ["true", '"true"'],
  ["[1]", '"[1]"'],
];

type Half = readonly [type: string, f: string, value: string];

/** How a model is asked whether two values are equal: it is linearizable exactly then. */
interface Question {
  readonly model: string;
  readonly name: string;
  readonly options?: ReadOptions;
  ask(a: string, b: string): readonly Half[];
}

const did = (f: string, value: string, answer = value): Half[] => [
  ["invoke", f, value],
  ["ok", f, answer],
];

const QUESTIONS: readonly Question[] = [
  ...["register", "cas-register"].map((model) => ({
    model,
    name: "a value read",
    ask: (a: string, b: string) => [...did("write", a), ...did("read", "nil", b)],
  })),
  {
    model: "cas-register",
    name: "a value compared",
    ask: (a, b) => [...did("write", a), ...did("cas", `[${b} 7]`)],
  },
  {
    model: "register",
    name: "an independent key",
    options: { independent: true },
    ask: (a, b) => [...did("write", `[${a} 7]`), ...did("read", `[${b} nil]`, `[${b} 7]`)],
  },
  ...["kv", "kv-whole"].flatMap((model): Question[] => [
    {
      model,
      name: "a value",
      ask: (a, b) => [...did("put", `["x" ${a}]`), ...did("get", '["x" nil]', `["x" ${b}]`)],
    },
    {
      model,
      name: "a value compared",
      ask: (a, b) => [...did("put", `["x" ${a}]`), ...did("cas", `["x" [${b} 7]]`)],
    },
    {
      model,
      name: "a key",
      ask: (a, b) => [...did("put", `[${a} 7]`), ...did("get", `[${b} nil]`, `[${b} 7]`)],
    },
  ]),
  {
    model: "set",
    name: "an element",
    ask: (a, b) => [...did("add", a), ...did("contains", b, "true")],
  },
  {
    model: "set",
    name: "all elements, as a set",
    ask: (a, b) => [...did("add", a), ...did("add", ":z"), ...did("read", "nil", `#{:z ${b}}`)],
  },
  {
    model: "set",
    name: "all elements, as a list",
    ask: (a, b) => [...did("add", a), ...did("add", ":z"), ...did("read", "nil", `(:z ${b})`)],
  },
  {
    model: "queue",
    name: "an element",
    ask: (a, b) => [...did("enqueue", a), ...did("dequeue", "nil", b)],
  },
  ...["priority-queue", "priority-queue-max"].map((model) => ({
    model,
    name: "an id",
    ask: (a: string, b: string) => [
      ...did("push", `{:id ${a} :priority 1}`),
      ...did("pop", "nil", `{:id ${b}}`),
    ],
  })),
  ...["leased-priority-queue", "leased-priority-queue-max"].map((model) => ({
    model,
    name: "an id",
    ask: (a: string, b: string) => [
      ...did("push", `{:priority 18446744073709551616, :id ${a}}`),
      ...did("pop", "nil", `#my/item {:id ${b} :fence 1}`),
      ...did("ack", `{:fence 1 :id ${a}}`),
    ],
  })),
];

function verdict(text: string, model: string, options: ReadOptions = {}): string {
  const known = historyModel(model);
  if (known === undefined) throw new Error(`no model ${model}`);
  const reader = new AnyFormatReader();
  reader.push(text);
  const lines = reader.finish();
  const check = (recorded: typeof lines) =>
    checkOperations(known.model, known.read(pairOperations(recorded), options).operations).verdict;
  const found = check(lines);
  // What was read from one format and written in another is still the same history.
  const again = new AnyFormatReader();
  again.push(formatHistory(lines));
  expect(check(again.finish())).toBe(found);
  return found;
}

const edn = (halves: readonly Half[]): string =>
  halves
    .map(([type, f, value]) => `{:process 0, :type :${type}, :f :${f}, :value ${value}}\n`)
    .join("");
const log = (halves: readonly Half[]): string =>
  halves.map(([type, f, value]) => `INFO  jepsen.util - 0 :${type} :${f} ${value}\n`).join("");

describe.each(QUESTIONS)("$model: $name", ({ model, options, ask }) => {
  it.each(EQUAL)("%s is %s", (a, b) => {
    expect(verdict(edn(ask(a, b)), model, options)).toBe("ok");
    expect(verdict(edn(ask(b, a)), model, options)).toBe("ok");
    expect(verdict(log(ask(a, b)), model, options)).toBe("ok");
  });

  it.each(ALIKE)("%s is not %s", (a, b) => {
    expect(verdict(edn(ask(a, b)), model, options)).toBe("illegal");
    expect(verdict(edn(ask(b, a)), model, options)).toBe("illegal");
    expect(verdict(log(ask(a, b)), model, options)).toBe("illegal");
  });
});

it("every model is asked, but for the one that has no values", () => {
  const asked = new Set(QUESTIONS.map(({ model }) => model));
  expect(MODEL_NAMES.filter((name) => !asked.has(name))).toEqual(["mutex"]);
});

it("a store's answers are shown as they were written, text or not", () => {
  const known = historyModel("kv");
  if (known === undefined) throw new Error("no kv");
  const sentenceOf = (a: string, b: string) => {
    const reader = new AnyFormatReader();
    const cas = did("cas", `["x" [${a} ${b}]]`);
    reader.push(
      edn([...did("put", `["x" ${a}]`), ...cas, ...did("get", '["x" nil]', `["x" ${a}]`)]),
    );
    const { operations } = known.read(pairOperations(reader.finish()));
    const { sentence, partitions } = checkOperations(known.model, operations);
    const last = operations.map(({ input, output }) =>
      known.model.describeOperation?.(input, output),
    );
    return [
      sentence.slice(sentence.indexOf("explains")),
      partitions[0].linearizations[0].states,
      last,
    ];
  };
  expect(sentenceOf(":a", "5")).toEqual([
    "explains get x -> :a by process 0; the longest order places 2 of 3 operations and ends in state 5",
    [":a", "5"],
    ["put x :a", "cas x :a to 5 -> done", "get x -> :a"],
  ]);
  expect(sentenceOf('"a"', '"5"')).toEqual([
    'explains get x -> "a" by process 0; the longest order places 2 of 3 operations and ends in state "5"',
    ['"a"', '"5"'],
    ['put x "a"', 'cas x "a" to "5" -> done', 'get x -> "a"'],
  ]);
});

describe("JSON lines", () => {
  const line = (id: number, type: string, f: string, time: number, value: string) =>
    `{"id":${id},"process":"a","type":"${type}","f":"${f}","time":${time},"value":${value}}\n`;
  const history = (a: string, b: string) =>
    `{"format":"linearizability","version":1,"unit":"us"}\n` +
    line(1, "invoke", "write", 0, a) +
    line(1, "ok", "write", 1, "null") +
    line(2, "invoke", "read", 2, "null") +
    line(2, "ok", "read", 3, b);

  it.each([
    ['{"x":1,"y":{"p":[1],"q":2}}', '{"y":{"q":2,"p":[1]},"x":1}'],
    ["1", "1.0"],
    ["100", "1e2"],
    ['"A"', String.raw`"\u0041"`],
    ['{"$edn":"#{1 2}"}', '{"$edn":"#{2 1}"}'],
  ])("%s is %s", (a, b) => {
    expect(verdict(history(a, b), "register")).toBe("ok");
  });

  it.each([
    ["1", '"1"'],
    ["null", '"null"'],
    ["[1,2]", "[2,1]"],
    ['{"x":1}', '{"x":"1"}'],
    ['{"x":null}', "{}"],
    ['{"$edn":":a"}', '"a"'],
    ['{"$edn":":a"}', '":a"'],
    ['{"$edn":"9007199254740993"}', '{"$edn":"9007199254740992"}'],
  ])("%s is not %s", (a, b) => {
    expect(verdict(history(a, b), "register")).toBe("illegal");
  });
});

describe("what has no meaning in a model is refused", () => {
  it.each([
    ["kv", did("append", '["x" 5]'), "append: only text can be appended; found 5"],
    ["kv", did("put", String.raw`["x" "\u0000"]`), "no text that begins with the character U+0000"],
    ["queue", did("enqueue", "nil"), "null cannot be enqueued: as an answer it means empty"],
    [
      "priority-queue",
      did("push", '{"id" 1, "priority" 2}'),
      'the value must be an object (in EDN a map of keywords); found {"id" 1, "priority" 2}',
    ],
    [
      "priority-queue",
      did("push", "{:id 1 :priority 1.0}"),
      '"priority" must be an integer; found 1.0',
    ],
    [
      "set",
      did("read", "nil", "{:a 1}"),
      'the answer must be all elements, like [1 2]; found {"a":1}',
    ],
  ])("%s %j", (model, halves, sentence) => {
    expect(() => verdict(edn(halves), model)).toThrow(sentence);
  });
});
