// `npm run bench -- [--json] [--workload NAME]...`: measures a cluster of three real node processes on this
// machine through the TypeScript client. The text is for people; with --json the last line is one object.
// Exit code 1: a workload could not be carried out, or an operation failed. A missed goal is a figure,
// not a failure: this machine may be busy.

import { printTable } from "./bench-table.js";
import { helpLines, pick, readOptions, UsageError } from "./options.js";
import { RATIOS } from "./ratios.js";
import { WORKLOADS } from "./workloads/index.js";
import { PAYLOAD_BYTES, REPLICAS } from "./workloads/workload.js";

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    console.log(helpLines("npm run bench -- [options]", WORKLOADS).join("\n"));
    return 0;
  }
  return printTable({
    title: `Disheap bench: 3 nodes, rf ${REPLICAS}, payload ${PAYLOAD_BYTES} B, client and nodes on one machine:`,
    workloads: pick(WORKLOADS, options.workloads),
    rules: RATIOS,
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
