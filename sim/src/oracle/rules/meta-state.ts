// R4 for the meta group: after the same entry every node knows the same topics, with the same settings
// in the same places, whatever the machine's own hash covers. Meta entries are few, so the whole table is
// compared as text.

import type { EntryView, TopicRecord } from "@disheap/core";
import { RuleBroken, type Rule } from "../oracle.js";
import { seen, type SeenAt, type Watched } from "./watched.js";

interface Table extends SeenAt {
  readonly text: string;
}

export class MetaState implements Rule {
  private world: Watched | undefined;
  /** After entry `index` at place `index - 1`. */
  private readonly tables: Table[] = [];

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
}

/** Sorted by name: a restored table may have another order. */
function textOf(topics: ReadonlyMap<string, TopicRecord>): string {
  const names = [...topics.keys()].sort((a, b) => (a < b ? -1 : 1));
  return JSON.stringify(names.map((name) => topics.get(name)));
}
