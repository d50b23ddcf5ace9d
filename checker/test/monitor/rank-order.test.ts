import { describe, expect, it } from "vitest";
import type { Violation } from "../../src/index.js";
import { checkDisheap } from "../../src/index.js";
import { Recorder } from "../support/recorder.js";
import { proofOf } from "../support/stories.js";

/** Better messages in one partition, a worse one in the other. */
function story(better: number): Recorder {
  const lines = new Recorder().topic({ partitions: 2, visibilityMs: null });
  for (let n = 0; n < better; n += 1) lines.enqueue(`a${n}`, { priority: "1" }, { partition: 1 });
  return lines.enqueue("w", { priority: "9" });
}

function finish(lines: Recorder, better: number): Recorder {
  for (let n = 0; n < better; n += 1) lines.pop(`a${n}`, { priority: "1", partition: 1 });
  return lines;
}

function violation(lines: Recorder, k: number, sMs: number): Violation | undefined {
  const report = checkDisheap(lines.lines, { rankBound: { k, sMs } });
  const rules = report.guarantees.flatMap((one) => one.rules);
  return rules.find(({ rule }) => rule === "P1")?.violation;
}

function p1(lines: Recorder, k: number, sMs = 0): string | undefined {
  return violation(lines, k, sMs)?.sentence;
}

describe("P1 over partitions", () => {
  it("legal: fewer than K better ones waited", () => {
    expect(p1(finish(story(2).pop("w", { priority: "9" }), 2), 3)).toBeUndefined();
  });

  it("legal: the better ones came within S before the credit", () => {
    // The recorder counts lines as microseconds, so one millisecond covers the whole story.
    expect(p1(finish(story(2).pop("w", { priority: "9" }), 2), 2, 1)).toBeUndefined();
  });

  it("legal: a stream that asked for one partition", () => {
    const lines = story(2);
    const credit = lines.invoke("pop", { topic: "t", stream: "s", partitions: [0] });
    lines.deliver(credit, "w", { priority: "9" });
    expect(p1(finish(lines, 2), 2)).toBeUndefined();
  });

  it("legal: not asked for", () => {
    const lines = finish(story(5).pop("w", { priority: "9" }), 5);
    expect(checkDisheap(lines.lines).verdict).toBe("ok");
  });

  it.each([
    ["a candidate of the better partition was never asked for", 1, 1],
    ["K better ones were passed over", 3, 3],
    ["more than K were passed over", 7, 3],
  ])("illegal: %s", (_name, better, k) => {
    const found = p1(finish(story(better).pop("w", { priority: "9" }), better), k);
    expect(found).toContain(`although ${k} better messages were ready`);
  });

  it("names the pop, and for each better one what made it ready and what took it", () => {
    const { lines } = finish(story(2).pop("w", { priority: "9" }), 2);
    const found = violation(finish(story(2).pop("w", { priority: "9" }), 2), 2, 0);
    expect(found === undefined ? "" : proofOf(found, lines)).toBe(
      "enqueue a0, enqueue a1, pop?, pop w#1, pop a0#1, pop a1#1",
    );
  });

  it("illegal: a nacked message of another partition was forgotten", () => {
    const lines = story(1).pop("a0", { priority: "1", partition: 1 }).nack("a0", 1, 0);
    lines.pop("w", { priority: "9" }).pop("a0", { priority: "1", partition: 1, fence: 2 });
    expect(p1(lines, 1)).toContain("a0");
  });
});
