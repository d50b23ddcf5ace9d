// Which partitions nobody serves, from what nodes say of their Raft groups at /raft/status.

/** The part of a node's answer that counts here. */
export interface RaftAnswer {
  readonly node_id: string;
  readonly groups: readonly RaftGroup[];
}

export interface RaftGroup {
  readonly topic?: string | undefined;
  readonly partition?: number | undefined;
  readonly state: string;
  /** Whom this node takes for the leader; empty when it knows none. */
  readonly leader?: string | undefined;
}

/**
 * "TOPIC, partition N" for each partition without a leader. `mayLeadElsewhere`: there may be healthy nodes
 * beside those that answered, so a leader that others name counts also when it was not asked.
 */
export function findLeaderless(
  answers: readonly RaftAnswer[],
  mayLeadElsewhere: boolean,
): string[] {
  const names = new Set(answers.map((answer) => answer.node_id));
  const isServed = new Map<string, boolean>();
  for (const { topic, partition, state, leader = "" } of answers.flatMap(({ groups }) => groups)) {
    if (topic === undefined) continue;
    const isElsewhere = mayLeadElsewhere && leader !== "" && !names.has(leader);
    const name = `${topic}, partition ${String(partition ?? "?")}`;
    isServed.set(name, isServed.get(name) === true || state === "Leader" || isElsewhere);
  }
  return [...isServed].flatMap(([name, serves]) => (serves ? [] : name)).sort();
}
