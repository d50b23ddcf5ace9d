import { expect, it } from "vitest";
import { fitText } from "../../src/workloads/cycle.js";
import type { Result } from "../../src/workloads/workload.js";

/** 2,000 us an entry and 20 us a message, of which the client takes 5. */
function run(messages: number, messagesPerEntry: number): Result {
  const cpu = 2_000 / messagesPerEntry + 20;
  const unknown = undefined;
  const cost = {
    ...{ nodesCpu: cpu - 5, clientCpu: 5, byProcess: [], messagesPerEntry, clientGcShare: 0 },
    ...{ syncsPerMessage: unknown, writtenBytesPerMessage: unknown, turnsPerMessage: unknown },
    ...{ framesPerMessage: unknown, garbagePerMessage: unknown, gcShare: unknown },
  };
  return { name: "cycle", seconds: 1, messages, perSecond: messages, failed: 0, cost };
}

it("takes the cost of an entry and of a message apart", () => {
  const results = [run(1_000, 4), run(5_000, 20), run(9_000, 90)];
  expect(fitText(results)).toBe("2000 us of CPU an entry + 20.0 us a message");
});

it("says so when the windows do not differ", () => {
  expect(fitText([run(1_000, 4), run(2_000, 4)])).toContain("no fit");
  expect(fitText([])).toContain("no fit");
});
