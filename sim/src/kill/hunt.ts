// Hunts one mutant: builds it in a copy and runs seeds until one fails that passes without the mutant.

import { join } from "node:path";
import type { Mutant } from "./mutant.js";
import { runSeeds, type SeedRange } from "./run-seeds.js";
import { WorkCopy } from "./work-copy.js";

/** What is reported per mutant. */
export interface Kill {
  readonly id: string;
  readonly killed: boolean;
  /** The rule that caught it; null for a survivor. */
  readonly rule: string | null;
  readonly seed: number | null;
  readonly seedsTried: number;
  readonly cpuSeconds: number;
}

export interface HuntOptions {
  /** The repository, built. */
  readonly root: string;
  /** Where copies are made. */
  readonly scratch: string;
  readonly seeds: SeedRange;
  readonly onProgress: (text: string) => void;
}

/** A run of this much wall time without an end counts as standing still. */
const STILL_MS = 300_000;

const CHILD = join("sim", "dist", "kill", "child.js");

export async function hunt(mutant: Mutant, options: HuntOptions): Promise<Kill> {
  const { onProgress, root, scratch, seeds } = options;
  onProgress(`${mutant.id}: building`);
  const copy = WorkCopy.make(root, join(scratch, mutant.id));
  try {
    copy.apply(mutant);
    await copy.build(mutant.id);
    return await search(mutant.id, join(copy.root, CHILD), join(root, CHILD), seeds, onProgress);
  } finally {
    copy.remove();
  }
}

/** Walks the seeds with the mutant; a seed that fails without it too proves nothing and is passed over. */
export async function search(
  id: string,
  mutated: string,
  original: string,
  seeds: SeedRange,
  onProgress: (text: string) => void,
  stillMs = STILL_MS,
): Promise<Kill> {
  let seedsTried = 0;
  let cpuMs = 0;
  let { from } = seeds;
  while (from <= seeds.to) {
    const outcome = await runSeeds(
      mutated,
      { from, to: seeds.to },
      {
        stillMs,
        onSeed: (seed) => onProgress(`${id}: seed ${seed} of ${seeds.to}`),
      },
    );
    seedsTried += outcome.seedsTried;
    cpuMs += outcome.cpuMs;
    if (!outcome.failed) break;
    const { seed, rule, message } = outcome.failed;
    onProgress(`${id}: seed ${seed} breaks ${rule}; does it without the mutant?`);
    const control = await runSeeds(original, { from: seed, to: seed }, { stillMs });
    if (!control.failed) {
      onProgress(`${id}: ${rule}: ${message}`);
      return { id, killed: true, rule, seed, seedsTried, cpuSeconds: cpuMs / 1000 };
    }
    onProgress(`${id}: seed ${seed} breaks ${control.failed.rule} without it; not counted`);
    from = seed + 1;
  }
  return { id, killed: false, rule: null, seed: null, seedsTried, cpuSeconds: cpuMs / 1000 };
}
