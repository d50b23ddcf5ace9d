// Reads what Linux tells of any process, for servers that cannot be asked themselves.

import { readFileSync } from "node:fs";
import type { ServerUsage } from "./cost.js";

/** Clock ticks a second; fixed on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** Of the text of /proc/PID/stat. The name stands in brackets and may hold brackets and spaces itself. */
export function readStat(text: string): { readonly cpuMs: number; readonly rssBytes: number } {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  // The first field behind the name is number 3 of proc(5): utime is 14, stime 15, rss 24.
  const field = (number: number): number => Number(fields[number - 3]);
  const ticks = field(14) + field(15);
  if (Number.isNaN(ticks))
    throw new Error(`not the text of a /proc/PID/stat: ${text.slice(0, 60)}`);
  return { cpuMs: (ticks * 1000) / TICKS_PER_SECOND, rssBytes: field(24) * PAGE_BYTES };
}

/** Of the text of /proc/PID/io: bytes given to the block layer; undefined when it does not say. */
export function readWrittenBytes(text: string): number | undefined {
  const found = /^write_bytes: (\d+)$/m.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

function textOf(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}

/** The children of a process, their children and so on; itself first. */
export function familyOf(pid: number): number[] {
  const children = textOf(pid, `task/${pid}/children`)?.trim().split(" ") ?? [];
  return [pid, ...children.filter((text) => text !== "").flatMap((text) => familyOf(Number(text)))];
}

/** A process and all it started. Processes that ended between two readings are not seen. */
export function usageOfFamily(name: string, pid: number): ServerUsage {
  let cpuMs = 0;
  let rssBytes = 0;
  let writtenBytes = 0;
  for (const one of familyOf(pid)) {
    const stat = textOf(one, "stat");
    if (stat === undefined) continue;
    const read = readStat(stat);
    cpuMs += read.cpuMs;
    rssBytes += read.rssBytes;
    writtenBytes += readWrittenBytes(textOf(one, "io") ?? "") ?? 0;
  }
  return { name, cpuMs, rssBytes, writtenBytes };
}
