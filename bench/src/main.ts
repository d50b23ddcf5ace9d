// `npm run bench -- [--json] [--workload NAME]...`: measures a cluster of three real node processes on this
// machine through the TypeScript client. The text is for people; with --json the last line is one object.
// Exit code 1: a workload could not be carried out, or an operation failed. A missed goal is a figure,
// not a failure: this machine may be busy.

import { cpus, loadavg, release, totalmem } from "node:os";
import { DisheapClient } from "@disheap/client";
import { MeasuredCluster } from "./cluster/measured-cluster.js";
import { type Options, pick, readOptions, UsageError } from "./options.js";
import { Patience } from "./patience.js";
import { CpuProfiler } from "./profile/cpu-profiler.js";
import { summaryLines } from "./profile/summary.js";
import { heading, notes, row } from "./report.js";
import { WORKLOADS } from "./workloads/index.js";
import { PAYLOAD_BYTES, REPLICAS, type Result, type Workload } from "./workloads/workload.js";

function machine(): Record<string, string | number> {
  const processors = cpus();
  return {
    processors: processors.length,
    model: processors[0]?.model.trim() ?? "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.version,
    load: Number((loadavg()[0] ?? 0).toFixed(1)),
  };
}

async function runOnce(workload: Workload, options: Options): Promise<readonly Result[]> {
  const clients: DisheapClient[] = [];
  const started: MeasuredCluster[] = [];
  const patience = new Patience(workload.name);
  try {
    const running = workload.run({
      seconds: options.seconds,
      profile:
        options.profileFolder === undefined
          ? undefined
          : { folder: options.profileFolder, ofClient: new CpuProfiler() },
      progress: (text) => {
        patience.progress(text);
        console.error(`    ${workload.name}: ${text}`);
      },
      startCluster: async (memory) => {
        const cluster = await MeasuredCluster.start(memory);
        started.push(cluster);
        return cluster;
      },
      connect: (endpoints) => {
        const client = new DisheapClient({ endpoints, producerName: "bench" });
        clients.push(client);
        return client;
      },
    });
    return await Promise.race([running, patience.over]);
  } finally {
    patience.end();
    await Promise.all(clients.map((client) => client.close()));
    for (const cluster of started) await cluster.close();
  }
}

/** Runs by row, in the order of the rows. */
function byName(runs: readonly (readonly Result[])[]): Map<string, Result[]> {
  const rows = new Map<string, Result[]>();
  for (const result of runs.flat()) {
    rows.set(result.name, [...(rows.get(result.name) ?? []), result]);
  }
  return rows;
}

function helpText(): string {
  const width = Math.max(...WORKLOADS.map(({ name }) => name.length));
  return [
    "npm run bench -- [options]",
    "",
    "  --workload NAME  only this one (may be given several times; `enqueue` picks all enqueue-*)",
    "  --runs N         every workload N times; the table shows medians",
    "  --seconds N      length of the measured part, instead of the workload's own",
    "  --profile DIR    write CPU profiles of all processes to DIR and sum them up",
    "  --json           the last line is one JSON object with every run",
    "",
    "Workloads:",
    ...WORKLOADS.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`),
  ].join("\n");
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    console.log(helpText());
    return 0;
  }
  const workloads = pick(WORKLOADS, options.workloads);
  const about = machine();
  console.log(
    `Disheap bench: 3 nodes, rf ${REPLICAS}, payload ${PAYLOAD_BYTES} B, client and nodes on one machine:\n` +
      `${about["processors"]} x ${about["model"]}, ${about["memoryGiB"]} GiB, ${about["system"]}, ` +
      `node ${about["node"]}, load ${about["load"]} before the start\n`,
  );
  for (const line of heading()) console.log(line);
  const results: Result[] = [];
  for (const workload of workloads) {
    const runs: (readonly Result[])[] = [];
    for (let run = 0; run < options.runs; run += 1) runs.push(await runOnce(workload, options));
    for (const rowRuns of byName(runs).values()) {
      console.log(row(rowRuns));
      for (const note of notes(rowRuns)) console.log(`    ${note}`);
      results.push(...rowRuns);
    }
  }
  if (options.profileFolder !== undefined) {
    for (const line of summaryLines(options.profileFolder)) console.log(line);
  }
  console.log(
    "\nLatencies are of this client's clock; open: from the moment a call was due; closed loops: from\n" +
      "its start. CPU s/M: CPU seconds per million messages, all nodes together. written: bytes of keys\n" +
      "and values given to the stores, all copies together; syncs likewise.",
  );
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  if (options.json) {
    console.log(JSON.stringify({ ok: failed === 0, machine: about, results }));
  }
  return failed === 0 ? 0 : 1;
}

try {
  process.exit(await main());
} catch (error) {
  const isUsage = error instanceof UsageError;
  console.error(isUsage ? error.message : error);
  process.exit(isUsage ? 2 : 1);
}
