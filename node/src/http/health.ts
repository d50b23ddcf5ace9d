// What a node says of its own state, from the weakest claim to the strongest: /live, its loop runs; /health,
// it knows a leader for each of its groups (contract section 16); /ready, it has also applied what was
// committed when it started. Whoever is told no is told what the node waits for.

import type { GroupStatus, NodeStatus } from "@disheap/core";
import type { CatchUp } from "./catch-up.js";
import { addressOf, metaGroup, nameOf, toldReason } from "./status-parts.js";

export interface HealthView {
  readonly healthy: boolean;
  readonly is_leader: boolean;
  /** Peer address of the meta group's leader; empty when unknown. */
  readonly leader: string;
  /** "ok", or what the node waits for. */
  readonly status: string;
}

interface ReadyView {
  readonly ready: boolean;
  readonly status: string;
}

/** So many groups are named in a sentence. */
const NAMED_MAX = 3;
const OF_LEADERS = "waits for the leader of ";

export function healthView(status: NodeStatus, catchUp: CatchUp, isStopping: boolean): HealthView {
  const meta = metaGroup(status);
  const waits = isStopping ? "stopping" : explained(healthProblem(status, catchUp), status);
  return {
    healthy: waits === undefined,
    is_leader: meta?.role === "leader" && !isStopping,
    leader: addressOf(status, meta?.leader ?? ""),
    status: waits ?? "ok",
  };
}

export function readyView(status: NodeStatus, catchUp: CatchUp, isStopping: boolean): ReadyView {
  // Asked in any case: a group that is there now need not be looked at again.
  const missing = catchUp.missing(status);
  const { healthy, status: waits } = healthView(status, catchUp, isStopping);
  if (!healthy) return { ready: false, status: waits };
  if (missing.length === 0) return { ready: true, status: "ok" };
  const names = named(missing, (group) => `${nameOf(group)} (${appliedOf(group)})`);
  return { ready: false, status: `applies what was committed before its start: ${names}` };
}

/** Whether a node that says this waits for nothing but leaders. */
export function isAboutLeaders(status: string): boolean {
  return status.startsWith(OF_LEADERS);
}

/** Who waits while links are refused does not wait for time to pass: what to do is said there. */
function explained(waits: string | undefined, { refusals }: NodeStatus): string | undefined {
  return waits === undefined ? undefined : [waits, ...refusals].join("; ");
}

function healthProblem(status: NodeStatus, catchUp: CatchUp): string | undefined {
  const meta = metaGroup(status);
  if (!status.isReady || meta === undefined) {
    return `starting: ${status.waitsFor ?? "its store is being read"}`;
  }
  // One whose machine alone stopped goes on voting: its role does not tell (D-89).
  const stopped = status.groups.filter(
    ({ role, stoppedBecause }) => role === "stopped" || stoppedBecause !== undefined,
  );
  if (stopped.length > 0) return `has stopped ${named(stopped, withReason)}; its log says why`;
  const leaderless = status.groups.filter(({ leader }) => leader === "");
  if (leaderless.length > 0) return OF_LEADERS + named(leaderless, nameOf);
  if (catchUp.hasTopics(status)) return undefined;
  return `starting: it reads which topics there are (${appliedOf(meta)})`;
}

function withReason(group: GroupStatus): string {
  const { stoppedBecause } = group;
  return stoppedBecause === undefined
    ? nameOf(group)
    : `${nameOf(group)} (${toldReason(stoppedBecause)})`;
}

function appliedOf({ appliedIndex, lastIndex }: GroupStatus): string {
  return `entry ${String(appliedIndex)} of ${String(lastIndex)}`;
}

function named(groups: readonly GroupStatus[], say: (group: GroupStatus) => string): string {
  const first = groups.slice(0, NAMED_MAX).map(say).join("; ");
  const more = groups.length - NAMED_MAX;
  return more > 0 ? `${first}; and ${String(more)} more` : first;
}
