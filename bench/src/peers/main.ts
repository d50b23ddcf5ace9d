// `npm run bench:peers`: other queues beside ours, on this machine, by the same load, in turn. A queue that is
// not installed is named with the package that brings it, and the others are measured.

import { printTable } from "../bench-table.js";
import { limit } from "../limit/workload.js";
import { helpLines, pick, readOptions, UsageError } from "../options.js";
import type { RatioRule } from "../ratios.js";
import { endToEnd } from "../workloads/end-to-end.js";
import { missingOf } from "./find-programs.js";
import { PEERS } from "./index.js";
import { installLibraries, PEERS_FOLDER } from "./libraries.js";
import { peerWorkload } from "./peer-workload.js";

const WINDOWS = [1, 64, 256];
const OURS = "stream";

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const lines = WINDOWS.flatMap((window) => [
    limit(window),
    ...endToEnd.filter(({ name }) => name === `${OURS}-${window}`),
    ...PEERS.map((peer) => peerWorkload(peer, window)),
  ]);
  if (options.help) {
    console.log(helpLines("npm run bench:peers -- [options]", lines).join("\n"));
    return 0;
  }
  const picked = pick(lines, options.workloads);
  const isPicked = (name: string): boolean =>
    picked.some((line) => line.name.startsWith(`${name}-`));
  const noLibraries = installLibraries(PEERS_FOLDER, (text) => console.error(text));
  const absent = PEERS.filter(({ name }) => isPicked(name)).flatMap(
    ({ name, programs, library }) => {
      const why = missingOf(programs) ?? (library === undefined ? undefined : noLibraries);
      return why === undefined ? [] : [{ name, why }];
    },
  );
  for (const { name, why } of absent) console.log(`${name} is left out: ${why}`);
  const isAbsent = (line: string): boolean =>
    absent.some(({ name }) => line.startsWith(`${name}-`));
  const rules: RatioRule[] = WINDOWS.flatMap((window) =>
    [...PEERS.map(({ name }) => name), "limit"].map((name) => ({
      of: `${OURS}-${window}`,
      to: `${name}-${window}`,
      figure: "rate" as const,
    })),
  );
  return printTable({
    title: "Queues side by side: payload 256 B, clients and servers on one machine, loopback only:",
    workloads: picked.filter(({ name }) => !isAbsent(name)),
    rules,
    options,
  });
}

try {
  process.exit(await main());
} catch (error) {
  const isUsage = error instanceof UsageError;
  console.error(isUsage ? error.message : error);
  process.exit(isUsage ? 2 : 1);
}
