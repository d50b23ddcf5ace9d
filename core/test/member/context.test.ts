// What a stopped group's step sent must not leave, to a peer or to the own node (chapter E of the review); and what is
// sent to a number that is no member's goes nowhere (D-89).

import { expect, test } from "vitest";
import { foundingOf, HostRig } from "../support/host-rig.js";
import { vote } from "../support/raft-net.js";

test("what was sent since the mark is discarded, and what was sent before it stays", () => {
  const rig = new HostRig({ nodes: 3 });
  const { context } = rig.host;
  context.join(foundingOf(rig.members));
  const [kept, cut] = [vote(1), vote(2)];
  for (const peer of [context.self, 2, 3]) context.send(peer, kept);
  context.markOutbox();
  for (const peer of [context.self, 2, 3]) context.send(peer, cut);
  context.cutOutbox();
  expect(context.loopback).toEqual([kept]);
  expect(context.takeFrames().map(({ peer }) => peer)).toEqual([2, 3]);
  context.markOutbox();
  context.send(2, cut);
  context.cutOutbox();
  expect(context.takeFrames()).toEqual([]);
});

test("nobody hears what is sent to a number that is no member's", () => {
  const rig = new HostRig({ nodes: 3 });
  const { context } = rig.host;
  context.join(foundingOf(rig.members));
  for (const stranger of [0, 4, 99]) {
    context.send(stranger, vote(1));
    context.dropAppends(1, stranger);
  }
  expect([context.takeFrames(), context.loopback]).toEqual([[], []]);
});
