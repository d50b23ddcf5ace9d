// What the answers of all nodes say together, as sentences and as a table.
import { isAboutLeaders } from "../../http/health.js";
import { findLeaderless } from "../../supervisor/serving.js";
import type { NodeAnswer, RaftStatus } from "../node-http.js";
import { type Cell, renderTable } from "../table.js";
import type { Paint } from "../terminal.js";

interface ClusterSummary {
  isHealthy: boolean;
  leader: string | undefined;
  /** Nodes that are not well, and partitions without a leader. */
  waitsFor: string[];
  sentences: string[];
}

const again = "An election takes a few seconds; look again.";

export function summarize(answers: readonly NodeAnswer[]): ClusterSummary {
  const reached = answers.filter((answer) => answer.isReached);
  const stopped = reached.flatMap((answer) => stoppedGroups(answer.raft));
  const refusals = reached.flatMap(({ raft }) =>
    raft.refusals.map((one) => `${raft.node_id}: ${one}`),
  );
  const isComplete = reached.length === answers.length;
  const rafts = reached.map(({ raft }) => raft);
  const leaderless = findLeaderless(rafts, isComplete).map((one) => `the leader of ${one}`);
  // A node that waits for a leader, and the leader, are one thing to wait for.
  const others = answers.filter((answer) => leaderless.length === 0 || !isLeaderMissed(answer));
  const waiting = [...others.flatMap(unwell), ...leaderless];
  const unhealthy = (sentence: string): ClusterSummary => ({
    isHealthy: false,
    leader: undefined,
    waitsFor: waiting,
    sentences: [sentence, ...stopped, ...refusals],
  });
  if (reached.length === 0) {
    return unhealthy(
      "No node answers. Start the cluster, or give the right addresses with --http.",
    );
  }
  const count = `${reached.length} of ${answers.length} nodes answer`;
  const clusters = new Set(reached.flatMap((answer) => answer.raft.cluster_id ?? []));
  if (clusters.size > 1) {
    return unhealthy(
      `${count}, but they belong to ${clusters.size} clusters: ${[...clusters].join(", ")}.`,
    );
  }
  const leaders = new Set(reached.flatMap(({ raft }) => (raft.is_leader ? raft.node_id : [])));
  if (leaders.size > 1) {
    return unhealthy(`${count}; ${[...leaders].join(" and ")} think they lead. ${again}`);
  }
  // The leader may be a node that was not asked; one of the newest term knows it.
  const newest = reached.reduce((a, b) => (b.raft.term > a.raft.term ? b : a)).raft;
  const leader = [...leaders][0] ?? leaderName(newest);
  if (leader === "") return unhealthy(`${count}; no leader is known. ${again}`);
  const isUp = leaderless.length === 0;
  const state = isUp ? "The cluster is up: every topic is served." : "The cluster is not up.";
  const waits = waiting.length === 0 ? "" : ` It waits for ${waiting.join(", ")}.`;
  return {
    isHealthy: waiting.length === 0 && stopped.length === 0,
    leader,
    waitsFor: waiting,
    sentences: [
      `${count}; ${leader} leads in term ${newest.term}.`,
      ...(stopped.length > 0 && isUp ? [] : [state + waits]),
      ...stopped,
      ...refusals,
    ],
  };
}

function isLeaderMissed(answer: NodeAnswer): boolean {
  return answer.isReached && !answer.health.healthy && isAboutLeaders(answer.health.status ?? "");
}

function unwell(answer: NodeAnswer): string[] {
  if (!answer.isReached) return [`the node at ${answer.address} (${answer.reason})`];
  const { raft, health } = answer;
  if (health.healthy) return [];
  // Refusals have a line of their own.
  const [waits] = (health.status ?? "not healthy").split(`; ${raft.refusals[0] ?? "\n"}`);
  return [`${raft.node_id} (${waits})`];
}

export function clusterTable(answers: readonly NodeAnswer[], paint: Paint): string {
  return renderTable(
    [
      { title: "NODE" },
      { title: "HTTP" },
      { title: "STATE" },
      { title: "TERM", align: "right" },
      { title: "COMMITTED", align: "right" },
      { title: "APPLIED", align: "right" },
      { title: "LEADER" },
      { title: "LEADS", align: "right" },
      { title: "HEALTH" },
    ],
    answers.map(row),
    paint,
  );
}

function row(answer: NodeAnswer): (Cell | string)[] {
  if (!answer.isReached) {
    const unreachable: Cell = { text: "unreachable", style: "red" };
    return ["?", answer.address, unreachable, "", "", "", "", "", answer.reason];
  }
  const { raft, health } = answer;
  return [
    raft.node_id,
    answer.address,
    raft.is_leader ? { text: raft.state, style: "cyan" } : raft.state,
    `${raft.term}`,
    `${raft.commit_index}`,
    `${raft.applied_index}`,
    raft.leader === "" ? { text: "none", style: "red" } : leaderName(raft),
    leads(raft),
    health.healthy ? { text: "ok", style: "green" } : { text: "not healthy", style: "red" },
  ];
}

/** A follower knows its leader by address; people know it by name. */
function leaderName(raft: RaftStatus): string {
  return raft.servers.find((server) => server.address === raft.leader)?.id ?? raft.leader;
}

/** Partitions it leads, of those it holds. */
function leads(raft: RaftStatus): string {
  const partitions = raft.groups.filter((group) => group.topic !== undefined);
  const led = partitions.filter((group) => group.state === "Leader");
  return `${led.length}/${partitions.length}`;
}

/** A sentence for each group that stopped on this node because an invariant broke. */
function stoppedGroups(raft: RaftStatus): string[] {
  return raft.groups.flatMap(({ topic, partition, stopped_because: reason }) => {
    if (reason === undefined) return [];
    const name =
      topic === undefined ? "the meta group" : `${topic}, partition ${partition ?? "?"},`;
    return [`${raft.node_id}: ${name} has stopped: ${reason}`];
  });
}
