// Asks the nodes over HTTP whether they are well.

import type { HealthView } from "../http/views.js";
import type { NodeSpec } from "./options.js";

const ASK_MAX_MS = 1_000;

/** The node's own words, or undefined when it does not answer. */
export async function askHealth(node: NodeSpec): Promise<HealthView | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${String(node.ports.http)}/health`, {
      signal: AbortSignal.timeout(ASK_MAX_MS),
    });
    return (await response.json()) as HealthView;
  } catch {
    // Not listening yet, or too busy: asked again by the caller.
    return undefined;
  }
}

export interface ClusterHealth {
  readonly isHealthy: boolean;
  /** Name of the meta group's leader, when exactly one node says it is. */
  readonly leader: string | undefined;
  readonly unwell: readonly string[];
}

export async function askCluster(nodes: readonly NodeSpec[]): Promise<ClusterHealth> {
  const answers = await Promise.all(nodes.map((node) => askHealth(node)));
  const names = nodes.map((node) => node.name);
  const leaders = names.filter((_, position) => answers[position]?.is_leader === true);
  const unwell = names.filter((_, position) => answers[position]?.healthy !== true);
  return {
    isHealthy: unwell.length === 0 && leaders.length === 1,
    leader: leaders.length === 1 ? leaders[0] : undefined,
    unwell,
  };
}
