// Where the CPU time of a profile went, by part of the system: self time of every function, put down to
// the part its file belongs to. Percentages are of the time the process was not idle.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

export interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  readonly samples?: readonly number[];
  readonly timeDeltas?: readonly number[];
}

export interface ProfileSummary {
  /** Share of the profile in which the process did anything. */
  readonly busy: number;
  /** Name and share of the busy time, largest first. */
  readonly parts: readonly (readonly [string, number])[];
  readonly functions: readonly (readonly [string, number])[];
}

const NOT_BUSY = new Set(["(idle)", "(root)"]);

/** First match wins; the rest is named by its package or room. */
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/@grpc\/grpc-js/, "grpc-js"],
  [/node:internal\/(http2|stream|streams)|node:stream|node:http2/, "node http2 and streams"],
  [/node:(net|internal\/(stream_base_commons|net))/, "node sockets"],
  [/node:(internal\/)?(timers|process|async|promise)/, "node timers and ticks"],
  [/node:(internal\/)?buffer/, "node buffers"],
  [/^node:/, "node, other"],
  [/classic-level|abstract-level/, "classic-level"],
  [/node_modules\/(?:.*node_modules\/)?((?:@[^/]+\/)?[^/]+)/, "$1"],
  [/\/proto\/dist\//, "proto (generated codec)"],
  [
    /\/(core\/dist\/[^/]+|io\/dist\/[^/]+|node\/dist\/[^/]+|clients\/typescript\/dist|bench\/dist)\//,
    "$1",
  ],
];

function partOf({ url, functionName }: CallFrame): string {
  for (const [pattern, name] of PARTS) {
    const match = pattern.exec(url);
    if (match !== null) return name.replace("$1", match[1] ?? "").replace("/dist", "");
  }
  if (functionName === "(garbage collector)") return "garbage collection";
  return url === "" ? "native code and system calls" : url;
}

export function summarize(profile: Profile): ProfileSummary {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const parts = new Map<string, number>();
  const functions = new Map<string, number>();
  let total = 0;
  let busy = 0;
  profile.samples?.forEach((id, i) => {
    const frame = frames.get(id);
    const us = Math.max(0, profile.timeDeltas?.[i] ?? 0);
    total += us;
    if (frame === undefined || NOT_BUSY.has(frame.functionName)) return;
    busy += us;
    add(parts, partOf(frame), us);
    add(functions, nameOf(frame), us);
  });
  return {
    busy: total === 0 ? 0 : busy / total,
    parts: shares(parts, busy),
    functions: shares(functions, busy),
  };
}

function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  return url === "" ? name : `${name} ${url.split("/").slice(-2).join("/")}:${lineNumber + 1}`;
}

function add(sums: Map<string, number>, key: string, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}

function shares(sums: ReadonlyMap<string, number>, total: number): (readonly [string, number])[] {
  return [...sums]
    .map(([name, value]) => [name, total === 0 ? 0 : value / total] as const)
    .sort((a, b) => b[1] - a[1]);
}

const PARTS_SHOWN = 14;
const FUNCTIONS_SHOWN = 12;

/** Every profile of a folder as text. */
export function summaryLines(folder: string): string[] {
  const lines: string[] = [];
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith(".cpuprofile")) continue;
    const profile = JSON.parse(readFileSync(join(folder, file), "utf8")) as Profile;
    const { busy, parts, functions } = summarize(profile);
    lines.push("", `${file}: main thread busy ${percent(busy)}`);
    for (const [name, share] of parts.slice(0, PARTS_SHOWN))
      lines.push(`  ${percent(share)}  ${name}`);
    lines.push("  by function:");
    for (const [name, share] of functions.slice(0, FUNCTIONS_SHOWN)) {
      lines.push(`  ${percent(share)}  ${name}`);
    }
  }
  return lines;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`.padStart(7);
}
