import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import {
  familyOf,
  readStat,
  readWrittenBytes,
  usageOfFamily,
} from "../../src/cluster/proc-files.js";

const STAT =
  "4711 (a) b (c) S 1 4711 4711 0 -1 4194560 1000 0 0 0 250 50 7 9 20 0 11 0 12345 900000 2048 " +
  "18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0\n";

it("reads a process whose name holds brackets and spaces", () => {
  expect(readStat(STAT)).toEqual({ cpuMs: 3_000, rssBytes: 2048 * 4096 });
});

it("refuses what is no such text", () => {
  expect(() => readStat("nothing")).toThrow("not the text");
});

it("reads bytes given to the disk, where they are told", () => {
  const text = "wchar: 8\ncancelled_write_bytes: 7\nwrite_bytes: 4096\n";
  expect(readWrittenBytes(text)).toBe(4096);
  expect(readWrittenBytes("")).toBeUndefined();
});

it("counts a process with all it started", async () => {
  const parent = spawn("sh", ["-c", "sleep 30 & echo started; wait"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await once(parent.stdout, "data");
    const pid = parent.pid ?? 0;
    const family = familyOf(pid);
    expect(family).toHaveLength(2);
    expect(family[0]).toBe(pid);
    const usage = usageOfFamily("sh", pid);
    expect(usage.name).toBe("sh");
    const alone = usageOfFamily("sleep", family[1] ?? 0);
    expect(usage.rssBytes).toBeGreaterThan(alone.rssBytes ?? Infinity);
    for (const one of [...family].reverse()) process.kill(one);
  } finally {
    parent.kill("SIGKILL");
  }
});

it("finds nothing of a process that is gone", () => {
  expect(usageOfFamily("gone", 2 ** 30)).toEqual({
    name: "gone",
    cpuMs: 0,
    rssBytes: 0,
    writtenBytes: 0,
  });
});
