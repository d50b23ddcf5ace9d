// Keeps the last events of a run, so that a failure can show the ones that matter: same message, same
// group. Text is made only when somebody asks.

import type { MachineEvent, Role } from "@disheap/core";
import type { Rule } from "./oracle.js";
import type { World } from "../world/world.js";

const KEPT = 20_000;

interface Kept {
  readonly atUs: number;
  readonly node: number;
  readonly group: number;
  readonly text: () => string;
}

export class EventLog implements Rule {
  private kept: Kept[] = [];
  private world: World | undefined;
  /** The highest index whose events were kept, per group: replicas repeat them. */
  private readonly seen = new Map<number, number>();

  attach(world: World): void {
    this.world = world;
  }

  private keep(node: number, group: number, text: () => string): void {
    this.kept.push({ atUs: this.world?.queue.nowUs ?? 0, node, group, text });
    if (this.kept.length > 2 * KEPT) this.kept = this.kept.slice(-KEPT);
  }

  roleChanged(node: number, group: number, term: number, role: Role, leader: number): void {
    this.keep(
      node,
      group,
      () => `group ${group}: ${role} in term ${term}, leader ${leader || "?"}`,
    );
  }

  machineEvent(
    node: number,
    group: number,
    index: number,
    stampMs: number,
    event: MachineEvent,
  ): void {
    if (index < (this.seen.get(group) ?? 0)) return;
    this.seen.set(group, index);
    this.keep(node, group, () => {
      const { kind, index: messageIndex, offset, ...rest } = event;
      const message = `message ${messageIndex}.${offset}`;
      const fields = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
      return `group ${group} entry ${index} at ${stampMs}: ${kind} ${message} ${fields.join(", ")}`;
    });
  }

  refused(node: number, message: string): void {
    this.keep(node, -1, () => `refused: ${message}`);
  }

  /** The last events whose text holds `about`, oldest first. */
  recent(about: string, count: number): string[] {
    const lines: string[] = [];
    for (let i = this.kept.length - 1; i >= 0 && lines.length < count; i -= 1) {
      const { atUs, node, text } = this.kept[i];
      const line = text();
      if (about !== "" && !line.includes(about)) continue;
      lines.push(`${(atUs / 1e6).toFixed(6)} s  n${node}  ${line}`);
    }
    return lines.reverse();
  }
}

/** The text under which a message stands in the event log. */
export function aboutMessage(index: number, offset: number): string {
  return `message ${index}.${offset} `;
}
