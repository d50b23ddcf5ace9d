// What a stopped group's step sent must not leave, to a peer or to the own node (chapter E of the review).

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
