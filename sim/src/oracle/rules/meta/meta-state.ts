// R4 for the meta group: after the same entry every node knows the same topics, with the same settings
// in the same places, whatever the machine's own hash covers. Meta entries are few, so the whole table is
// compared as text. And a group id is given out once (D-10): message ids hold it, and so do the keys of
// logs on disk, which outlive their topic.

import type { EntryView, TopicRecord } from "@disheap/core";
import { RuleBroken, type Rule } from "../../oracle.js";
import { seen, type SeenAt, type Watched } from "../views/watched.js";

interface Table extends SeenAt {
  readonly text: string;
}

export class MetaState implements Rule {
  private world: Watched | undefined;
  /** After entry `index` at place `index - 1`. */
  private readonly tables: Table[] = [];
  /** By group id: the partition that it was given to. */
  private readonly groups = new Map<number, SeenAt & { readonly owner: string }>();

  attach(world: Watched): void {
    this.world = world;
  }

  applied(node: number, group: number, { index }: EntryView): void {
    const machine = this.world?.host(node)?.context.groups.get(group)?.machine;
    if (machine?.kind !== "cluster") return;
    const now = { atUs: this.world?.queue.nowUs ?? 0, node, text: textOf(machine.cluster.topics) };
    const first = this.tables.at(index - 1);
    if (!first) {
      this.tables[index - 1] = now;
      for (const record of machine.cluster.topics.values()) this.checkGroups(record, now);
      return;
    }
    if (first.text === now.text) return;
    throw new RuleBroken({
      rule: "R4",
      message: `after entry ${index} of the meta group n${first.node} and n${node} know other topics`,
      first: seen(first, first.text),
      second: seen(now, now.text),
      about: "group 0:",
    });
  }

  private checkGroups({ topic, partitions }: TopicRecord, now: SeenAt): void {
    for (const { group, partition, incarnation } of partitions) {
      const owner = `partition ${partition} of topic "${topic}", made by entry ${incarnation}`;
      const first = this.groups.get(group);
      if (!first) this.groups.set(group, { ...now, owner });
      else if (first.owner !== owner) {
        throw new RuleBroken({
          rule: "R4",
          message: `group id ${group} was given out twice: to ${first.owner}, and to ${owner}`,
          first: seen(first, first.owner),
          second: seen(now, owner),
          about: "group 0:",
        });
      }
    }
  }
}

/** Sorted by name: a restored table may have another order. */
function textOf(topics: ReadonlyMap<string, TopicRecord>): string {
  const names = [...topics.keys()].sort((a, b) => (a < b ? -1 : 1));
  return JSON.stringify(names.map((name) => topics.get(name)));
}
