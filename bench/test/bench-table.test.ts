import { expect, it } from "vitest";
import { resultsOf } from "../src/bench-table.js";
import type { Workload } from "../src/workloads/workload.js";

const OPTIONS = { seconds: undefined, profileFolder: undefined, progress: () => undefined };
const line = (run: Workload["run"], silentMaxMs = 60_000): Workload => ({
  ...{ name: "line", about: "", silentMaxMs },
  run,
});

it("makes a failed row of a line that cannot be carried out", async () => {
  const broken = line(() => Promise.reject(new Error("no such server")));
  expect(await resultsOf(broken, OPTIONS)).toMatchObject([
    { name: "line", messages: 0, failed: 1, firstError: "no such server" },
  ]);
});

it("gives up a line that takes longer than it may", async () => {
  const hanging = line(() => new Promise(() => undefined), 20);
  const [result] = await resultsOf(hanging, OPTIONS);
  expect(result?.firstError).toMatch(/^line is not done 0.02 s after it last said: /);
});
