// Reads one counter out of a Prometheus text page.

/** The value of a counter without labels; throws when the page does not have it. */
export function counterOf(page: string, name: string): number {
  for (const line of page.split("\n")) {
    if (line.startsWith(`${name} `)) return Number(line.slice(name.length + 1));
  }
  throw new Error(`The node's /metrics has no ${name}; build the same commit for node and bench.`);
}
