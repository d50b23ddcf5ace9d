// The invariant of what sessions have in common is seen to fire: a delivery without its consumer.

import { expect, test } from "vitest";
import { Operations } from "../../src/edge/requests/operations.js";
import { Sessions } from "../../src/session/sessions.js";
import { HostRig } from "../support/host-rig.js";

test("OWN1: what is delivered has a consumer", () => {
  const { context } = new HostRig().host;
  const hooks = { batchEnded: () => undefined, isKnown: () => true };
  const sessions = new Sessions(context, new Operations(context, hooks), {
    findTopic: () => undefined,
    streams: () => undefined as never,
  });
  const stream = { clientStream: -1 } as never;
  const nothing = {} as never;
  expect(() => sessions.deliver(stream, nothing, nothing, 0)).toThrow(/^OWN1/);
});
