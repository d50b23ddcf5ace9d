// Which mutants are hunted: those that were named, or a seeded draw among those that compile. A change that the
// compiler refuses is no bug that anyone could ship, so it says nothing about the simulator.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UsageProblem } from "../kill/arguments.js";
import { TypeChecker } from "../kill/check-types.js";
import type { ScoreOptions } from "./arguments.js";
import type { Ledger } from "./ledger.js";
import { mutatedText, roomOf, type Mutation } from "./mutation.js";
import { shuffled } from "./sample.js";

interface Chosen {
  readonly mutations: readonly Mutation[];
  /** Drawn and passed over, since they do not compile. */
  readonly refused: number;
}

export function choose(
  root: string,
  all: readonly Mutation[],
  options: Pick<ScoreOptions, "mutants" | "rooms" | "sample" | "seed">,
  ledger: Ledger,
  onProgress: (text: string) => void,
): Chosen {
  if (options.mutants.length > 0) {
    const mutations = options.mutants.map((id) => named(id, all));
    return { mutations, refused: 0 };
  }
  const rooms = new Set(all.map(({ file }) => roomOf(file)));
  for (const room of options.rooms) {
    if (rooms.has(room)) continue;
    throw new UsageProblem(`There is no room ${room}. There are: ${[...rooms].join(", ")}.`);
  }
  const { rooms: wanted, sample, seed } = options;
  const drawn = all.filter(({ file }) => wanted.length === 0 || wanted.includes(roomOf(file)));
  const checker = new TypeChecker(root);
  const mutations: Mutation[] = [];
  let refused = 0;
  for (const mutation of shuffled(drawn, seed)) {
    if (mutations.length === sample) break;
    onProgress(`types: ${mutations.length} of ${sample} mutants compile, ${refused} do not`);
    if (compiles(root, checker, mutation, ledger)) mutations.push(mutation);
    else refused += 1;
  }
  return { mutations, refused };
}

function named(id: number, all: readonly Mutation[]): Mutation {
  const found = all.find((mutation) => mutation.id === id);
  if (found) return found;
  throw new UsageProblem(
    `There is no mutant ${id} of these sources: the last is ${all.at(-1)?.id}.`,
  );
}

function compiles(root: string, checker: TypeChecker, mutation: Mutation, ledger: Ledger): boolean {
  const { id, file } = mutation;
  if (ledger.refusal(id)) return false;
  if (ledger.livedUpTo(id) > 0 || ledger.known(id, Infinity)) return true;
  const text = readFileSync(join(root, file), "utf8");
  const [problem] = checker.problemsOf(new Map([[file, mutatedText(text, mutation)]]));
  if (problem === undefined) return true;
  ledger.refuse({ id, problem: problem.replaceAll(`${root}/`, "") });
  return false;
}
