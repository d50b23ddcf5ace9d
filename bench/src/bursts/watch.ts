// What a burst does to the nodes: their memory while it runs, read from the system and not from them, and
// the terms of all groups before and after, whose growth is the number of elections.

import { readFileSync } from "node:fs";
import type { NodeProcess } from "@disheap/harness";

const EVERY_MS = 100;

/** Resident megabytes (2^20). */
export function rssMb(node: NodeProcess): number {
  const text = readFileSync(`/proc/${node.pid}/status`, "utf8");
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(text)?.[1] ?? 0) / 1024);
}

export class MemoryWatch {
  private readonly nodes: readonly NodeProcess[];
  private readonly timer: NodeJS.Timeout;
  readonly most: number[];
  /** Once a second, all nodes. */
  readonly course: number[][] = [];
  private looks = 0;

  constructor(nodes: readonly NodeProcess[]) {
    this.nodes = nodes;
    this.most = nodes.map(rssMb);
    this.timer = setInterval(() => this.look(), EVERY_MS);
  }

  private look(): void {
    const now = this.nodes.map(rssMb);
    now.forEach((mb, i) => (this.most[i] = Math.max(this.most[i] ?? 0, mb)));
    if (this.looks % (1_000 / EVERY_MS) === 0) this.course.push(now);
    this.looks += 1;
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

interface GroupView {
  readonly group: number;
  readonly topic?: string;
  readonly leader: string;
  readonly term: number;
}

/** The groups as the node sees them; none while it does not answer. */
export async function groupsOf(node: NodeProcess): Promise<readonly GroupView[]> {
  try {
    const signal = AbortSignal.timeout(5_000);
    const answer = await fetch(`http://${node.addresses.http}/raft/status`, { signal });
    return ((await answer.json()) as { groups: readonly GroupView[] }).groups;
  } catch {
    return [];
  }
}

/** The largest term that any node knows of each group. */
export async function termsOf(nodes: readonly NodeProcess[]): Promise<Map<number, number>> {
  const terms = new Map<number, number>();
  for (const groups of await Promise.all(nodes.map(groupsOf))) {
    for (const { group, term } of groups) {
      terms.set(group, Math.max(term, terms.get(group) ?? 0));
    }
  }
  return terms;
}

export function electionsBetween(
  before: ReadonlyMap<number, number>,
  after: ReadonlyMap<number, number>,
): number {
  let elections = 0;
  for (const [group, term] of before) elections += (after.get(group) ?? term) - term;
  return elections;
}
