// rev-F8: the directory of one member was copied from another's, or both from one image, before the first start.

import { expect, test } from "vitest";
import { createTopic, quietWorld } from "./quiet-world.js";

test("two members with the same store form no cluster, say so, and do when one of them is emptied", () => {
  const q = quietWorld(3);
  const [original, copy] = [2, 3];
  q.world.node(copy).disk.becomeCopyOf(q.world.node(original).disk);
  q.advance(5_000);
  expect(q.world.formed.length).toBe(0);
  for (const node of [1, original, copy]) {
    expect(q.world.host(node)?.status().waitsFor).toMatch(/^n2 and n3 show the same store/);
  }
  q.world.kill(copy);
  q.world.node(copy).disk.wipe();
  q.world.start(copy);
  q.advance(5_000);
  expect(q.world.formed.length).toBe(3);
  expect(createTopic(q, "jobs", 1)).toMatchObject({ ok: true });
});
