// The installed command with worker threads: hard keys in every thread, and one thread that finds the
// illegal key.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { CheckResult } from "../../src/index.js";
import { formatHistory } from "../../src/index.js";
import type { KeyHistory } from "../support/partitioned.js";
import {
  crowdedKey,
  easyKey,
  HARD_SEEDS,
  illegalKey,
  keyed,
  recordedLines,
  VAST_SEEDS,
  vastKey,
} from "../support/partitioned.js";

const bin = fileURLToPath(new URL("../../bin/linearizability.js", import.meta.url));
/** Far more than an illegal key takes, and less than a test may: then the threads were not ended. */
const HANG_MS = 50_000;

function check(keys: readonly KeyHistory[], ...options: string[]) {
  const input = formatHistory(recordedLines(keyed(keys)));
  const argv = [bin, "check", "-", "--model", "cas-register", "--independent", ...options];
  return spawnSync(process.execPath, argv, { input, encoding: "utf8", timeout: HANG_MS });
}

const vast = VAST_SEEDS.map(vastKey);

describe("worker threads", () => {
  it.each([0, 3, 6])("one that finds an illegal key, at place %i, ends the others", (place) => {
    const keys = [...vast.slice(0, place), illegalKey(5), ...vast.slice(place)];
    const ran = check(keys, "--workers", "2", "--timeout", "10h", "--json");
    expect(ran.status).toBe(1);
    const result = JSON.parse(ran.stdout) as CheckResult & { evidence: { line: number }[] };
    expect(result.verdict).toBe("illegal");
    expect(result.sentence).toContain(`no order of partition k${place} explains`);
    expect(result.reason).toBeUndefined();
    // Only what has a verdict is listed, with its own operations.
    const illegal = result.partitions.filter(({ verdict }) => verdict !== "ok");
    expect(illegal.map(({ key }) => key)).toEqual([`k${place}`]);
    expect(illegal[0].operations).toHaveLength(illegalKey(5).length);
    expect(illegal[0].operations).toContain(illegal[0].window?.blocked);
    expect(result.evidence.length).toBeGreaterThan(0);
  });

  it("say the same as one thread does", () => {
    const keys = [easyKey(1), easyKey(2), illegalKey(5), easyKey(3)];
    const timeless = (text: string) => text.replace(/took .*/, "took");
    const one = check(keys, "--quiet");
    const three = check(keys, "--workers", "3");
    expect([three.status, timeless(three.stdout)]).toEqual([1, timeless(one.stdout)]);
    const legal = [easyKey(1), easyKey(2), easyKey(3)];
    expect(timeless(check(legal, "--workers", "2").stdout)).toBe(timeless(check(legal).stdout));
  });

  it("share the memory, and name the key that it was not enough for", () => {
    const ran = check(
      [easyKey(1), crowdedKey(HARD_SEEDS[0]), easyKey(2)],
      "--workers",
      "2",
      "--memory",
      "3MB",
    );
    expect(ran.status).toBe(2);
    expect(ran.stdout).toMatch(
      /unknown: stopped by memory \(3 MB, shared by 2 workers\) in partition k1 \(\d+ steps\); 2 of 3 partitions are/,
    );
  });
});
