// Each invariant of the host's own tables is seen to fire: the state is broken by hand.

import { expect, test } from "vitest";
import { IdentityKeeper } from "../../src/host/identity-keeper.js";
import { HostRig } from "../support/host-rig.js";

test("IDK1: what was written is newer than what was synced", () => {
  const keeper = new IdentityKeeper({
    level: 1,
    draft: 1,
    boots: 0,
    nonce: { hi: 0, lo: 0 },
    isFormed: false,
    founding: undefined,
    met: new Map(),
  });
  keeper.change({ boots: 1 });
  keeper.take();
  keeper.written();
  keeper.change({ boots: 2 });
  keeper.take();
  keeper.durable = 2;
  expect(() => keeper.written()).toThrow(/^IDK1/);
});

test("GRT1: a group is made once", () => {
  const { host } = new HostRig({ nodes: 1 });
  const { groups } = host as unknown as { groups: { add(...what: unknown[]): void } };
  const place = { group: 5, incarnation: 1, voters: [1] };
  groups.add(place, 0, { kind: "cluster" });
  expect(() => groups.add(place, 0, { kind: "cluster" })).toThrow(/^GRT1/);
});
