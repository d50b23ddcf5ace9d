// A stream that lost its filter is told so, instead of hanging in silence (contract, section 9).

import { expect, test } from "vitest";
import { NO_FILTER } from "../../../src/edge/streams/stream-problems.js";
import { HostRig } from "../../support/host-rig.js";

function ends(rig: HostRig): unknown[] {
  return rig.effects.filter((effect) => effect.kind === "stream.end");
}

test("credits without a filter end after 10 s, and not before", () => {
  const rig = new HostRig();
  rig.start();
  rig.turn({ kind: "stream.credits", streamId: 1, credits: 5 });
  rig.pass(9_950);
  expect(ends(rig)).toEqual([]);
  rig.pass(50);
  expect(ends(rig)).toEqual([{ kind: "stream.end", streamId: 1, failure: NO_FILTER }]);
});

test("a half-close without a filter ends at once, with credits or without", () => {
  const rig = new HostRig();
  rig.start();
  rig.turn({ kind: "stream.half-close", streamId: 1 });
  rig.turn({ kind: "stream.credits", streamId: 2, credits: 5 });
  rig.turn({ kind: "stream.half-close", streamId: 2 });
  expect(ends(rig)).toEqual(
    [1, 2].map((streamId) => ({ kind: "stream.end", streamId, failure: NO_FILTER })),
  );
});
