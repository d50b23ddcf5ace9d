// What it shows is what the library's own histogram shows of the same values.
import { Histogram, Registry } from "prom-client";
import { expect, it } from "vitest";
import { RowHistogram } from "../../src/metrics/row-histogram.js";

const BOUNDS = [1, 5, 20];

function both(): { ours: RowHistogram; theirs: Histogram; shown: () => Promise<string[]> } {
  const [registry, other] = [new Registry(), new Registry()];
  const ours = new RowHistogram({
    name: "wait_ms",
    help: "Milliseconds.",
    label: "topic",
    bounds: BOUNDS,
    registry,
  });
  const theirs = new Histogram({
    name: "wait_ms",
    help: "Milliseconds.",
    labelNames: ["topic"],
    buckets: BOUNDS,
    registers: [other],
  });
  const lines = async (of: Registry): Promise<string> =>
    (await of.metrics()).split("\n").sort().join("\n");
  return { ours, theirs, shown: async () => [await lines(registry), await lines(other)] };
}

it("shows rows of one value as the library shows them one by one", async () => {
  const { ours, theirs, shown } = both();
  for (const [topic, value, rows] of [
    ["jobs", 1, 3],
    ["jobs", 1.5, 1],
    ["mails", 7000, 64],
    ["jobs", 0, 2],
  ] as const) {
    ours.observe(topic, value, rows);
    for (let row = 0; row < rows; row += 1) theirs.observe({ topic }, value);
  }
  const [mine, library] = await shown();
  expect(mine).toBe(library);
  expect(mine).toContain('wait_ms_bucket{le="+Inf",topic="mails"} 64');
});

it("forgets a topic that is gone, and counts anew when it comes again", async () => {
  const { ours, theirs, shown } = both();
  for (const topic of ["jobs", "mails"]) {
    ours.observe(topic, 2);
    theirs.observe({ topic }, 2);
  }
  ours.remove("jobs");
  theirs.remove({ topic: "jobs" });
  ours.observe("jobs", 9);
  theirs.observe({ topic: "jobs" }, 9);
  const [mine, library] = await shown();
  expect(mine).toBe(library);
});
