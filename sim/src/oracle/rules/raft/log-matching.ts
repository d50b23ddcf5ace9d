// R2: if two logs hold an entry with the same index and term, they are the same up to there. An entry is
// proposed once per (group, index, term), in order; the logs of replicas that are up are compared above
// what both applied (below it R4 compares bytes), whenever a leader changes and now and then.

import type { Role } from "@disheap/core";
import { RuleBroken, type Rule } from "../../oracle.js";
import {
  pairKey,
  seen,
  type HostView,
  type LogView,
  type SeenAt,
  type Watched,
} from "../views/watched.js";

/** Turns of a node between two comparisons of its logs with the others'. */
const TURNS_BETWEEN = 256;

interface Proposal extends SeenAt {
  readonly index: number;
}

export class LogMatching implements Rule {
  private world: Watched | undefined;
  /** Last proposal by group and term. */
  private readonly proposals = new Map<number, Proposal>();
  private turns = 0;

  attach(world: Watched): void {
    this.world = world;
  }

  proposed(node: number, group: number, index: number, term: number): void {
    const key = pairKey(group, term);
    const now = { atUs: this.world?.queue.nowUs ?? 0, node, index };
    const before = this.proposals.get(key);
    this.proposals.set(key, now);
    if (!before || index === before.index + 1) return;
    throw new RuleBroken({
      rule: "R2",
      message:
        `group ${group}, term ${term}: entry ${index} was proposed after entry ${before.index}; a ` +
        "leader proposes each index of its term once, in order",
      first: seen(before, `n${before.node} proposed entry ${before.index} in term ${term}`),
      second: seen(now, `n${node} proposed entry ${index} in term ${term}`),
      about: `group ${group}:`,
    });
  }

  roleChanged(node: number, group: number, _term: number, role: Role): void {
    const host = this.world?.host(node);
    if (role === "leader" && host) this.compareGroup(node, host, group);
  }

  afterTurn(node: number, host: HostView): void {
    this.turns += 1;
    if (this.turns % TURNS_BETWEEN !== 0) return;
    for (const group of host.context.groups.keys()) this.compareGroup(node, host, group);
  }

  private compareGroup(node: number, host: HostView, group: number): void {
    const { world } = this;
    const own = host.context.groups.get(group)?.raft;
    if (!world || !own) return;
    for (const peer of own.voters) {
      const other = peer === node ? undefined : world.host(peer)?.context.groups.get(group)?.raft;
      if (!other) continue;
      const from = Math.min(own.appliedIndex, other.appliedIndex) + 1;
      const difference = firstDifference(own.log, other.log, from);
      if (difference) this.broken(group, node, peer, difference);
    }
  }

  private broken(
    group: number,
    node: number,
    peer: number,
    { index, same, what }: Difference,
  ): never {
    const atUs = this.world?.queue.nowUs ?? 0;
    throw new RuleBroken({
      rule: "R2",
      message:
        `group ${group}: the logs of n${node} and n${peer} hold the same term at entry ${same}, but ` +
        `${what} at entry ${index}`,
      first: seen({ atUs, node }, `its log at entry ${index}`),
      second: seen({ atUs, node: peer }, `its log at entry ${index}`),
      about: `group ${group}:`,
    });
  }
}

interface Difference {
  /** Highest entry with the same term in both. */
  readonly same: number;
  readonly index: number;
  readonly what: string;
}

/** Looks from `from` up: below the highest entry with equal terms everything must be equal. */
function firstDifference(a: LogView, b: LogView, from: number): Difference | undefined {
  let same = Math.min(a.lastIndex, b.lastIndex);
  while (same >= from && a.termAt(same) !== b.termAt(same)) same -= 1;
  for (let index = from; index <= same; index += 1) {
    const [left, right] = [a.termAt(index), b.termAt(index)];
    if (left !== right) return { same, index, what: `terms ${left} and ${right}` };
    if (!hasSameBytes(a, b, index)) return { same, index, what: "different bytes" };
  }
  return undefined;
}

/** Whole blocks travel, so equal starts mean equal bytes; what is not in memory is left to R4. */
function hasSameBytes(a: LogView, b: LogView, index: number): boolean {
  const [left, right] = [a.blockAt(index), b.blockAt(index)];
  if (!left || !right || left.first !== right.first || left.bytes === right.bytes) return true;
  if (left.bytes.length !== right.bytes.length) return false;
  return left.bytes.every((byte, i) => byte === right.bytes[i]);
}
