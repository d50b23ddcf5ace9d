// disheap cluster status: asks every node over HTTP, because a node without a leader still answers there.
import type { Command } from "commander";
import { type ExitCode, exitCodes } from "../exit-codes.js";
import { askNode, type NodeAnswer, type RaftStatus } from "../node-http.js";
import type { Shell } from "../shell.js";
import { type Cell, renderTable } from "../table.js";

const help = `
It fails with 1 when a node does not answer or is not healthy, with 3 when none answers.

Examples:
  $ disheap cluster status
  $ disheap cluster status --http 10.0.0.1:8080,10.0.0.2:8080 -o json`;

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
  const timeoutMs = Math.min(2_000, shell.timeoutMs(command));
  const answers = await Promise.all(addresses.map((address) => askNode(address, timeoutMs)));
  const summary = summarize(answers);
  const nodes = answers.map((answer) => ({
    address: answer.address,
    ...(answer.isReached
      ? { reachable: true, health: answer.health, raft: answer.raft }
      : { reachable: false, error: answer.reason }),
  }));
  const plain = { healthy: summary.isHealthy, leader: summary.leader ?? null, nodes };
  shell.print(command, plain, () => table(answers, shell) + `\n${summary.sentence}\n`);
  if (answers.every((answer) => !answer.isReached)) return exitCodes.unreachable;
  return summary.isHealthy ? exitCodes.ok : exitCodes.failure;
}

interface Summary {
  isHealthy: boolean;
  leader: string | undefined;
  sentence: string;
}

function summarize(answers: readonly NodeAnswer[]): Summary {
  const reached = answers.filter((answer) => answer.isReached);
  const leaders = reached.filter((answer) => answer.raft.is_leader);
  const count = `${reached.length} of ${answers.length} nodes answer`;
  if (reached.length === 0) {
    const hint = "Start the cluster, or give the right addresses with --http.";
    return { isHealthy: false, leader: undefined, sentence: `No node answers. ${hint}` };
  }
  const [leader] = leaders;
  if (leader === undefined || leaders.length > 1) {
    const state = leader === undefined ? "none of them leads" : "several think they lead";
    const sentence = `${count}; ${state}. An election takes a few seconds; look again.`;
    return { isHealthy: false, leader: undefined, sentence };
  }
  const isHealthy =
    reached.length === answers.length && reached.every((answer) => answer.health.healthy);
  const { node_id, term } = leader.raft;
  return { isHealthy, leader: node_id, sentence: `${count}; ${node_id} leads in term ${term}.` };
}

function table(answers: readonly NodeAnswer[], shell: Shell): string {
  return renderTable(
    [
      { title: "NODE" },
      { title: "HTTP" },
      { title: "STATE" },
      { title: "TERM", align: "right" },
      { title: "COMMITTED", align: "right" },
      { title: "APPLIED", align: "right" },
      { title: "LEADER" },
      { title: "HEALTH" },
    ],
    answers.map((answer) =>
      answer.isReached
        ? row(answer.address, answer.raft, answer.health.healthy)
        : [
            "?",
            answer.address,
            { text: "unreachable", style: "red" },
            "",
            "",
            "",
            "",
            answer.reason,
          ],
    ),
    shell.paint,
  );
}

function row(address: string, raft: RaftStatus, isHealthy: boolean): (Cell | string)[] {
  return [
    raft.node_id,
    address,
    raft.is_leader ? { text: raft.state, style: "cyan" } : raft.state,
    `${raft.term}`,
    `${raft.commit_index}`,
    `${raft.applied_index}`,
    raft.leader === "" ? { text: "none", style: "red" } : raft.leader,
    isHealthy ? { text: "ok", style: "green" } : { text: "not healthy", style: "red" },
  ];
}
