// A perfect leased priority queue of one partition, in the simplest possible form, and the bugs it can
// be given. Written from the rules the monitors check, not from any implementation.
import type { Random } from "./random.js";

export type Bug =
  | "loses-enqueue"
  | "ack-forgotten"
  | "second-lease"
  | "fence-reset"
  | "stale-token"
  | "worst-first"
  | "nack-drops-priority"
  | "dedup-forgotten"
  | "attempts-forgotten"
  | "delay-ignored"
  | "limit-ignored";

export interface Item {
  id: string;
  payload: string;
  priority: bigint;
  enqueuedMs: number;
  readyMs: number;
  maxRetries: number;
  attempts: number;
  fence: number;
  /** Set while it is leased. */
  deadlineMs: number | undefined;
  dead: boolean;
}

export interface Grant extends Item {
  partition: number;
  grantedMs: number;
  leaseEndMs: number;
}

const BACKOFF_MS = 40;

export class QueueMachine {
  readonly items = new Map<string, Item>();
  readonly #dedup = new Map<string, string>();
  readonly #settled = new Set<string>();
  readonly #random: Random;
  readonly #partition: number;
  readonly #mode: "MIN" | "MAX";
  readonly #bug: Bug | undefined;
  #nowMs = 1000;
  #count = 0;

  constructor(random: Random, partition: number, mode: "MIN" | "MAX", bug?: Bug) {
    this.#random = random;
    this.#partition = partition;
    this.#mode = mode;
    this.#bug = bug;
  }

  /** The bug strikes now and then, so that a history is mostly right. */
  #strikes(bug: Bug): boolean {
    return this.#bug === bug && this.#random.chance(1, 4);
  }

  /** Time passes before every command, and leases run out. */
  advance(mostMs: number): void {
    this.#nowMs += this.#random.below(mostMs + 1);
    for (const item of this.items.values()) {
      if ((item.deadlineMs ?? Infinity) <= this.#nowMs) this.#fail(item, undefined);
    }
  }

  #fail(item: Item, backoffMs: number | undefined): void {
    item.deadlineMs = undefined;
    item.readyMs = this.#nowMs + (backoffMs ?? this.#random.below(BACKOFF_MS));
    if (this.#strikes("nack-drops-priority")) item.priority = 0n;
    if (this.#strikes("delay-ignored")) item.readyMs = this.#nowMs;
    if (item.attempts > item.maxRetries && this.#bug !== "limit-ignored") item.dead = true;
  }

  enqueue(
    payload: string,
    priority: bigint,
    key: string | undefined,
    delayMs: number,
    maxRetries: number,
  ): { messageId: string; partition: number; duplicate: boolean } {
    const known = key === undefined ? undefined : this.#dedup.get(key);
    if (known !== undefined && !this.#strikes("dedup-forgotten")) {
      return { messageId: known, partition: this.#partition, duplicate: true };
    }
    this.#count += 1;
    const id = `${this.#partition}-${String(this.#count).padStart(6, "0")}`;
    const readyMs = this.#nowMs + (this.#strikes("delay-ignored") ? 0 : delayMs);
    const enqueuedMs = this.#nowMs;
    const fresh = { id, payload, priority, enqueuedMs, readyMs, maxRetries };
    if (!this.#strikes("loses-enqueue")) {
      this.items.set(id, { ...fresh, attempts: 0, fence: 0, deadlineMs: undefined, dead: false });
    }
    if (key !== undefined) this.#dedup.set(key, id);
    return { messageId: id, partition: this.#partition, duplicate: false };
  }

  #before(a: Item, b: Item): boolean {
    if (a.priority !== b.priority) return a.priority < b.priority === (this.#mode === "MIN");
    if (a.enqueuedMs !== b.enqueuedMs) return a.enqueuedMs < b.enqueuedMs;
    return a.id < b.id;
  }

  grant(visibilityMs: number): Grant | undefined {
    const second = this.#strikes("second-lease");
    const ready = [...this.items.values()].filter(
      (item) =>
        !item.dead && item.readyMs <= this.#nowMs && (second || item.deadlineMs === undefined),
    );
    const worst = this.#strikes("worst-first");
    const item = ready.reduce<Item | undefined>(
      (best, one) => (best === undefined || this.#before(one, best) !== worst ? one : best),
      undefined,
    );
    if (item === undefined) return undefined;
    item.fence = this.#strikes("fence-reset") ? 1 : item.fence + 1;
    item.attempts = this.#strikes("attempts-forgotten") ? 1 : item.attempts + 1;
    item.deadlineMs = this.#nowMs + visibilityMs;
    const times = { grantedMs: this.#nowMs, leaseEndMs: item.deadlineMs };
    return { ...item, ...times, partition: this.#partition };
  }

  settle(
    kind: "ack" | "nack" | "extend",
    id: string,
    fence: number,
    option: number | undefined,
  ): boolean {
    const item = this.items.get(id);
    const token = `${id}/${fence}`;
    if (kind !== "extend" && this.#settled.has(`${kind} ${token}`)) return true;
    if (item?.deadlineMs === undefined) return false;
    if (item.fence !== fence && !this.#strikes("stale-token")) return false;
    if (kind === "extend") item.deadlineMs += option ?? 0;
    else {
      this.#settled.add(`${kind} ${token}`);
      if (kind === "nack") this.#fail(item, option);
      else if (this.#strikes("ack-forgotten")) item.deadlineMs = undefined;
      else this.items.delete(id);
    }
    return true;
  }

  /** A grant that was never handed over. */
  release(id: string, fence: number): void {
    const item = this.items.get(id);
    if (item?.fence !== fence || item.deadlineMs === undefined) return;
    item.attempts -= 1;
    item.deadlineMs = undefined;
    item.readyMs = this.#nowMs;
  }

  /** The consumer's stream broke: its leases end at the latest after the grace time. */
  shorten(id: string, fence: number, graceMs: number): void {
    const item = this.items.get(id);
    if (item?.fence !== fence || item.deadlineMs === undefined) return;
    item.deadlineMs = Math.min(item.deadlineMs, this.#nowMs + graceMs);
  }
}
