// Key-value store with get, put, append and compare-and-set. Partitioned by key: operations on
// different keys never influence each other. A key that was never written reads as null or "".
import type { Model } from "../search/model.js";
import { partitionBy, textOf } from "../search/model.js";
import { TextMap } from "./persistent.js";

export type KvInput =
  | { readonly f: "get"; readonly key: string }
  | { readonly f: "put"; readonly key: string; readonly value: string }
  | { readonly f: "append"; readonly key: string; readonly value: string }
  | { readonly f: "cas"; readonly key: string; readonly from: string; readonly to: string };

/** A get returns a value (null: none), a put or append true, a cas whether it matched. */
export type KvOutput = { readonly value: string | null } | boolean;

function answer(output: KvOutput | undefined): string {
  if (output === undefined) return "?";
  return typeof output === "object" ? textOf(output.value) : output ? "done" : "no match";
}

function describe(input: KvInput, output: KvOutput | undefined): string {
  const { f, key } = input;
  if (f === "get") return `get ${key} -> ${answer(output)}`;
  if (f === "cas") return `cas ${key} ${input.from} to ${input.to} -> ${answer(output)}`;
  return `${f} ${key} ${textOf(input.value)}${output === undefined ? " -> ?" : ""}`;
}

/** All keys in one state: for checks without partitions. */
export function kvWhole(): Model<TextMap, KvInput, KvOutput> {
  return {
    name: "kv",
    init: () => TextMap.empty,
    step(state, input, output) {
      const old = state.get(input.key) ?? "";
      if (input.f === "get") {
        return typeof output !== "object" || (output.value ?? "") === old ? state : undefined;
      }
      if (input.f === "put") return write(state, input.key, input.value);
      if (input.f === "append") return write(state, input.key, old + input.value);
      const matches = old === input.from;
      if (output !== undefined && output !== matches) return undefined;
      return matches ? write(state, input.key, input.to) : state;
    },
    equal: (a, b) => a.equals(b),
    hash: (state) => state.hash,
    isReadOnly: ({ f }, output) => f === "get" || (f === "cas" && output === false),
    describeOperation: describe,
    describeState: (state) =>
      `{${state
        .sorted()
        .map(([key, value]) => `${key}: ${textOf(value)}`)
        .join(", ")}}`,
  };
}

/** Nothing can tell a key holding "" from one never written, so they are one state. */
function write(state: TextMap, key: string, value: string): TextMap {
  return value === "" ? state.without(key) : state.with(key, value);
}

/** The usual key-value model: every key on its own. */
export function kv(): Model<TextMap, KvInput, KvOutput> {
  return {
    ...kvWhole(),
    partition: (operations) => partitionBy(operations, (input) => input.key),
  };
}
