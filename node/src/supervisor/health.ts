// Asks the nodes over HTTP whether they are well, and whether every topic is served.

import { isAboutLeaders, type HealthView } from "../http/health.js";
import type { NodeSpec } from "./options.js";
import { findLeaderless, type RaftAnswer } from "./serving.js";

const ASK_MAX_MS = 1_000;

/** The node's own words, or undefined when it does not answer. */
export function askHealth(node: NodeSpec): Promise<HealthView | undefined> {
  return ask<HealthView>(node, "/health");
}

async function ask<Answer>(node: NodeSpec, path: string): Promise<Answer | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${String(node.ports.http)}${path}`, {
      signal: AbortSignal.timeout(ASK_MAX_MS),
    });
    return (await response.json()) as Answer;
  } catch {
    // Not listening yet, or too busy: asked again by the caller.
    return undefined;
  }
}

/** A node that is not well, in words. */
export interface Unwell {
  readonly node: NodeSpec;
  readonly isAnswering: boolean;
  readonly why: string;
}

export interface ClusterHealth {
  /** Name of the meta group's leader, when exactly one node says it is. */
  readonly leader: string | undefined;
  readonly unwell: readonly Unwell[];
  /** Partitions without a leader among the nodes that answer. */
  readonly leaderless: readonly string[];
}

export async function askCluster(nodes: readonly NodeSpec[]): Promise<ClusterHealth> {
  const answers = await Promise.all(
    nodes.map(async (node) => ({ node, health: await askHealth(node) })),
  );
  const leaders = answers.filter(({ health }) => health?.is_leader === true);
  const unwell = answers.flatMap(({ node, health }) => {
    if (health?.healthy === true) return [];
    return { node, isAnswering: health !== undefined, why: health?.status ?? "does not answer" };
  });
  const answering = answers.flatMap(({ node, health }) => (health === undefined ? [] : node));
  const rafts = await Promise.all(
    answering.map((node) => ask<Partial<RaftAnswer>>(node, "/raft/status")),
  );
  const known = rafts.map((raft) => ({ node_id: raft?.node_id ?? "", groups: raft?.groups ?? [] }));
  return {
    leader: leaders.length === 1 ? leaders[0]?.node.name : undefined,
    unwell,
    leaderless: findLeaderless(known, false),
  };
}

/** What a start waits for, such as "n3 (starting)" or "the leader of jobs, partition 2". */
export function waitsFor({ leader, unwell, leaderless }: ClusterHealth): string[] {
  // A node that waits for a leader, and the leader, are one thing to wait for.
  const others = unwell.filter(({ why }) => leaderless.length === 0 || !isAboutLeaders(why));
  return [
    ...others.map(({ node, why }) => `${node.name} (${why})`),
    ...(leader === undefined ? ["a leader of the cluster"] : []),
    ...leaderless.map((partition) => `the leader of ${partition}`),
  ];
}
