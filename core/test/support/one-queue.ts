// One node with one topic of one partition, and messages in it.

import { HostRig } from "./host-rig.js";

export function rest(rig: HostRig, ms: number): void {
  for (let passed = 0; passed < ms; passed += 100) {
    rig.pass(100);
    rig.settle();
  }
}

/** `count` messages of rising priority in "jobs", enqueued in one turn. */
export function oneQueue(count: number, delayMs: number): HostRig {
  const rig = new HostRig({ nodes: 1 });
  rig.start();
  rest(rig, 4_000);
  rig.ask({
    op: "topic.create",
    topic: "jobs",
    settings: { partitions: 1, replicationFactor: 1 },
  });
  rest(rig, 4_000);
  const message = { op: "enqueue", topic: "jobs", payload: Uint8Array.of(1) } as const;
  const enqueue = (n: number) =>
    ({
      kind: "client.request",
      requestId: 1_000_000 + n,
      request: { ...message, priorityHi: 0, priorityLo: n, delayMs },
    }) as const;
  rig.turn(...Array.from({ length: count }, (_, n) => enqueue(n)));
  rest(rig, 500);
  rig.effects.length = 0;
  return rig;
}
