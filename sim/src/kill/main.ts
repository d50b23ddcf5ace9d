// `npm run sim:kill`: proves that the net holds. Applies each seeded bug to a copy of the sources, builds
// it and runs seeds until one fails. Exit code 1 when a mutant survives or does not fit the sources.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseKillArguments, USAGE, UsageProblem, type KillOptions } from "./arguments.js";
import { hunt, type Kill } from "./hunt.js";
import { mutatedFiles, MutantProblem, readMutant, readMutants, type Mutant } from "./mutant.js";
import { Progress, tableHead, tableRow, totalLine } from "./report.js";
import { endChildren } from "./run-seeds.js";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

function chosen(options: KillOptions): readonly Mutant[] {
  if (options.mutantFile !== undefined) return [readMutant(resolve(options.mutantFile))];
  const all = readMutants(join(root, "sim", "mutants"));
  if (options.mutants.length === 0) return all.filter((m) => m.equivalent === undefined);
  return options.mutants.map((id) => {
    const found = all.find((m) => m.id === id);
    if (found) return found;
    const known = all.map((m) => m.id).join(", ");
    throw new UsageProblem(`There is no mutant ${id} in sim/mutants. There are: ${known}.`);
  });
}

async function huntAll(
  mutants: readonly Mutant[],
  options: KillOptions,
  scratch: string,
): Promise<Kill[]> {
  const progress = new Progress();
  const kills: Kill[] = [];
  const waiting = [...mutants];
  if (!options.json) console.log(tableHead());
  const work = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
      const kill = await hunt(mutant, {
        root,
        scratch,
        seeds: options.seeds,
        onProgress: (text) => progress.show(`${kills.length}/${mutants.length} done; ${text}`),
      });
      kills.push(kill);
      progress.clear();
      console.log(options.json ? JSON.stringify(kill) : tableRow(kill, mutant.title));
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  return kills;
}

async function main(): Promise<number> {
  const options = parseKillArguments(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const mutants = chosen(options);
  // Before anything is built: one that does not fit any more is known at once.
  for (const mutant of mutants) mutatedFiles(root, mutant);
  const scratch = mkdtempSync(join(tmpdir(), "disheap-kill-"));
  const cleanUp = (): void => {
    endChildren();
    rmSync(scratch, { recursive: true, force: true });
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      cleanUp();
      process.exit(130);
    });
  }
  try {
    const kills = await huntAll(mutants, options, scratch);
    if (!options.json) console.log(totalLine(kills));
    return kills.every((k) => k.killed) ? 0 : 1;
  } finally {
    cleanUp();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof UsageProblem) {
    console.error(`${error.message}\n\n${USAGE}`);
    process.exitCode = 2;
  } else if (error instanceof MutantProblem) {
    console.error(error.message);
    process.exitCode = 1;
  } else throw error;
}
