// What the nodes hold, read from their metrics after a collection, and what is more than it was. Counts must be
// back where they were; memory may differ by what compiled code, caches and the tails of logs need.

import type { NodeProcess } from "@disheap/harness";

export interface Holding {
  readonly node: string;
  /** By the metric's `what`. */
  readonly items: ReadonlyMap<string, number>;
  /** What lives in V8's heap and in buffers, without the tails of logs, which have a bound of their own. */
  readonly liveBytes: number;
  readonly rssBytes: number;
}

const MIB = 2 ** 20;
const LIVE_TOLERANCE_BYTES = 16 * MIB;
const COLLECT_MAX_MS = 20_000;
/** Depends on who leads, which may change: compared over all nodes together, or only at most. */
const BY_LEADER = new Set(["due"]);

export async function holdingsOf(nodes: readonly NodeProcess[]): Promise<Holding[]> {
  await Promise.all(nodes.map(collect));
  return read(nodes);
}

/** Without a collection. */
export function read(nodes: readonly NodeProcess[]): Promise<Holding[]> {
  return Promise.all(nodes.map(holdingOf));
}

function collect(node: NodeProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`${node.name} did not collect its garbage`));
    }, COLLECT_MAX_MS);
    node.onMessage((message) => {
      if ((message as { kind?: string }).kind !== "soak.collected") return;
      clearTimeout(timer);
      resolve();
    });
    node.send({ kind: "soak.collect" });
  });
}

async function holdingOf(node: NodeProcess): Promise<Holding> {
  const page = await (await fetch(`${node.metrics}/metrics`)).text();
  const table = (metric: string): Map<string, number> => {
    const rows = page.matchAll(new RegExp(`^${metric}\\{what="(\\w+)"\\} (\\S+)$`, "gm"));
    return new Map([...rows].map(([, what = "", value]) => [what, Number(value)]));
  };
  const bytes = table("held_bytes");
  const of = (what: string): number => bytes.get(what) ?? 0;
  return {
    node: node.name,
    items: table("held_items"),
    liveBytes: of("heap") + of("buffers") - of("logs"),
    rssBytes: of("rss"),
  };
}

/** Sentences about counts that are not where they were. */
export function countsChanged(before: readonly Holding[], after: readonly Holding[]): string[] {
  const changed = after.flatMap(({ node, items }, i) =>
    [...items].flatMap(([what, now]) => {
      const was = before[i]?.items.get(what) ?? 0;
      if (now === was || BY_LEADER.has(what)) return [];
      return `${node}: ${what} was ${String(was)} and is ${String(now)}`;
    }),
  );
  for (const what of BY_LEADER) {
    const sum = (all: readonly Holding[]): number =>
      all.reduce((total, { items }) => total + (items.get(what) ?? 0), 0);
    if (sum(after) > sum(before)) {
      changed.push(`${what} was ${String(sum(before))} on all nodes and is ${String(sum(after))}`);
    }
  }
  return changed;
}

/** Sentences about memory that is held beyond the tolerance. */
export function memoryGrown(before: readonly Holding[], after: readonly Holding[]): string[] {
  return after.flatMap(({ node, liveBytes }, i) => {
    const was = before[i]?.liveBytes ?? 0;
    if (liveBytes <= was + LIVE_TOLERANCE_BYTES) return [];
    return `${node}: ${mib(was)} MiB were held and ${mib(liveBytes)} MiB are`;
  });
}

export function memoryText(holdings: readonly Holding[]): string {
  const texts = holdings.map(
    ({ node, liveBytes, rssBytes }) => `${node} ${mib(liveBytes)} (resident ${mib(rssBytes)})`,
  );
  return `MiB held: ${texts.join(", ")}`;
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(0);
}
