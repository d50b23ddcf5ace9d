// D-89: an entry is a bounded step, whoever asked for what it holds. What was queued and the grants that
// ride along stay within the limit of intents, each by itself; what its grants take, within the machine's.

import { DEFAULT_LIMITS } from "@disheap/core";
import { RuleBroken, type Rule } from "../../oracle.js";
import type { CommittedEntry, EntryRule } from "../entries/canon.js";
import { seen } from "../views/watched.js";

const LEASES_MAX = 4096;

export class EntryBounds implements Rule, EntryRule {
  private intentsMax = DEFAULT_LIMITS.entryIntentsMax;

  attach(world: {
    readonly plan: { readonly limits: { readonly entryIntentsMax?: number } };
  }): void {
    this.intentsMax = world.plan.limits.entryIntentsMax ?? DEFAULT_LIMITS.entryIntentsMax;
  }

  entry(entry: CommittedEntry): void {
    this.check(entry, "intents", entry.intents.length, 2 * this.intentsMax);
    const leases = entry.events.filter((event) => event.kind === "message.granted").length;
    this.check(entry, "new leases", leases, LEASES_MAX);
  }

  private check(entry: CommittedEntry, what: string, found: number, most: number): void {
    if (found <= most) return;
    throw new RuleBroken({
      rule: "Q20",
      message: `entry ${entry.index} of group ${entry.group} holds ${found} ${what}; it may hold ${most}`,
      second: seen(entry, `entry ${entry.index} with ${found} ${what}`),
      about: `group ${entry.group} `,
    });
  }
}
