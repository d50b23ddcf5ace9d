// disheap cluster status: asks every node over HTTP, because a node without a leader still answers there.
import type { Command } from "commander";
import { type ExitCode, exitCodes } from "../exit-codes.js";
import { askNode } from "../node-http.js";
import type { Shell } from "../shell.js";
import { clusterTable, summarize } from "./cluster-view.js";

const help = `
LEADS counts the partitions a node leads, of those it holds. The cluster is up when every partition of every
topic has a leader. The command fails with 1 while it waits for anything (a node that does not answer or is
not healthy, a leader), with 3 when no node answers. A node has 2 s to answer, or as long as --timeout says.

Examples:
  $ disheap cluster status
  $ disheap cluster status --http 10.0.0.1:8080,10.0.0.2:8080 -o json`;

/** Who is well answers far sooner; one that is frozen would be waited for. */
const answerMsMax = 2_000;

export function registerCluster(program: Command, shell: Shell): void {
  const cluster = program.command("cluster").description("look at the cluster");
  cluster
    .command("status")
    .description("ask every node for its part in the cluster")
    .addHelpText("after", help)
    .action(async (_options: unknown, command: Command) => {
      shell.exitCode = await status(shell, command);
    });
}

async function status(shell: Shell, command: Command): Promise<ExitCode> {
  const addresses = shell.httpAddresses(command);
  const timeoutMs = shell.timeoutMs(command, answerMsMax);
  const answers = await Promise.all(addresses.map((address) => askNode(address, timeoutMs)));
  const { isHealthy, leader, waitsFor, sentences } = summarize(answers);
  const nodes = answers.map((answer) => ({
    address: answer.address,
    ...(answer.isReached
      ? { reachable: true, health: answer.health, raft: answer.raft }
      : { reachable: false, error: answer.reason }),
  }));
  await shell.print(
    command,
    { healthy: isHealthy, leader: leader ?? null, waits_for: waitsFor, nodes },
    () => `${clusterTable(answers, shell.paint)}\n${sentences.join("\n")}\n`,
  );
  if (answers.every((answer) => !answer.isReached)) return exitCodes.unreachable;
  return isHealthy ? exitCodes.ok : exitCodes.failure;
}
