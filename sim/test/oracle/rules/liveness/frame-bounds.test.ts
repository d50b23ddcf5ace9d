import { FRAME_BYTES_MAX } from "@disheap/core";
import { expect, test } from "vitest";
import { FrameBounds } from "../../../../src/oracle/rules/liveness/frame-bounds.js";
import { SimNetwork } from "../../../../src/world/network.js";
import { DEFAULT_NETWORK } from "../../../../src/world/network-settings.js";
import { Loop } from "../../../world/loop.js";
import { breaks } from "../states.js";

test("L16: a frame that no link takes is noticed, and the largest that one takes is fine", () => {
  const loop = new Loop();
  const network: SimNetwork = new SimNetwork({
    nodes: 2,
    seed: { hi: 1, lo: 1 },
    settings: DEFAULT_NETWORK,
    schedule: loop.schedule,
    now: loop.now,
    deliver: (to, event) => {
      if (event.kind === "peer.hello") network.port(to).answer(event.call, undefined);
    },
  });
  for (const node of [1, 2]) {
    network.nodeUp(node);
    network.port(node).introduce(Uint8Array.of(node));
  }
  loop.runFor(1_000_000);
  const rule = new FrameBounds();
  rule.attach({ queue: loop, network });
  network.port(1).send(2, new Uint8Array(FRAME_BYTES_MAX));
  rule.afterTurn();
  network.port(1).send(2, new Uint8Array(FRAME_BYTES_MAX + 1));
  const { message } = breaks("L16", () => rule.afterTurn());
  expect(message).toContain(`n1 made a frame of ${FRAME_BYTES_MAX + 1} bytes for n2`);
});
