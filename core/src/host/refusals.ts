// Links that are refused, in words for whoever asks this node what it waits for: by whom, and what to do. Who is
// refused tries again and again, so what was not said lately is over, and so is what a link contradicts.

import type { HostContext } from "../member/context.js";

/** Some three tries of a dialler that was refused. */
const RECENT_MS = 30_000;

interface Said {
  readonly words: string;
  readonly atMs: number;
}

export class Refusals {
  private readonly context: HostContext;
  /** By place in the list: who does not take this node's links, and whose links this node does not take. */
  private readonly ofOthers = new Map<number, Said>();
  private readonly own = new Map<number, Said>();

  constructor(context: HostContext) {
    this.context = context;
  }

  byOther(link: number, message: string): void {
    this.ofOthers.set(link, this.said(`${this.nameOf(link)} refuses this node: ${message}`));
  }

  byThis(link: number, message: string): void {
    this.own.set(link, this.said(`this node refuses ${this.nameOf(link)}: ${message}`));
  }

  /** A link to that member is up. */
  linkedTo(link: number): void {
    this.ofOthers.delete(link);
  }

  /** A link of that member was taken. */
  taken(link: number): void {
    this.own.delete(link);
  }

  get recent(): string[] {
    const fromMs = this.context.monotonicMs - RECENT_MS;
    const all = [...this.ofOthers, ...this.own].sort(([a], [b]) => a - b);
    return all.flatMap(([, { words, atMs }]) => (atMs >= fromMs ? [words] : []));
  }

  private said(words: string): Said {
    return { words, atMs: this.context.monotonicMs };
  }

  private nameOf(link: number): string {
    return this.context.config.members[link - 1]?.name ?? "a stranger";
  }
}
