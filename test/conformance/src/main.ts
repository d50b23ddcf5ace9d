// The conformance suite: `npm run conformance [-- --only one|three|follower|start] [--way calls|session]
// [--match TEXT]`. One case per rule of the wire contract that is in force, against real processes: one node,
// three nodes, and three nodes through one that leads as little as possible; what goes by sessions too runs both
// ways. The last line is `N passed, M failed`, the one before it says how many of them each way.

import { parseArgs } from "node:util";
import { temporaryFolder } from "@disheap/harness";
import { Rig, type Through } from "./rig.js";
import type { Case, Way } from "./case.js";
import { adminCases } from "./cases/admin.js";
import { enqueueCases } from "./cases/enqueue.js";
import { leaseCases } from "./cases/leases.js";
import { lossCases } from "./cases/loss.js";
import { operationCases } from "./cases/operations.js";
import { orderCases } from "./cases/order.js";
import { popCases } from "./cases/pop.js";
import { releaseCases } from "./cases/release.js";
import { serviceCases } from "./cases/service.js";
import { sessionCallCases } from "./cases/session-calls.js";
import { sessionConsumerCases } from "./cases/session-consumers.js";
import { sessionFrameCases } from "./cases/session-frames.js";
import { sessionNodeCases } from "./cases/session-nodes.js";
import { startCases } from "./cases/start.js";
import { topicCases } from "./cases/topics.js";
import { Launcher } from "./launcher.js";
import { SessionRig } from "./session/session-rig.js";

const CASES: readonly Case[] = [
  ...serviceCases(),
  ...topicCases(),
  ...enqueueCases(),
  ...popCases(),
  ...orderCases(),
  ...leaseCases(),
  ...releaseCases(),
  ...adminCases(),
  ...operationCases(),
  ...lossCases(),
  ...sessionFrameCases(),
  ...sessionCallCases(),
  ...sessionConsumerCases(),
  ...sessionNodeCases(),
];

const WAYS: readonly Way[] = ["calls", "session"];

/** Cases share a cluster and have topics of their own; most of their time is waiting. */
const AT_ONCE = 6;

interface Deployment {
  readonly name: string;
  readonly nodes: number;
  readonly through: Through;
}

const DEPLOYMENTS: readonly Deployment[] = [
  { name: "one", nodes: 1, through: "any" },
  { name: "three", nodes: 3, through: "any" },
  { name: "follower", nodes: 3, through: "follower" },
];

class Score {
  passed = 0;
  failed = 0;

  async judge(where: string, section: number, rule: string, run: () => Promise<void>) {
    const label = `${where.padEnd(16)} ${`§${String(section)}`.padEnd(4)} ${rule}`;
    try {
      await run();
      this.passed += 1;
      console.log(`ok    ${label}`);
    } catch (error) {
      this.failed += 1;
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      console.log(`FAIL  ${label}\n        ${text.replaceAll("\n", "\n        ")}`);
    }
  }

  get text(): string {
    return `${String(this.passed)} passed, ${String(this.failed)} failed`;
  }
}

/** A case, and how it is run. */
interface Run {
  readonly way: Way;
  readonly each: Case;
}

function runsOf(cases: readonly Case[], ways: readonly Way[]): Run[] {
  return ways.flatMap((way) =>
    cases
      .filter((each) => each.way === undefined || each.way === way)
      .map((each) => ({ way, each })),
  );
}

async function runOne({ way, each }: Run, rig: Rig): Promise<void> {
  if (way === "calls") {
    if (each.way !== "session") await each.run(rig);
    return;
  }
  const own = new SessionRig(rig);
  try {
    await each.run(own);
  } finally {
    await own.end();
  }
}

async function judgeDeployment(
  scores: Record<Way, Score>,
  launcher: Launcher,
  deployment: Deployment,
  runs: readonly Run[],
): Promise<void> {
  const { name, nodes: count, through } = deployment;
  const chosen = runs.filter(({ each }) => count >= 3 || each.needsThree !== true);
  const cluster = await launcher.cluster(count);
  const rig = new Rig([cluster.nodes, through]);
  await rig.prepare();
  const judge = (run: Run): Promise<void> => {
    const { way, each } = run;
    return scores[way].judge(`${name} ${way}`, each.section, each.rule, () => runOne(run, rig));
  };
  const shared = chosen.filter(({ each }) => each.isAlone !== true);
  const lanes = Array.from({ length: AT_ONCE }, async () => {
    for (let next = shared.shift(); next !== undefined; next = shared.shift()) await judge(next);
  });
  await Promise.all(lanes);
  for (const run of chosen) if (run.each.isAlone === true) await judge(run);
  rig.close();
  await scores.calls.judge(name, 9, "every node stops cleanly on SIGTERM", async () => {
    const codes = [...(await cluster.stop()).values()].map(({ code }) => code);
    if (codes.some((code) => code !== 0)) throw new Error(`exit codes ${codes.join(", ")}`);
  });
}

const USAGE =
  "npm run conformance [-- --only one|three|follower|start] [--way calls|session] [--match TEXT]";
const HELP = `${USAGE}

A case for each rule of the API, at real nodes. The last line is "N passed, M failed", the one before it says how many
of them each way.

  --only NAME   start: how nodes start; one, three: on one node, on three; follower: on three, through one that
                leads as little as possible (default: all of them)
  --way NAME    calls: each request a call of its own; session: all of them in one stream (default: both)
  --match TEXT  the cases with TEXT in their names
  --help        this text

Exit codes: 0 all cases passed, 1 a case failed or none ran, 2 a command line that cannot be used.`;

function refuse(text: string): never {
  console.error(`${text}\n${USAGE}`);
  process.exit(2);
}

function readOptions(): {
  readonly help: boolean;
  readonly only?: string;
  readonly way?: string;
  readonly match?: string;
} {
  try {
    const { values } = parseArgs({
      options: {
        help: { type: "boolean", short: "h", default: false },
        only: { type: "string" },
        way: { type: "string" },
        match: { type: "string" },
      },
    });
    return values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

async function main(): Promise<number> {
  const values = readOptions();
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const names = ["start", ...DEPLOYMENTS.map(({ name }) => name)];
  if (values.only !== undefined && !names.includes(values.only)) {
    refuse(`--only "${values.only}" is none of ${names.join(", ")}.`);
  }
  const ways = WAYS.filter((way) => values.way === undefined || values.way === way);
  if (ways.length === 0) refuse(`--way "${values.way ?? ""}" is none of ${WAYS.join(", ")}.`);
  const isWanted = (rule: string): boolean =>
    values.match === undefined || rule.includes(values.match);
  const isOn = (name: string): boolean => values.only === undefined || values.only === name;
  const folder = temporaryFolder("disheap-conformance-");
  const launcher = new Launcher(folder.path);
  const scores: Record<Way, Score> = { calls: new Score(), session: new Score() };
  const startMs = Date.now();
  try {
    if (isOn("start") && ways.includes("calls")) {
      for (const each of startCases()) {
        if (!isWanted(each.rule)) continue;
        await scores.calls.judge("start", each.section, each.rule, () => each.run(launcher));
      }
    }
    const runs = runsOf(
      CASES.filter(({ rule }) => isWanted(rule)),
      ways,
    );
    for (const deployment of DEPLOYMENTS) {
      if (!isOn(deployment.name)) continue;
      await judgeDeployment(scores, launcher, deployment, runs);
    }
  } catch (error) {
    scores.calls.failed += 1;
    console.log(error instanceof Error ? error.stack : error);
  }
  const { calls, session } = scores;
  const [passed, failed] = [calls.passed + session.passed, calls.failed + session.failed];
  if (failed > 0) {
    folder.keep();
    console.log(`data folders and logs are kept in ${folder.path}`);
  }
  console.log(`took ${((Date.now() - startMs) / 1000).toFixed(0)} s`);
  console.log(`by calls: ${calls.text}; by sessions: ${session.text}`);
  console.log(`${String(passed)} passed, ${String(failed)} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

// Not by an empty event loop: after a failed case its streams and nodes may still be there.
process.exit(await main());
