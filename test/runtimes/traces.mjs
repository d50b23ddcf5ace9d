// The trace hashes of simulated seeds under one version of Node, and their comparison with another's.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../../tools/rooms.mjs";

/**
 * What became of each seed.
 * @typedef {object} Seeds
 * @property {Record<string, string>} traces
 * @property {{seed: string, rule: string}[]} failed
 */

/**
 * Runs the seeds under the Node at `bin`.
 * @param {string} bin
 * @param {string} range such as 1..24
 * @param {"inherit" | "ignore"} [progress] where the simulator's word on standard error goes
 * @returns {Seeds}
 */
export function seedsUnder(bin, range, progress = "inherit") {
  const main = join(root, "sim/dist/cli/main.js");
  const { stdout } = spawnSync(bin, [main, "--seeds", range, "--json", "--traces"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", progress],
    maxBuffer: 1 << 28,
  });
  return seedsOf(stdout ?? "");
}

/**
 * Reads what the simulator printed. A run that broke off has no traces, so every comparison with it fails.
 * @param {string} text
 * @returns {Seeds}
 */
export function seedsOf(text) {
  try {
    const { failed, traces } = JSON.parse(text.trimEnd().split("\n").at(-1) ?? "");
    return { failed: failed ?? [], traces: traces ?? {} };
  } catch {
    return { failed: [], traces: {} };
  }
}

/**
 * What is wrong with each seed that is not the same in both, in a sentence.
 * @param {readonly string[]} seeds
 * @param {Seeds} here
 * @param {Seeds} there
 */
export function differences(seeds, here, there) {
  return seeds.flatMap((seed) => {
    const broken = there.failed.find((one) => one.seed === seed);
    if (broken) return [`seed ${seed} breaks ${broken.rule}; run: npm run sim -- --seed ${seed}`];
    const [a, b] = [here.traces[seed], there.traces[seed]];
    if (a !== undefined && a === b) return [];
    return [`seed ${seed} has the trace ${b ?? "of no run"}, and ${a ?? "none"} under this Node`];
  });
}
