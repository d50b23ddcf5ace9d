import { expect, it } from "vitest";
import { measureEndToEnd } from "../../src/lanes/measure.js";
import { LimitSubject } from "../../src/limit/limit-subject.js";

it("the bare log carries messages end to end through three processes", async () => {
  const subject = await LimitSubject.start();
  try {
    const shape = { lanes: 1, window: 8 };
    const plan = { name: "limit-8", shape, seconds: 1, warmupMs: 200 };
    const result = await measureEndToEnd(subject, plan);
    expect(result.failed).toBe(0);
    expect(result.messages).toBeGreaterThan(8);
    expect(result.behind?.left).toBe(0);
    const { cost } = result;
    expect(cost?.byProcess.map(({ name }) => name)).toEqual(["follower 1", "follower 2", "leader"]);
    expect(cost?.byProcess.every(({ cpu }) => cpu > 0)).toBe(true);
    // Three copies of 256 bytes, and each message takes part in at least one entry of three.
    expect(cost?.writtenBytesPerMessage).toBeGreaterThan(3 * 256);
    expect(cost?.syncsPerMessage).toBeGreaterThan(0);
    expect(cost?.framesPerMessage).toBeGreaterThan(0);
    expect(cost?.messagesPerEntry).toBeGreaterThan(0);
    expect(cost?.garbagePerMessage).toBeGreaterThan(0);
  } finally {
    await subject.close();
  }
});
