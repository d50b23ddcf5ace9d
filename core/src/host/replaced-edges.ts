// Leases of an edge's earlier incarnation are shortened by their leader (D-24).

import type { HostContext } from "../member/context.js";
import type { Replica } from "../member/replica.js";
import { encodeIntent } from "../wire/intents.js";

/** Where this node leads the partition `replica`: edges that came back meanwhile are named in its log. */
export function replaceEdges(
  context: HostContext,
  replica: Replica,
  incarnationOf: (edge: number) => number,
): void {
  if (!replica.isServing || replica.machine.kind !== "partition") return;
  const { partition } = replica.machine;
  for (const edge of context.members) {
    const held = partition.streams.incarnationOf(edge);
    const edgeIncarnation = incarnationOf(edge);
    if (held === 0 || held >= edgeIncarnation) continue;
    const graceMs = context.config.defaults.disconnectGraceMs;
    const intent = encodeIntent({ kind: "edge.replaced", edge, edgeIncarnation, graceMs });
    replica.queue.push({ intent, origin: { type: "none" }, isEnqueue: false, rows: 1, leases: 0 });
    context.touched.add(replica);
  }
}
