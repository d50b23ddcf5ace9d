// The conformance suite: `npm run conformance [-- --only one|three|follower|start] [--match TEXT]`. One
// case per rule of the wire contract that is in force, against real processes: one node, three nodes,
// and three nodes through one that leads as little as possible. The last line is `N passed, M failed`.

import { parseArgs } from "node:util";
import { temporaryFolder } from "@disheap/harness";
import { Bench, type Through } from "./bench.js";
import type { Case } from "./case.js";
import { adminCases } from "./cases/admin.js";
import { enqueueCases } from "./cases/enqueue.js";
import { leaseCases } from "./cases/leases.js";
import { lossCases } from "./cases/loss.js";
import { operationCases } from "./cases/operations.js";
import { orderCases } from "./cases/order.js";
import { popCases } from "./cases/pop.js";
import { releaseCases } from "./cases/release.js";
import { serviceCases } from "./cases/service.js";
import { startCases } from "./cases/start.js";
import { topicCases } from "./cases/topics.js";
import { Launcher } from "./launcher.js";

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
];

/** Cases share a cluster and have topics of their own; most of their time is waiting. */
const AT_ONCE = 4;

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
    const label = `${where.padEnd(8)} ${`§${String(section)}`.padEnd(4)} ${rule}`;
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
}

async function judgeDeployment(
  score: Score,
  launcher: Launcher,
  deployment: Deployment,
  cases: readonly Case[],
): Promise<void> {
  const { name, nodes: count, through } = deployment;
  const chosen = cases.filter((each) => count >= 3 || each.needsThree !== true);
  const cluster = await launcher.cluster(count);
  const bench = new Bench(cluster.nodes, through);
  await bench.prepare();
  const judge = (each: Case): Promise<void> =>
    score.judge(name, each.section, each.rule, () => each.run(bench));
  const shared = chosen.filter(({ isAlone }) => isAlone !== true);
  const lanes = Array.from({ length: AT_ONCE }, async () => {
    for (let next = shared.shift(); next !== undefined; next = shared.shift()) await judge(next);
  });
  await Promise.all(lanes);
  for (const each of chosen) if (each.isAlone === true) await judge(each);
  bench.close();
  await score.judge(name, 9, "every node stops cleanly on SIGTERM", async () => {
    const codes = [...(await cluster.stop()).values()].map(({ code }) => code);
    if (codes.some((code) => code !== 0)) throw new Error(`exit codes ${codes.join(", ")}`);
  });
}

const USAGE = "npm run conformance [-- --only one|three|follower|start] [--match TEXT]";

function refuse(text: string): never {
  console.error(`${text}\n${USAGE}`);
  process.exit(2);
}

function readOptions(): { readonly only?: string; readonly match?: string } {
  try {
    const { values } = parseArgs({
      options: { only: { type: "string" }, match: { type: "string" } },
    });
    return values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

async function main(): Promise<number> {
  const values = readOptions();
  const names = ["start", ...DEPLOYMENTS.map(({ name }) => name)];
  if (values.only !== undefined && !names.includes(values.only)) {
    refuse(`--only "${values.only}" is none of ${names.join(", ")}.`);
  }
  const isWanted = (rule: string): boolean =>
    values.match === undefined || rule.includes(values.match);
  const isOn = (name: string): boolean => values.only === undefined || values.only === name;
  const folder = temporaryFolder("disheap-conformance-");
  const launcher = new Launcher(folder.path);
  const score = new Score();
  const startMs = Date.now();
  try {
    if (isOn("start")) {
      for (const each of startCases()) {
        if (!isWanted(each.rule)) continue;
        await score.judge("start", each.section, each.rule, () => each.run(launcher));
      }
    }
    const cases = CASES.filter(({ rule }) => isWanted(rule));
    for (const deployment of DEPLOYMENTS) {
      if (!isOn(deployment.name)) continue;
      await judgeDeployment(score, launcher, deployment, cases);
    }
  } catch (error) {
    score.failed += 1;
    console.log(error instanceof Error ? error.stack : error);
  }
  if (score.failed > 0) {
    folder.keep();
    console.log(`data folders and logs are kept in ${folder.path}`);
  }
  console.log(`took ${((Date.now() - startMs) / 1000).toFixed(0)} s`);
  console.log(`${String(score.passed)} passed, ${String(score.failed)} failed`);
  return score.failed === 0 && score.passed > 0 ? 0 : 1;
}

// Not by an empty event loop: after a failed case its streams and nodes may still be there.
process.exit(await main());
