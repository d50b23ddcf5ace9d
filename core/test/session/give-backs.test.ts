// What a session did not start goes back, and for as long as what a stream was not delivered; what no leader takes in
// that time is counted like that.

import { expect, test } from "vitest";
import { Operations } from "../../src/edge/requests/operations.js";
import { Calls } from "../../src/session/calls.js";
import type { Delivery } from "../../src/session/ring.js";
import { Session } from "../../src/session/session.js";
import { foundingOf, HostRig } from "../support/host-rig.js";

/** Its partition is on nodes that say nothing. */
function delivery(index: number): Delivery {
  const place = { group: 9, partition: 0, incarnation: 1, voters: [2, 3] };
  const lease = { index, offset: 0, fence: 1, mac: new Uint8Array(16) };
  return { place, ...lease, clientStream: -1, overMs: 1_000, isStarted: false };
}

test("give-backs of a session are repeated for ten minutes, and counted when given up", () => {
  const rig = new HostRig({ nodes: 3 });
  const { context } = rig.host;
  context.join(foundingOf(rig.members));
  context.incarnation = 1;
  const operations: Operations = new Operations(context, {
    batchEnded: (call, leg, end) => calls.batchEnded(call, leg, end),
    isKnown: () => true,
  });
  const calls: Calls = new Calls(context, operations, {
    findTopic: () => undefined,
    changed: () => undefined,
  });
  calls.giveBack(new Session(1, 1_000, 4 << 20), [delivery(4), delivery(5)]);
  const pass = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 500) {
      context.monotonicMs += 500;
      operations.tick();
    }
  };
  pass(599_000);
  expect([calls.size, operations.givenUp]).toEqual([1, 0]);
  pass(2_000);
  expect([calls.size, operations.givenUp]).toEqual([0, 2]);
});
