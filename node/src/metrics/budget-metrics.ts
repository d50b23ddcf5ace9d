// What clients may make a node hold: in use, allowed, and how often it was refused (D-92).

import type { BudgetName, BudgetUse } from "@disheap/core";
import { Counter, Gauge, type Registry } from "prom-client";

const labelNames = ["budget"];

export class BudgetMetrics {
  private readonly used: Gauge;
  private readonly limit: Gauge;
  private readonly refusals: Counter;
  private readonly before = new Map<BudgetName, number>();

  constructor(registry: Registry) {
    const registers = [registry];
    this.used = new Gauge({
      name: "budget_used",
      help: "What clients make this node hold. Topics and groups are the cluster's; producer_bytes is the fullest partition of this node.",
      labelNames,
      registers,
    });
    this.limit = new Gauge({
      name: "budget_limit",
      help: "How much of it they may: a setting each. Beyond it calls get RESOURCE_EXHAUSTED; for proposed_bytes and link_bytes they wait.",
      labelNames,
      registers,
    });
    this.refusals = new Counter({
      name: "budget_refusals_total",
      help: "Calls and streams that this node refused because a budget was used up.",
      labelNames,
      registers,
    });
  }

  sample(budgets: readonly BudgetUse[]): void {
    for (const { name, used, most, refused } of budgets) {
      this.used.set({ budget: name }, used);
      this.limit.set({ budget: name }, most);
      this.refusals.inc({ budget: name }, refused - (this.before.get(name) ?? 0));
      this.before.set(name, refused);
    }
  }
}
