// `npm run soak [-- --seconds N]`: topics, producers and consumers come and go on three real nodes, and after each
// time of load, in the quiet that follows, the nodes hold what they held before. Last line `N passed, M failed`.

import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { DisheapClient } from "@disheap/client";
import { Cluster } from "@disheap/harness";
import { comeAndGo, type Done } from "./coming-and-going.js";
import { countsChanged, holdingsOf, memoryGrown, memoryText, read } from "./holdings.js";

const COLLECT = new URL("collect.js", import.meta.url).href;
const SECONDS = "300";
const USAGE = "npm run soak [-- --seconds N]";
const HELP = `${USAGE}

Topics, producers and consumers come and go on three real nodes; in the quiet after each time of load the nodes must
hold what they held before, and use the memory they used. The last line is "N passed, M failed".

  --seconds N  how long it takes, loads and quiet together (default: ${SECONDS})
  --help       this text

Exit codes: 0 all checks passed, 1 a check failed, 2 a command line that cannot be used.`;
/** A stream that closed is remembered for a minute. */
const QUIET_MAX_MS = 110_000;
const QUIET_USUAL_MS = 70_000;
const LOAD_MIN_MS = 10_000;
const PHASE_MS = 150_000;
const WARM_UP_MS = 5_000;
const SAY_MS = 10_000;
const LOOK_MS = 1_000;

interface Check {
  readonly name: string;
  readonly problems: readonly string[];
}

const startMs = performance.now();

function say(text: string): void {
  console.log(`${((performance.now() - startMs) / 1000).toFixed(0).padStart(4)} s  ${text}`);
}

function refuse(text: string): never {
  console.error(`${text}\n${USAGE}`);
  process.exit(2);
}

function readOptions(): { readonly seconds: string; readonly help: boolean } {
  try {
    return parseArgs({
      options: {
        seconds: { type: "string", default: SECONDS },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function secondsOf(text: string): number {
  if (/^\d{1,6}$/.test(text) && Number(text) > 0) return Number(text);
  return refuse(`--seconds wants a whole number of seconds, not "${text}".`);
}

/** Through every node at once. */
async function load(cluster: Cluster, phase: number, forMs: number): Promise<Done> {
  const done: Done = { rounds: 0, messages: 0, streams: 0 };
  const untilMs = performance.now() + forMs;
  const told = (): string =>
    `${String(done.rounds)} topics came and went, ${String(done.messages)} messages, ${String(done.streams)} streams`;
  const timer = setInterval(() => {
    say(told());
  }, SAY_MS);
  try {
    await Promise.all(
      cluster.nodes.map(({ name, endpoint }) =>
        comeAndGo(endpoint, `soak-${String(phase)}-${name}`, untilMs, done),
      ),
    );
  } finally {
    clearInterval(timer);
  }
  say(told());
  return done;
}

/** Ends as soon as all counts are back, and says from time to time which are not. */
async function quiet(
  cluster: Cluster,
  before: Awaited<ReturnType<typeof read>>,
): Promise<string[]> {
  const limitMs = performance.now() + QUIET_MAX_MS;
  let saidMs = performance.now();
  for (;;) {
    const changed = countsChanged(before, await read(cluster.nodes));
    if (changed.length === 0 || performance.now() >= limitMs) return changed;
    if (performance.now() - saidMs >= SAY_MS) {
      saidMs = performance.now();
      say(`quiet; not back yet: ${changed.slice(0, 4).join("; ")}`);
    }
    await sleep(LOOK_MS);
  }
}

async function soak(cluster: Cluster, seconds: number): Promise<Check[]> {
  const phases = Math.max(1, Math.floor((seconds * 1000) / PHASE_MS));
  const loadMs = Math.max(LOAD_MIN_MS, (seconds * 1000) / phases - QUIET_USUAL_MS);
  const client = new DisheapClient({ endpoints: cluster.endpoints });
  await client.createTopic("stays", { partitions: 3 });
  for (const { endpoint } of cluster.nodes) {
    const one = new DisheapClient({ endpoints: [endpoint] });
    await one.stats();
    await one.close();
  }
  await client.close();
  await Promise.all(cluster.nodes.map((node) => node.ready()));
  // Counts before any load; memory after a first load, which compiles what will be used.
  await sleep(LOOK_MS);
  const empty = await holdingsOf(cluster.nodes);
  const checks: Check[] = [];
  await load(cluster, 0, WARM_UP_MS);
  const warm = await holdingsOf(cluster.nodes);
  say(memoryText(warm));
  for (let phase = 1; phase <= phases; phase += 1) {
    say(`load ${String(phase)} of ${String(phases)}, for ${(loadMs / 1000).toFixed(0)} s`);
    const { rounds } = await load(cluster, phase, loadMs);
    const changed = await quiet(cluster, empty);
    const after = await holdingsOf(cluster.nodes);
    say(memoryText(after));
    const name = `after load ${String(phase)}`;
    checks.push(
      { name: `${name} something came and went`, problems: rounds > 0 ? [] : ["nothing did"] },
      { name: `${name} the nodes hold what they held`, problems: changed },
      { name: `${name} their memory is what it was`, problems: memoryGrown(warm, after) },
    );
  }
  return checks;
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const seconds = secondsOf(options.seconds);
  const checks: Check[] = [];
  let cluster: Cluster | undefined;
  try {
    cluster = await Cluster.start({ nodeArgs: ["--expose-gc", `--import=${COLLECT}`] });
    say("three nodes are healthy");
    checks.push(...(await soak(cluster, seconds)));
  } catch (error) {
    const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    checks.push({ name: "the run itself", problems: [problem] });
  } finally {
    await cluster?.close();
  }
  for (const { name, problems } of checks) {
    say(
      `${problems.length === 0 ? "ok  " : "FAIL"} ${name}${problems.map((p) => `\n        ${p}`).join("")}`,
    );
  }
  const failed = checks.filter(({ problems }) => problems.length > 0).length;
  console.log(`${String(checks.length - failed)} passed, ${String(failed)} failed`);
  return failed === 0 ? 0 : 1;
}

// Not by an empty event loop: after a failed run its clients may still be busy.
process.exit(await main());
