import { encodeLeaseToken } from "@disheap/core";
import { expect, test } from "vitest";
import { Ledger } from "../../../../src/oracle/rules/entries/ledger.js";
import { Undelivered } from "../../../../src/oracle/rules/streams/undelivered.js";
import { breaks, Entries, events, FakeWorld, item, fakeRaft } from "../states.js";

const { enqueued, granted, expired, takenBack, acked } = events;

class Stage {
  readonly world = new FakeWorld();
  readonly ledger = new Ledger([]);
  readonly rule = new Undelivered(this.ledger);
  readonly entries = new Entries();

  /** A lease of n1 that expired, and the run's end a minute later. */
  constructor() {
    this.rule.attach(this.world);
    this.world.put(1, fakeRaft());
    this.ledger.entry(this.entries.init());
    this.ledger.entry(this.entries.next(10, [enqueued()]));
    this.ledger.entry(this.entries.next(20, [granted({ edge: 1, edgeIncarnation: 1 })]));
    this.ledger.entry(this.entries.next(2000, [expired({ outcome: "dead" })]));
    this.world.queue.nowUs = 60_000_000;
  }

  finish(): void {
    this.rule.finish();
  }
}

test("Q9: what nobody was given must not count at the end", () => {
  const error = breaks("Q9", () => new Stage().finish());
  expect(error.message).toContain(
    "lease 1 of n1 was never delivered, expired, and costs an attempt",
  );
});

test("Q9: it counts when it was delivered, and when its edge died", () => {
  const delivered = new Stage();
  const leaseToken = encodeLeaseToken({
    group: 1,
    index: 2,
    offset: 0,
    fence: 1,
    mac: new Uint8Array(16),
  });
  delivered.rule.itemWritten(1, 9, item({ leaseToken }));
  delivered.finish();
  const died = new Stage();
  const host = died.world.put(1, fakeRaft());
  died.world.hosts.set(1, { ...host, context: { ...host.context, incarnation: 2 } });
  died.finish();
});

test("Q9: nothing is owed for what was given back, acknowledged, deleted or expired just now", () => {
  for (const event of [takenBack(), acked(1)]) {
    const stage = new Stage();
    stage.ledger.entry(stage.entries.next(2001, [event]));
    stage.finish();
  }
  const deleted = new Stage();
  deleted.world.put(1);
  deleted.finish();
  const late = new Stage();
  late.world.queue.nowUs = 1_000_000;
  late.finish();
});
