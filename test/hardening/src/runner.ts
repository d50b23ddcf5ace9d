// Runs cases: the lanes side by side, inside a lane one after the other, each bounded in time.

import { join } from "node:path";
import { temporaryFolder, within } from "@disheap/harness";
import { type HardeningCase, KnownLimit, Skipped, type Verdict } from "./case.js";
import { StandingCluster } from "./cluster.js";
import { World } from "./world.js";

export interface RunOptions {
  readonly cases: readonly HardeningCase[];
  readonly onVerdict: (verdict: Verdict) => void;
}

export interface RunResult {
  readonly verdicts: readonly Verdict[];
  /** Kept after a failure. */
  readonly folder: string | undefined;
}

export async function runCases({ cases, onVerdict }: RunOptions): Promise<RunResult> {
  const temporary = temporaryFolder("disheap-hardening-");
  const folder = temporary.path;
  const verdicts: Verdict[] = [];
  const tell = (verdict: Verdict): void => {
    verdicts.push(verdict);
    onVerdict(verdict);
  };
  const lane = (name: HardeningCase["lane"]): HardeningCase[] =>
    cases.filter((one) => one.lane === name);
  await Promise.all([
    runCluster(lane("cluster"), folder, tell),
    runOwn(lane("own"), folder, tell),
    // They wait more than they work, so they wait together.
    ...lane("patient").map((one) => runOwn([one], folder, tell)),
  ]);
  const isClean = verdicts.every(({ state }) => state !== "FAILED");
  if (isClean) temporary.remove();
  else temporary.keep();
  return { verdicts, folder: isClean ? undefined : folder };
}

type Tell = (verdict: Verdict) => void;

async function runOwn(cases: readonly HardeningCase[], folder: string, tell: Tell): Promise<void> {
  for (const one of cases) tell(await runOne(one, new World(join(folder, one.name))));
}

async function runCluster(
  cases: readonly HardeningCase[],
  folder: string,
  tell: Tell,
): Promise<void> {
  if (cases.length === 0) return;
  let cluster: StandingCluster | undefined;
  const start: HardeningCase = {
    name: "cluster.start",
    does: "three nodes start",
    expects: "they are healthy",
    lane: "cluster",
    maxMs: 60_000,
    run: async () => {
      cluster = await StandingCluster.start(join(folder, "cluster"));
      return `members ${cluster.list}`;
    },
  };
  try {
    const started = await runOne(start, new World(join(folder, start.name)));
    if (cluster === undefined) {
      tell(started);
      return;
    }
    const shared: StandingCluster = cluster;
    for (const one of cases) {
      const world = new World(join(folder, one.name), shared);
      const verdict = await runOne(one, world, () => shared.checkUnharmed());
      tell(verdict);
      // A node that died stays dead, and every later case would only say so again.
      if (shared.nodes.some((node) => !node.isRunning)) return;
    }
    const finish: HardeningCase = {
      name: "cluster.finish",
      does: "after all cases: every acknowledged message is popped, then SIGTERM to each node",
      expects: "nothing is lost, exit code 0",
      lane: "cluster",
      maxMs: 60_000,
      run: () => shared.finish(),
    };
    tell(await runOne(finish, new World(join(folder, finish.name))));
  } finally {
    await cluster?.end();
  }
}

/** `after` belongs to the case: what it finds fails it. */
export async function runOne(
  one: HardeningCase,
  world: World,
  after?: () => Promise<void>,
): Promise<Verdict> {
  const startMs = performance.now();
  let state: Verdict["state"] = "ok";
  let detail: string;
  try {
    detail = await within(one.name, one.maxMs, one.run(world));
    if (after !== undefined) await within(`the check after ${one.name}`, 60_000, after());
  } catch (error) {
    state = error instanceof Skipped ? "skipped" : error instanceof KnownLimit ? "known" : "FAILED";
    detail = error instanceof Error ? error.message : String(error);
  }
  try {
    await within(`the end of ${one.name}`, 30_000, world.end(state === "FAILED"));
  } catch (error) {
    state = "FAILED";
    detail += ` Then: ${error instanceof Error ? error.message : String(error)}`;
  }
  return { name: one.name, state, detail, wallMs: Math.round(performance.now() - startMs) };
}
