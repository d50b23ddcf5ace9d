// rev-B7: a client with a large window gives credits back one by one. Its grants are delivered, not sent
// back because many requests left after the one they answer. All rules watch.

import { expect, test } from "vitest";
import { putInto } from "./partition-keys.js";
import { createTopic, quietWorld } from "./quiet-world.js";
import { Reader } from "./reader.js";

const EDGE = 1;
const MESSAGES = 3_000;
const WINDOW = 500;

test("credits that come one by one waste no grant", () => {
  const { plan } = quietWorld(3).world;
  const q = quietWorld(3, {
    network: { ...plan.network, streamModel: true, latencyMinUs: 2_000, latencyMaxUs: 2_500 },
    disk: { ...plan.disk, sync: { minUs: 3_000, meanUs: 100, capUs: 4_000 } },
  });
  q.advance(2_000);
  createTopic(q, "jobs", 1);
  q.advance(1_000);
  putInto(q, undefined, MESSAGES);
  q.advance(2_000);
  const reader = new Reader(q, EDGE, WINDOW, 60_000);
  const { queue } = q.world;
  let paid = 0;
  for (let passed = 0; passed < 4_000 && reader.items.length < MESSAGES; passed += 1) {
    q.advance(1);
    for (; paid < reader.items.length; paid += 1) {
      queue.schedule(queue.nowUs + 50 * (1 + (paid % WINDOW)), () => reader.sendCredits(1));
    }
  }
  expect(reader.items).toHaveLength(MESSAGES);
  // The fence counts every grant, the attempts only those that were delivered.
  const wasted = reader.items.reduce((sum, { fence, attempts }) => sum + fence - attempts, 0);
  expect(wasted).toBe(0);
});
