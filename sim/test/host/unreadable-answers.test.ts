// D-89: an answer of another node that this one cannot read is its client's failure, and nobody's end.

import type { ClientRequest, ClientResult } from "@disheap/core";
import { expect, test } from "vitest";
import { createTopic, quietWorld } from "./quiet-world.js";
import { LOST, onMessage } from "./wire.js";

const CREATE = { mode: "MIN", partitions: 1, replicationFactor: 3, visibilityMs: 10_000 } as const;
const ASKED: readonly ClientRequest[] = [
  { op: "stats" },
  { op: "peek", topic: "jobs", limit: 1, includeDlq: false },
  {
    op: "enqueue",
    topic: "jobs",
    payload: Uint8Array.of(1),
    priorityHi: 0,
    priorityLo: 1,
  },
  { op: "topic.create", topic: "more", settings: CREATE },
];

test.each(ASKED)("$op", (request) => {
  const q = quietWorld(3);
  q.advance(2_000);
  createTopic(q, "jobs", 1);
  q.advance(500);
  const leads = (node: number, group: number): boolean =>
    q.world.host(node)?.context.groups.get(group)?.raft.isLeader === true;
  const edge = [1, 2, 3].find((node) => !leads(node, 0) && !leads(node, 1)) ?? 0;
  const answers: ClientResult[] = [];
  const asked: { readonly from: number; readonly requestId: number; readonly attempt: number }[] =
    [];
  const kind = request.op === "topic.create" || request.op === "enqueue" ? "propose" : "read";
  onMessage(q, "request", (m, from, to) => {
    if (from !== edge || !m.action.type.startsWith(kind)) return undefined;
    asked.push({ from: to, requestId: m.requestId, attempt: m.attempt });
    return LOST;
  });
  q.hub.request(edge, request, (result) => result && answers.push(result));
  for (let ms = 0; ms < 3_000 && asked.length === 0; ms += 1) q.advance(1);
  const host = q.world.host(edge);
  for (const { from, requestId, attempt } of asked) {
    host?.operations.router.onReply(from, {
      kind: "reply",
      edgeIncarnation: host.context.incarnation,
      requestId,
      attempt,
      outcome: { type: "done", index: 5, body: Uint8Array.of(9, 9, 9) },
    });
  }
  q.advance(200);
  expect(answers).toMatchObject([{ ok: false, failure: { code: "INTERNAL" } }]);
  expect(host?.operations.size).toBe(0);
});
