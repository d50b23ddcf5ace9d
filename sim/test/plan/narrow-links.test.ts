import { expect, test } from "vitest";
import { expandPlan } from "../../src/plan/expand.js";

test("every link of a plan holds four of the largest frame that its nodes make", () => {
  let narrow = 0;
  for (let seed = 1; seed <= 300; seed += 1) {
    const { network, limits, nodeLimits, operations } = expandPlan(String(seed));
    const { bulk } = network;
    if (!bulk) continue;
    narrow += 1;
    const most = bulk.bytesMax / 4;
    const settings = [limits, ...(nodeLimits ?? [])];
    for (const { entryBytesMax = most, appendBytesMax = most } of settings) {
      expect(Math.max(entryBytesMax, appendBytesMax)).toBeLessThanOrEqual(most);
    }
    const bytes = operations.map((operation) =>
      operation.type === "enqueue" ? (operation.bytes ?? 0) : 0,
    );
    expect(Math.max(...bytes)).toBeLessThanOrEqual(most);
  }
  expect(narrow).toBeGreaterThan(20);
});
