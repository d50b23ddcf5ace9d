// A leader tells of no more candidates than an edge may ask for, whatever a peer asks.

import { expect, test } from "vitest";
import { onAsk } from "../../src/leader/grants.js";
import { CANDIDATES_MAX, type Ladder } from "../../src/wire/messages.js";
import { HostRig } from "../support/host-rig.js";

test("a peer that asks for all candidates is told of the first ones, and that more are left", () => {
  const rig = new HostRig({ nodes: 1 });
  rig.start();
  const rest = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 100) {
      rig.pass(100);
      rig.settle();
    }
  };
  rest(4_000);
  rig.ask({
    op: "topic.create",
    topic: "jobs",
    settings: { partitions: 1, replicationFactor: 1 },
  });
  rest(4_000);
  const message = { op: "enqueue", topic: "jobs", payload: Uint8Array.of(1) } as const;
  const enqueue = (n: number) =>
    ({
      kind: "client.request",
      requestId: 1_000_000 + n,
      request: { ...message, priorityHi: 0, priorityLo: n, delayMs: 0 },
    }) as const;
  rig.turn(...Array.from({ length: CANDIDATES_MAX + 9 }, (_, n) => enqueue(n)));
  rest(500);
  const { context } = rig.host;
  const ladders: Ladder[] = [];
  const send = context.send.bind(context);
  context.send = (peer, m) => {
    if (m.kind === "ladder") ladders.push(m);
    else send(peer, m);
  };
  const ask = {
    kind: "ask",
    group: 1,
    edgeIncarnation: 7,
    stream: 3,
    serial: 1,
    count: 2 ** 32 - 1,
  } as const;
  onAsk(context, 2, ask);
  expect(ladders).toHaveLength(1);
  const told = ladders[0].rungs.reduce((sum, rung) => sum + rung.count, 0);
  expect(told).toBe(CANDIDATES_MAX);
  expect(ladders[0].hasMore).toBe(true);
});
