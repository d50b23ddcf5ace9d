// The invariant of what a partition knows of streams is seen to fire.

import { expect, test } from "vitest";
import { StreamTable } from "../../src/delivery/streams.js";
import { LEVEL_1 } from "../../src/machine/levels/level-1.js";
import { StateHash } from "../../src/machine/state-hash.js";

test("STM1: rounds of a stream do not go back, and a closed one has no more", () => {
  const table = new StreamTable({ level: LEVEL_1 } as never, new StateHash());
  const stream = table.open({ edge: 1, edgeIncarnation: 1, stream: 1 });
  if (!stream) throw new Error("it must be open");
  table.update(stream, 2, 1);
  table.update(stream, 2, 3);
  expect(() => table.update(stream, 2, 2)).toThrow(/^STM1/);
  expect(() => table.update(stream, 1, 9)).toThrow(/^STM1/);
  table.close(stream);
  expect(() => table.update(stream, 3, 1)).toThrow(/^STM1/);
});
