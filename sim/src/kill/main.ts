// `npm run sim:kill`: proves that the net holds. Puts each seeded bug into a copy of the built tree and runs
// seeds there, and tests of situations, until one fails. Exit code 1 when a mutant lives that was expected
// to die, or does not fit the sources.

import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseKillArguments, USAGE, UsageProblem, type KillOptions } from "./arguments.js";
import { checkTypes } from "./check-types.js";
import { runHunts } from "./crew.js";
import { Hunt } from "./hunt.js";
import { MutantProblem, readMutant, readMutants, type Mutant } from "./mutant.js";
import type { Order } from "./orders.js";
import { prepareAll, type Prepared } from "./prepare.js";
import * as report from "./report.js";
import { withScratch } from "./scratch.js";
import { WorkCopies } from "./work-copy.js";
import { CopyWorkshop } from "./workshop.js";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

interface Choice {
  readonly mutants: readonly Mutant[];
  readonly leftOut: readonly string[];
}

function choose(options: KillOptions): Choice {
  if (options.mutantFile !== undefined) {
    return { mutants: [readMutant(resolve(options.mutantFile))], leftOut: [] };
  }
  const all = readMutants(join(root, "sim", "mutants"));
  if (options.mutants.length > 0) {
    const mutants = [...new Set(options.mutants)].map((id) => named(id, all));
    return { mutants, leftOut: [] };
  }
  const isBySituation = (m: Mutant): boolean =>
    m.situation !== undefined && m.alsoBySeeds !== true && !options.situations;
  const mutants = all.filter((m) => m.equivalent === undefined);
  return {
    mutants: mutants.filter((m) => !isBySituation(m)),
    leftOut: mutants.filter(isBySituation).map(({ id }) => id),
  };
}

function named(id: string, all: readonly Mutant[]): Mutant {
  const found = all.find((m) => m.id === id);
  if (found) return found;
  const known = all.map((m) => m.id).join(", ");
  throw new UsageProblem(`There is no mutant ${id} in sim/mutants. There are: ${known}.`);
}

function huntAll(
  prepared: readonly Prepared[],
  options: KillOptions,
  progress: report.Progress,
  startMs: number,
): Promise<report.Outcome[]> {
  const { seeds, situations, jobs, json } = options;
  return withScratch("disheap-kill-", async (folder, onEnd) => {
    const outcomes: report.Outcome[] = [];
    const workshop = new CopyWorkshop(new WorkCopies(root, folder, situations), prepared);
    onEnd(() => workshop.end());
    const mutants = new Map(prepared.map(({ mutant }) => [mutant.id, mutant]));
    if (!json) console.log(report.tableHead());
    await runHunts(
      [...mutants.values()].map((mutant) => new Hunt(mutant, seeds, situations)),
      {
        hands: jobs,
        workshop,
        onOrder: (order) => {
          progress.show(`${outcomes.length}/${prepared.length} done; ${wordsOf(order)}`);
        },
        onKill: (kill) => {
          const mutant = mutants.get(kill.id);
          if (!mutant) return;
          const outcome = { ...kill, mutant, atSeconds: (Date.now() - startMs) / 1000 };
          outcomes.push(outcome);
          progress.clear();
          console.log(json ? report.jsonRow(outcome) : report.tableRow(outcome));
        },
      },
    );
    return outcomes;
  });
}

function wordsOf(order: Order): string {
  return `${order.copy}: ${order.kind === "seed" ? `seed ${order.seed}` : order.path}`;
}

async function main(): Promise<number> {
  const startMs = Date.now();
  const options = parseKillArguments(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const { mutants, leftOut } = choose(options);
  const progress = new report.Progress();
  const prepared = prepareAll(root, mutants);
  if (options.checkTypes) checkTypes(root, prepared, (text) => progress.show(text));
  const outcomes = await huntAll(prepared, options, progress, startMs);
  const totals = { outcomes, leftOut, wallSeconds: (Date.now() - startMs) / 1000 };
  console.log(options.json ? report.totalJson(totals) : report.totalLine(totals));
  return outcomes.every(report.isAsExpected) ? 0 : 1;
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
