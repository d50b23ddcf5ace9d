// What a stopped group's step sent must not leave, to a peer or to the own node (chapter E of the review); and what is
// sent to a number that is no member's goes nowhere (D-89).

import { expect, test } from "vitest";
import { HostContext } from "../../src/member/context.js";
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

test("members have their numbers, and the network their places in the list, whatever its order (rev-F10)", () => {
  const founded = new HostRig({ nodes: 3 }).members;
  const [n1, n2, n3] = founded;
  const { config } = new HostRig({ nodes: 3 }).host.context;
  const context = new HostContext({ ...config, members: [n3, n1, n2] }, undefined);
  context.join(foundingOf(founded));
  expect([context.self, [1, 2, 3].map((place) => context.memberAt(place))]).toEqual([1, [3, 1, 2]]);
  expect(context.memberAt(4)).toBe(0);
  context.send(2, vote(1));
  expect(context.takeFrames().map(({ peer }) => peer)).toEqual([3]);
  context.send(3, vote(1));
  expect(context.takeFrames().map(({ peer }) => peer)).toEqual([1]);
  // The link to n2, which stands third.
  context.links.setDown(3, false);
  expect([2, 3].map((member) => context.isReachable(member))).toEqual([true, false]);
  context.links.setFull(3, true);
  expect([2, 3].map((member) => context.isOpenTo(member))).toEqual([false, true]);
});
