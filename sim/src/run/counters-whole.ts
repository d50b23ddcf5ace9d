// L8: with a leader everywhere, Stats through every node counts every partition and calls each healthy. What
// may be left out while a partition has no leader may not be left out for good.

import type { ClientResult } from "@disheap/core";
import type { ClientHub } from "../workload/client-hub.js";

export class CountersWhole {
  private readonly hub: ClientHub;
  /** By node: what it said last; asked again until that is right. */
  private readonly problems = new Map<number, string | undefined>();
  private readonly asked = new Set<number>();

  constructor(hub: ClientHub) {
    this.hub = hub;
  }

  problem(): string | undefined {
    let found: string | undefined;
    for (const { number, process } of this.hub.world.nodes) {
      if (!process) continue;
      const isRight = this.problems.has(number) && this.problems.get(number) === undefined;
      if (isRight) continue;
      if (!this.asked.has(number)) this.ask(number);
      found ??= this.problems.get(number) ?? `n${number} has not answered Stats`;
    }
    return found;
  }

  private ask(node: number): void {
    this.asked.add(node);
    this.hub.request(node, { op: "stats" }, (result) => {
      this.asked.delete(node);
      this.problems.set(node, problemOf(node, result));
    });
  }
}

function problemOf(node: number, result: ClientResult | undefined): string | undefined {
  if (!result) return `n${node} was gone before it answered Stats`;
  if (!result.ok) return `Stats through n${node} fails: ${result.failure.message}`;
  if (result.op !== "stats") return `n${node} answers Stats with ${result.op}`;
  for (const [topic, { partitions }] of result.topics) {
    const sick = partitions.find((p) => !p.isHealthy);
    if (!sick) continue;
    return `Stats through n${node} leaves partition ${sick.partitionId} of topic "${topic}" out`;
  }
  return undefined;
}
