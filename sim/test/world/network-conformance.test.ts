import { describe, test } from "vitest";
import type { NetworkEvent, NetworkPort } from "@disheap/io";
import { networkSuite } from "@disheap/io/conformance";
import type { NetworkRig } from "@disheap/io/conformance";
import { DEFAULT_NETWORK } from "../../src/world/network-settings.js";
import { SimNetwork } from "../../src/world/network.js";
import { Loop } from "./loop.js";

function rig(seedLo: number): NetworkRig {
  const loop = new Loop();
  const inboxes: NetworkEvent[][] = [[], [], [], []];
  const ports: NetworkPort[] = [];
  const network = new SimNetwork({
    nodes: 3,
    seed: { hi: 0, lo: seedLo },
    settings: DEFAULT_NETWORK,
    schedule: loop.schedule,
    now: loop.now,
    deliver: (to, event) => {
      inboxes[to].push(event);
      if (event.kind === "peer.hello") ports[to].answer(event.call, undefined);
    },
  });
  return {
    start: (node) => {
      network.nodeUp(node);
      inboxes[node] = [];
      const port = network.port(node);
      ports[node] = port;
      port.introduce(Uint8Array.of(node));
      return Promise.resolve({ port, events: inboxes[node] });
    },
    stop: (node) => {
      network.nodeDown(node);
      return Promise.resolve();
    },
    reset: (a, b) => network.reset(a, b),
    until: (condition, what) => {
      while (!condition()) {
        if (!loop.step()) return Promise.reject(new Error(`this never came: ${what}`));
      }
      return Promise.resolve();
    },
    settle: () => {
      loop.drain();
      return Promise.resolve();
    },
    dispose: () => Promise.resolve(),
  };
}

for (const seed of [1, 2, 3]) {
  describe(`NetworkPort, simulated, seed ${seed}`, () => {
    networkSuite(test, () => Promise.resolve(rig(seed)));
  });
}
