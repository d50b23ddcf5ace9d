// Which faults a plan holds. The seed first decides which kinds exist at all, then places windows of
// them; quiet stretches remain because windows are short beside the run.

import type { PlanDraws } from "./plan-draws.js";
import type { FaultPlan, TopicPlan } from "./plan.js";

interface Scope {
  readonly nodes: number;
  readonly durationMs: number;
  readonly hash: number;
  readonly topics: readonly TopicPlan[];
}

type Make = (
  draws: PlanDraws,
  scope: Scope,
  window: { atMs: number; untilMs: number },
) => FaultPlan | readonly FaultPlan[];

/** Kinds that a swarm turns on or off, with how many windows of each at most. */
const KINDS: readonly {
  readonly name: string;
  readonly most: number;
  /** How many seeds have the kind; half of them when not given. */
  readonly perMillion?: number;
  readonly make: Make;
}[] = [
  { name: "loss", most: 4, make: rate("net.loss") },
  { name: "duplicate", most: 4, make: rate("net.duplicate") },
  { name: "delay", most: 4, make: rate("net.delay") },
  { name: "partition", most: 3, make: partition },
  { name: "oneway", most: 3, make: link("net.oneway") },
  { name: "clog", most: 3, make: link("net.clog") },
  { name: "reset", most: 6, make: reset },
  { name: "stall", most: 3, make: stall },
  { name: "crash", most: 5, make: crash },
  { name: "crashAll", most: 1, make: crashAll },
  { name: "damage", most: 1, make: damage },
  { name: "pause", most: 3, make: pause },
  { name: "skew", most: 2, make: clock("clock.skew") },
  { name: "jump", most: 3, make: clock("clock.jump") },
  { name: "rejoin", most: 2, perMillion: 250_000, make: rejoin },
  { name: "foreign", most: 3, perMillion: 150_000, make: foreign },
  { name: "early", most: 2, perMillion: 200_000, make: early },
  { name: "wipe", most: 1, perMillion: 200_000, make: wipe },
  { name: "unfinished", most: 1, perMillion: 100_000, make: unfinished },
  { name: "copy", most: 1, perMillion: 80_000, make: copy },
  { name: "lateDeletion", most: 3, perMillion: 150_000, make: lateDeletion },
  { name: "forged", most: 3, perMillion: 200_000, make: forged },
  { name: "majorityJump", most: 1, perMillion: 120_000, make: majorityJump },
];

export function expandFaults(draws: PlanDraws, scope: Scope): FaultPlan[] {
  const faults: FaultPlan[] = [];
  for (const { name, most, perMillion, make } of KINDS) {
    if (!draws.chance(`has.${name}`, perMillion ?? 500_000)) continue;
    const count = draws.between(`count.${name}`, 1, most);
    for (let i = 0; i < count; i += 1) {
      const atMs = draws.between(`at.${name}`, 1_000, scope.durationMs - 6_000);
      const lengthMs = draws.between(`for.${name}`, 200, 9_000);
      const window = { atMs, untilMs: Math.min(scope.durationMs, atMs + lengthMs) };
      faults.push(...[make(draws, scope, window)].flat());
    }
  }
  return withQuietCopies(faults).sort((a, b) => a.atMs - b.atMs);
}

/**
 * A copy is drawn only while its original answers (D-88): whatever would disturb that goes. It is met within
 * the first second or two.
 */
function withQuietCopies(faults: readonly FaultPlan[]): FaultPlan[] {
  const copy = faults.find(({ kind }) => kind === "proc.copy");
  if (!copy) return [...faults];
  const [fromMs, toMs] = [copy.atMs - 3_000, copy.atMs + 6_000];
  return faults.filter((fault) => {
    if (fault === copy || fault.kind.startsWith("clock.")) return true;
    const endMs = "untilMs" in fault ? fault.untilMs : fault.atMs;
    const backMs = "downMs" in fault ? fault.atMs + fault.downMs + 1_000 : endMs;
    return fault.kind !== "proc.copy" && (backMs + 5_000 < fromMs || fault.atMs > toMs);
  });
}

function copy(draws: PlanDraws, scope: Scope, window: { atMs: number }): FaultPlan {
  return { kind: "proc.copy", atMs: window.atMs, node: draws.between("copy.node", 1, scope.nodes) };
}

function foreign(draws: PlanDraws, scope: Scope, window: { readonly atMs: number }): FaultPlan {
  const what = draws.pick("foreign.what", ["unknown", "cut-short", "misplaced"] as const);
  return {
    kind: "peer.foreign",
    atMs: window.atMs,
    node: draws.between("foreign.node", 1, scope.nodes),
    topic: draws.chance("foreign.meta", 200_000)
      ? undefined
      : draws.pick("foreign.topic", scope.topics).topic,
    what: draws.chance("foreign.begins", 300_000) ? "begins" : what,
  };
}

/** The word of a node long cut off: close, or remove, the topic that had this name before. */
function lateDeletion(
  draws: PlanDraws,
  scope: Scope,
  window: { readonly atMs: number },
): FaultPlan {
  return {
    kind: "peer.foreign",
    atMs: window.atMs,
    node: draws.between("lateDeletion.node", 1, scope.nodes),
    topic: draws.pick("lateDeletion.topic", scope.topics).topic,
    what: draws.chance("lateDeletion.closes", 500_000) ? "late-closing" : "late-deletion",
  };
}

/** A node asks a partition's leader for what only that leader makes, or for what another node may ask (D-89). */
function forged(draws: PlanDraws, scope: Scope, window: { readonly atMs: number }): FaultPlan {
  return {
    kind: "peer.foreign",
    atMs: window.atMs,
    node: draws.between("forged.node", 1, scope.nodes),
    topic: draws.pick("forged.topic", scope.topics).topic,
    what: draws.pick("forged.what", ["grants", "replaces", "closes"] as const),
  };
}

function pair(draws: PlanDraws, nodes: number): { from: number; to: number } {
  const from = draws.between("fault.from", 1, nodes);
  const step = draws.between("fault.to", 1, nodes - 1);
  return { from, to: ((from - 1 + step) % nodes) + 1 };
}

function rate(kind: "net.loss" | "net.duplicate" | "net.delay"): Make {
  return (draws, scope, window) => ({
    kind,
    ...window,
    ...pair(draws, scope.nodes),
    perMillion: draws.between("fault.rate", 10_000, kind === "net.duplicate" ? 500_000 : 300_000),
    meanUs: draws.pick("fault.mean", [1_000, 20_000, 200_000]),
  });
}

function link(kind: "net.oneway" | "net.clog"): Make {
  return (draws, scope, window) => ({ kind, ...window, ...pair(draws, scope.nodes) });
}

function partition(
  draws: PlanDraws,
  scope: Scope,
  window: { atMs: number; untilMs: number },
): FaultPlan {
  const size = draws.between("partition.size", 1, Math.floor(scope.nodes / 2) + 1);
  const start = draws.between("partition.start", 0, scope.nodes - 1);
  const side: number[] = [];
  for (let i = 0; i < size; i += 1) side.push(((start + i) % scope.nodes) + 1);
  return { kind: "net.partition", ...window, side };
}

function reset(draws: PlanDraws, scope: Scope, window: { atMs: number }): FaultPlan {
  return { kind: "net.reset", atMs: window.atMs, ...pair(draws, scope.nodes) };
}

function stall(
  draws: PlanDraws,
  scope: Scope,
  window: { atMs: number; untilMs: number },
): FaultPlan {
  return { kind: "disk.stall", ...window, node: draws.between("fault.node", 1, scope.nodes) };
}

const BOUNDARIES = ["now", "write.submitted", "write.durable", "write.completed"] as const;

function crash(draws: PlanDraws, scope: Scope, window: { atMs: number }): FaultPlan {
  return {
    kind: "proc.crash",
    atMs: window.atMs,
    downMs: draws.between("fault.down", 50, 6_000),
    nodes: [draws.between("fault.node", 1, scope.nodes)],
    boundary: draws.pick("fault.boundary", BOUNDARIES),
    damage: "none",
  };
}

function crashAll(draws: PlanDraws, scope: Scope, window: { atMs: number }): FaultPlan {
  return {
    kind: "proc.crash",
    atMs: window.atMs,
    downMs: draws.between("fault.down", 50, 3_000),
    nodes: Array.from({ length: scope.nodes }, (_, i) => i + 1),
    boundary: draws.pick("fault.boundary", BOUNDARIES),
    damage: "none",
  };
}

function damage(draws: PlanDraws, scope: Scope, window: { atMs: number }): FaultPlan {
  return {
    kind: "proc.crash",
    atMs: window.atMs,
    downMs: draws.between("fault.down", 50, 3_000),
    nodes: [draws.between("fault.node", 1, scope.nodes)],
    boundary: "now",
    damage: draws.pick("fault.damage", ["disk.dropped", "disk.revert"] as const),
  };
}

/** A process dies while the cluster forms, at a boundary of its disk or at any moment. */
function early(draws: PlanDraws, scope: Scope): FaultPlan {
  return {
    kind: "proc.crash",
    atMs: draws.between("early.at", 20, 1_200),
    downMs: draws.between("early.down", 50, 3_000),
    nodes: [draws.between("early.node", 1, scope.nodes)],
    boundary: draws.pick("early.boundary", BOUNDARIES),
    damage: "none",
  };
}

/**
 * The minter dies when a record is synced, early enough for that of the cluster to be it. While it is down one
 * member is emptied and one of those after it dies for long: so the minter that comes back hears the emptied one
 * while it has not heard everybody (D-88).
 */
function unfinished(draws: PlanDraws, scope: Scope): readonly FaultPlan[] {
  const atMs = draws.between("unfinished.at", 110, 320);
  const emptied = draws.between("unfinished.emptied", 2, Math.max(2, scope.nodes - 1));
  const late = draws.between("unfinished.late", Math.min(emptied + 1, scope.nodes), scope.nodes);
  const now = { kind: "proc.crash", boundary: "now", atMs: atMs + 1_050 } as const;
  return [
    {
      kind: "proc.crash",
      atMs,
      downMs: draws.between("unfinished.minter", 1_300, 2_000),
      nodes: [1],
      boundary: "identity.durable",
      damage: "none",
    },
    { ...now, downMs: 100, nodes: [emptied], damage: "disk.wiped" },
    {
      ...now,
      downMs: draws.between("unfinished.down", 2_500, 4_000),
      nodes: [late],
      damage: "none",
    },
  ];
}

/** Someone empties a node's data directory, and starts it again (D-88): in the first second, or later. */
function wipe(draws: PlanDraws, scope: Scope, window: { atMs: number }): FaultPlan {
  const isEarly = draws.chance("wipe.early", 400_000);
  return {
    kind: "proc.crash",
    atMs: isEarly ? draws.between("wipe.at", 50, 1_000) : window.atMs,
    downMs: draws.between("wipe.down", 50, 3_000),
    nodes: [draws.between("wipe.node", 1, scope.nodes)],
    boundary: "now",
    damage: "disk.wiped",
  };
}

function pause(
  draws: PlanDraws,
  scope: Scope,
  window: { atMs: number; untilMs: number },
): FaultPlan {
  return { kind: "proc.pause", ...window, node: draws.between("fault.node", 1, scope.nodes) };
}

/**
 * A node is cut off with what it leads, for long enough that others take over; it comes back with a tail
 * that nobody else has. Then it dies soon, with the tail just cut off (D-28), or one of the others is dead
 * already, so that the longer log and the better one meet in an election (raft-A5).
 */
function rejoin(draws: PlanDraws, scope: Scope, window: { atMs: number }): readonly FaultPlan[] {
  const node = draws.between("rejoin.node", 1, scope.nodes);
  const other = ((node - 1 + draws.between("rejoin.other", 1, scope.nodes - 1)) % scope.nodes) + 1;
  const lengthMs = draws.between("rejoin.for", 4_500, 6_000);
  const untilMs = Math.min(window.atMs + lengthMs, scope.durationMs - 2_000);
  const isSelf = draws.chance("rejoin.self", 500_000);
  const crash = {
    kind: "proc.crash",
    atMs: isSelf
      ? untilMs + draws.between("rejoin.after", 20, 1_500)
      : untilMs - draws.between("rejoin.before", 1, 300),
    downMs: isSelf ? 50 : 5_000,
    nodes: [isSelf ? node : other],
    boundary: "now",
    damage: "none",
  } as const;
  return [{ kind: "net.partition", atMs: window.atMs, untilMs, side: [node] }, crash];
}

/** No bound on the size, but only on a minority of each group's voters (D-20). */
function clock(kind: "clock.skew" | "clock.jump"): Make {
  return (draws, scope, window) => {
    const smallest = Math.min(scope.nodes, ...scope.topics.map((t) => t.replicationFactor));
    const minority = Math.floor((smallest - 1) / 2);
    const start = scope.hash % scope.nodes;
    const node = ((start + draws.between("clock.node", 0, minority - 1)) % scope.nodes) + 1;
    const size = draws.pick("clock.size", [50, 5_000, 3_600_000, 90_000_000]);
    const isBack = draws.chance("clock.back", 500_000);
    const atMs = kind === "clock.skew" ? 0 : window.atMs;
    return { kind, atMs, node, offsetMs: isBack ? -size : size };
  };
}

/**
 * A majority of clocks jumps together: group time follows, so expiry and delays come early (D-20). Below
 * a day, so that no dedup window ends and every other rule stays in force.
 */
function majorityJump(
  draws: PlanDraws,
  scope: Scope,
  window: { atMs: number },
): readonly FaultPlan[] {
  const offsetMs = draws.pick("majority.size", [2_000, 60_000, 3_600_000]);
  const isBack = draws.chance("majority.back", 300_000);
  const count = Math.floor(scope.nodes / 2) + 1;
  return Array.from({ length: count }, (_, i) => ({
    kind: "clock.jump",
    atMs: window.atMs,
    node: i + 1,
    offsetMs: isBack ? -offsetMs : offsetMs,
  }));
}
