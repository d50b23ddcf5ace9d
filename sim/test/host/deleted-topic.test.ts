import type { ClientResult } from "@disheap/core";
import { expect, test } from "vitest";
import { createTopic, quietWorld } from "./quiet-world.js";

/** Far below the timeout of a request, far above what an answer needs. */
const ANSWER_MAX_MS = 2_000;
const STEPS = 16;

test("calls that meet a topic's deletion are answered at once, and reads of all topics go on", () => {
  const q = quietWorld(3);
  q.advance(2_000);
  createTopic(q, "kept", 2);
  const answers: { op: string; afterMs: number; result: ClientResult }[] = [];
  for (let round = 0; round < 20; round += 1) {
    const topic = `gone-${round}`;
    createTopic(q, topic, 4);
    q.hub.request(
      1,
      { op: "topic.delete", topic, force: true, confirmationToken: "" },
      () => undefined,
    );
    // Spread over the deletion and the next beat, by which the last node hears of it.
    for (let step = 0; step < STEPS; step += 1) {
      const askedUs = q.world.queue.nowUs;
      const node = 1 + (step % 3);
      const note = (op: string) => (result: ClientResult | undefined) => {
        const afterMs = (q.world.queue.nowUs - askedUs) / 1000;
        if (result) answers.push({ op, afterMs, result });
      };
      q.hub.request(node, { op: "stats" }, note("stats"));
      q.hub.request(node, { op: "topic.list", pageSize: 100, pageToken: "" }, note("list"));
      const payload = Uint8Array.of(1);
      const enqueue = { op: "enqueue", topic, payload, priorityHi: 0, priorityLo: 1 } as const;
      q.hub.request(node, enqueue, note("enqueue"));
      q.advance(8);
    }
    q.advance(500);
  }
  q.advance(15_000);
  expect(answers).toHaveLength(20 * STEPS * 3);
  expect(answers.filter(({ afterMs }) => afterMs > ANSWER_MAX_MS)).toEqual([]);
  const failed = answers.filter(({ result }) => !result.ok);
  expect(failed.filter(({ op }) => op !== "enqueue")).toEqual([]);
  const codes = new Set(failed.map(({ result }) => (result.ok ? "" : result.failure.code)));
  // An enqueue may also find the partition closed, a moment before the topic is gone.
  expect(
    [...codes].filter((code) => code !== "NOT_FOUND" && code !== "FAILED_PRECONDITION"),
  ).toEqual([]);
  expect(codes).toContain("NOT_FOUND");
});
