import { expect, it } from "vitest";
import { Replicas } from "../../src/workloads/apply.js";

it("two replicas apply the same log to the same state, and what is settled waits no more", () => {
  const replicas = new Replicas();
  for (let i = 0; i < 4; i += 1) replicas.enqueue();
  expect(replicas.waiting).toBe(1024);
  for (const settled of [1, 2, 3]) {
    replicas.settle();
    expect(replicas.waiting).toBe(1024 - 256 * settled);
  }
  for (const times of [replicas.leaderMs, replicas.followerMs]) {
    expect(Math.min(times.enqueue, times.grant, times.ack)).toBeGreaterThan(0);
  }
});

it("refuses to time a grant of fewer than a batch", () => {
  expect(() => new Replicas().settle()).toThrow("a whole batch");
});
