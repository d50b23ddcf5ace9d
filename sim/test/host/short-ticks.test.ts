// The preferred leader of a new group campaigns at once, and again while nobody has answered. Ticks may be shorter
// than the way to another node and back: the answers to one try still find it.

import { expect, test } from "vitest";
import { createTopic, quietWorld } from "./quiet-world.js";

const TIMING = { tickMs: 5, beatMs: 20, checkQuorumMs: 1_500, diskStallMs: 1_000 };

test("a new group serves long before an election is due, whatever a tick is", () => {
  const { plan } = quietWorld(3).world;
  const q = quietWorld(3, {
    timing: { ...TIMING, electionMinMs: 59_000, electionMaxMs: 60_000 },
    network: { ...plan.network, latencyMinUs: 10_000, latencyMaxUs: 20_000 },
  });
  q.advance(10_000);
  expect(createTopic(q, "jobs", 3)?.ok).toBe(true);
  q.advance(10_000);
  const terms = [0, 1, 2, 3].map((group) => q.world.host(1)?.context.groups.get(group)?.raft);
  for (const raft of terms) expect(raft).toMatchObject({ term: 1 });
  for (const raft of terms) expect(raft?.leader).not.toBe(0);
});
