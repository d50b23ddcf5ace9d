// A node of another version, or one that forges: it forwards what this version's leaders cannot read or must not
// take. Every voter of the group is asked, so that its leader is among them.

import { encodeIntent, NEWEST_LEVEL, type Intent } from "@disheap/core";
import type { FaultPlan } from "../plan/plan.js";
import type { World } from "../world/world.js";

type Foreign = Extract<FaultPlan, { kind: "peer.foreign" }>;

/** u32 length, then a kind that no version knows. */
const UNKNOWN = Uint8Array.of(1, 0, 0, 0, 250);
/** Far above the numbers that the node's own requests reach in a run. */
const FIRST_REQUEST = 2 ** 40;

/** What the first leader of a group proposes by itself, of a draft that nobody here knows (D-86). */
function beginningOf(topic: string | undefined): Uint8Array {
  const begin = { level: NEWEST_LEVEL.number, draft: NEWEST_LEVEL.draft + 1 };
  if (topic === undefined) return encodeIntent({ kind: "cluster.init", ...begin, members: [1] });
  const settings = {
    mode: "MIN",
    partitions: 1,
    replicationFactor: 3,
    topKBound: 1,
    retentionMs: 0,
    visibilityMs: 1000,
    maxRetries: 0,
    maxPayloadBytes: 1000,
    compression: false,
    dlqEnabled: false,
    dlqRetentionMs: 0,
  } as const;
  return encodeIntent({ kind: "partition.init", ...begin, macKey: new Uint8Array(16), settings });
}

/** Far above what members are numbered by, and what starts are counted to. */
const STRANGER = 99;
const LAST_START = 2 ** 32 - 1;
/** What every edge numbers its first stream. */
const FIRST_STREAM = 1;

/** What a leader makes, or another node may ask for; undefined: something else is asked. */
function forgedBy({ what, node }: Foreign, nodes: number): Intent | undefined {
  const other = (node % nodes) + 1;
  switch (what) {
    case "grants":
      return {
        kind: "grant",
        edge: STRANGER,
        edgeIncarnation: 1,
        stream: 1,
        round: 1,
        n: 1,
        limit: 1,
        visibilityMs: 600_000,
        bound: undefined,
      };
    case "replaces":
      return { kind: "edge.replaced", edge: other, edgeIncarnation: LAST_START, graceMs: 0 };
    case "closes":
      return {
        kind: "stream.close",
        edge: other,
        edgeIncarnation: LAST_START,
        stream: FIRST_STREAM,
        graceMs: 0,
      };
    default:
      return undefined;
  }
}

function intentOf(fault: Foreign, nodes: number): Uint8Array {
  const forged = forgedBy(fault, nodes);
  if (forged) return encodeIntent(forged);
  const { what, topic } = fault;
  if (what === "begins") return beginningOf(topic);
  if (isLate(what)) {
    const kind = what === "late-closing" ? "topic.deleting" : "topic.deleted";
    return encodeIntent({ kind, topic: topic ?? "", firstGroup: NEVER_A_GROUP });
  }
  if (what === "unknown") return UNKNOWN;
  const close = encodeIntent({ kind: "partition.close" });
  if (what === "cut-short") return close.slice(0, -1);
  return topic === undefined
    ? close
    : encodeIntent({ kind: "topic.deleted", topic, firstGroup: 1 });
}

/** Steps of a deletion that name a topic, and are for the meta group. */
function isLate(what: Foreign["what"]): boolean {
  return what === "late-closing" || what === "late-deletion";
}

/** Stands for the first group of a topic that is long gone. */
const NEVER_A_GROUP = 0xffff_fffe;

/** Sends the request; false when the node is not there, or has not heard of the topic. */
export function sendForeign(world: World, fault: Foreign): boolean {
  const context = world.host(fault.node)?.context;
  const meta = context?.groups.get(0);
  if (!context || meta?.machine.kind !== "cluster") return false;
  const place =
    fault.topic === undefined || isLate(fault.what)
      ? { group: 0, voters: meta.raft.voters }
      : meta.machine.cluster.topics.get(fault.topic)?.partitions[0];
  if (!place) return false;
  for (const voter of place.voters) {
    context.send(voter, {
      kind: "request",
      group: place.group,
      edgeIncarnation: context.incarnation,
      requestId: FIRST_REQUEST + fault.atMs,
      attempt: 1,
      isOnce: false,
      action: { type: "propose", intent: intentOf(fault, world.plan.nodes) },
    });
  }
  return true;
}
