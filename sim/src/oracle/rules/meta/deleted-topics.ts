// Q21: a deletion means the very topic that it began with. Its first step closes a topic, its last one removes
// it, and each names that topic by its first group: what comes late, or again, must leave a successor of the
// same name alone (rev-A1, D-89). Judged at the first apply of each entry of the meta group; that all others
// make the same of it is R4's.

import type { EntryView, TopicRecord } from "@disheap/core";
import { RuleBroken, type Rule } from "../../oracle.js";
import { decodeIntents } from "../entries/canon.js";
import { seen, type SeenAt, type Watched } from "../views/watched.js";

interface Known {
  readonly topic: string;
  readonly isDeleting: boolean;
}

export class DeletedTopics implements Rule {
  private world: Watched | undefined;
  /** The newest entry that anybody applied, and the topics after it by their first group. */
  private index = 0;
  private topics: ReadonlyMap<number, Known> = new Map();
  private at: SeenAt = { atUs: 0, node: 0 };

  attach(world: Watched): void {
    this.world = world;
  }

  applied(node: number, group: number, entry: EntryView): void {
    const machine = this.world?.host(node)?.context.groups.get(group)?.machine;
    if (machine?.kind !== "cluster" || entry.index !== this.index + 1) return;
    const now = { atUs: this.world?.queue.nowUs ?? 0, node };
    const after = byFirstGroup(machine.cluster.topics);
    const changes = changesBetween(this.topics, after);
    if (changes.length > 0) this.judge(changes, entry, now);
    this.index = entry.index;
    this.topics = after;
    this.at = now;
  }

  private judge(changes: readonly Change[], entry: EntryView, now: SeenAt): void {
    const intents = decodeIntents(entry);
    for (const { firstGroup, topic, what, step } of changes) {
      const isMeant = intents.some(
        (intent) =>
          intent.kind === step && intent.topic === topic && intent.firstGroup === firstGroup,
      );
      if (isMeant) continue;
      const name = `topic "${topic}" with first group ${firstGroup}`;
      const said = intents.flatMap((intent) =>
        intent.kind === "topic.deleting" || intent.kind === "topic.deleted"
          ? [`${intent.kind} of "${intent.topic}" with first group ${intent.firstGroup}`]
          : [],
      );
      throw new RuleBroken({
        rule: "Q21",
        message: `entry ${entry.index} of the meta group ${what} ${name}, which no deletion in it means`,
        first: seen(this.at, `knows ${name}`),
        second: seen(now, `applied entry ${entry.index}: ${said.join(", ") || "no deletion"}`),
        about: "group 0:",
      });
    }
  }
}

interface Change extends Pick<Known, "topic"> {
  readonly firstGroup: number;
  readonly what: "closes" | "removes" | "opens again";
  /** The step that may do this; none may open a topic again. */
  readonly step: "topic.deleting" | "topic.deleted" | undefined;
}

function changesBetween(
  before: ReadonlyMap<number, Known>,
  after: ReadonlyMap<number, Known>,
): Change[] {
  const changes: Change[] = [];
  for (const [firstGroup, { topic, isDeleting }] of before) {
    const now = after.get(firstGroup);
    if (!now) changes.push({ firstGroup, topic, what: "removes", step: "topic.deleted" });
    else if (now.isDeleting && !isDeleting)
      changes.push({ firstGroup, topic, what: "closes", step: "topic.deleting" });
    else if (isDeleting && !now.isDeleting)
      changes.push({ firstGroup, topic, what: "opens again", step: undefined });
  }
  return changes;
}

/** Records change in place, so what counts is copied. */
function byFirstGroup(topics: ReadonlyMap<string, TopicRecord>): ReadonlyMap<number, Known> {
  const known = new Map<number, Known>();
  for (const { topic, isDeleting, partitions } of topics.values())
    known.set(partitions[0].group, { topic, isDeleting });
  return known;
}
