// Parts of a node's status that several views need.

import type { GroupStatus, NodeStatus } from "@disheap/core";

/** The group that knows all topics; undefined until the store is read. */
export function metaGroup(status: NodeStatus): GroupStatus | undefined {
  return status.groups.find((group) => group.group === 0);
}

export function addressOf(status: NodeStatus, name: string): string {
  return status.members.find((member) => member.name === name)?.address ?? "";
}

/** Why a group stopped, as a reader takes it who does not know the rules: the sentence, then which rule it cites. */
export function toldReason(reason: string): string {
  const [, rule, sentence] = /^([A-Z]+-?\d+): (.+)$/s.exec(reason) ?? [];
  return rule === undefined || sentence === undefined ? reason : `${sentence} [${rule}]`;
}

/** "jobs, partition 2", or what the meta group is to a reader who knows of no groups. */
export function nameOf({ topic, partition }: GroupStatus): string {
  return topic === undefined ? "the list of topics" : `${topic}, partition ${String(partition)}`;
}
