// Where a group's own time begins: at the stamp of the entry that makes it, whatever this node's clock says (D-18).

import { expect, test } from "vitest";
import { NEWEST_LEVEL } from "../../src/machine/levels/known.js";
import { encodeIdentity } from "../../src/wire/identity-record.js";
import { foundingOf, HostRig } from "../support/host-rig.js";

/** Far ahead of the rig's clock: what a majority of the founders read when the cluster was formed. */
const FORMED_MS = 500_000_000;

/** A single node of a cluster that was formed at that time, leading its meta group. */
function formedAhead(bornMs = FORMED_MS): HostRig {
  const rig = new HostRig();
  rig.identity = encodeIdentity({
    level: NEWEST_LEVEL.number,
    draft: NEWEST_LEVEL.draft,
    boots: 0,
    nonce: { hi: 0, lo: 0 },
    isFormed: true,
    founding: { ...foundingOf(rig.members), bornMs },
    met: new Map(),
  });
  rig.start();
  lead(rig);
  return rig;
}

function lead(rig: HostRig): void {
  for (let i = 0; i < 80; i += 1) {
    rig.pass(50);
    rig.settle();
  }
}

test("the time of a partition goes on from the entry that made it", () => {
  const rig = formedAhead();
  const settings = { partitions: 1, replicationFactor: 1 };
  expect(rig.ask({ op: "topic.create", topic: "jobs", settings })).toMatchObject({ ok: true });
  const meta = rig.host.context.groups.get(0)?.machine;
  const madeMs = meta?.kind === "cluster" ? meta.cluster.nowMs : 0;
  expect(madeMs).toBeGreaterThanOrEqual(FORMED_MS);
  lead(rig);
  const payload = Uint8Array.of(1);
  rig.ask({ op: "enqueue", topic: "jobs", payload, priorityHi: 0, priorityLo: 0 });
  const made = rig.host.context.groups.get(1)?.machine;
  expect(made?.kind === "partition" ? made.partition.nowMs : 0).toBeGreaterThanOrEqual(madeMs);
});

test("a record that says the cluster was born at the end of all time stops nobody (rev-F9)", () => {
  const rig = formedAhead(2 ** 48 - 4_000);
  const settings = { partitions: 1, replicationFactor: 1 };
  expect(rig.ask({ op: "topic.create", topic: "jobs", settings })).toMatchObject({ ok: true });
  lead(rig);
  lead(rig);
  expect(rig.ask({ op: "topic.create", topic: "more", settings })).toMatchObject({ ok: true });
  const meta = rig.host.context.groups.get(0)?.machine;
  expect(meta?.kind === "cluster" && meta.cluster.nowMs).toBeLessThan(2 ** 47 + 60_000);
});
