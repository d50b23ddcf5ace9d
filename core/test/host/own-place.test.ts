// A frame that comes in at the place of the node itself: nobody is linked there, whatever the frame says.

import { expect, test } from "vitest";
import { HostRig } from "../support/host-rig.js";

test("a frame at the node's own place is refused and counted, and replaces no life of it", () => {
  const rig = new HostRig({ nodes: 3 });
  rig.start();
  const own = rig.host.context.self;
  const read = { kind: "beat", round: 7, isStalled: false, items: [] } as const;
  const refused = (): number => rig.host.status().metrics.framesRefused;
  const before = refused();
  const frame = rig.frameOf(own, [read], { sender: own, senderIncarnation: 9 });
  rig.sent = [];
  rig.turn({ kind: "peer.frame", peer: own, frame });
  expect(refused()).toBe(before + 1);
  expect(rig.take("beat.reply")).toEqual([]);
  // The same frame of a peer is taken.
  rig.turn({ kind: "peer.frame", peer: 2, frame: rig.frameOf(2, [read]) });
  expect(refused()).toBe(before + 1);
});
