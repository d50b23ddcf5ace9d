// Counts what the parts of a node hold.

import type { Sessions } from "../session/sessions.js";
import type { Streams } from "../edge/streams/streams.js";
import type { Operations } from "../edge/requests/operations.js";
import type { Census } from "../member/census.js";
import type { HostContext } from "../member/context.js";
import type { Replica } from "../member/replica.js";
import type { LogReads } from "../store/log-reads.js";
import type { Applier } from "./apply.js";

export function censusOf(parts: {
  readonly context: HostContext;
  readonly streams: Streams;
  readonly sessions: Sessions;
  readonly operations: Operations;
  readonly reads: LogReads;
  readonly applier: Applier;
}): Census {
  const { context, streams, sessions, operations, reads, applier } = parts;
  const replicas = [...context.groups.values()];
  const sum = (count: (replica: Replica) => number): number =>
    replicas.reduce((total, replica) => total + count(replica), 0);
  return {
    groups: replicas.length,
    touched: context.touched.size,
    due: context.due.size,
    standing: sum((replica) => replica.standing.size),
    interests: sum((replica) => replica.interests.size),
    queued: sum((replica) => replica.queue.length),
    proposed: sum((replica) => replica.proposed.size),
    reads: sum(({ reads, confirmedReads }) => reads.size + confirmedReads.length),
    digests: sum((replica) => replica.digests.length),
    streams: streams.heldCount,
    handled: streams.handledCount,
    sessions: sessions.heldCount,
    requests: operations.size,
    hints: operations.router.hintCount,
    logReads: reads.size + applier.fetchedCount,
  };
}
