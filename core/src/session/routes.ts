// Where the leaders are of the partitions that a session uses, told when it changes (D-98).

import type { TopicRecord } from "../cluster/cluster-state.js";
import type { Session } from "./session.js";

/** Whether there is news to tell. A leader that nobody knows is no news. */
export function tellRoutes(
  session: Session,
  findTopic: (topic: string) => TopicRecord | undefined,
  leaderOf: (group: number) => { readonly member: number; readonly name: string },
): boolean {
  for (const { handle, topic, leaders } of session.routed.values()) {
    for (const { partition, group } of findTopic(topic)?.partitions ?? []) {
      const { member, name } = leaderOf(group);
      if (member === 0 || leaders[partition] === member) continue;
      leaders[partition] = member;
      session.routes.push({ topic: handle, partition, node: name });
    }
  }
  return session.routes.length > 0;
}
