// rev-B10: whoever asked for a deletion may be gone before it is done. The node that leads the meta group goes
// on with it, whoever that is by then: a topic is never left closed for good, neither there nor gone.

import { expect, test } from "vitest";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";
import { LOST, onMessage } from "./wire.js";

const DELETE = { op: "topic.delete", topic: "jobs", force: true, confirmationToken: "" } as const;
/** Kind of partition.close (wire/intents.ts). */
const CLOSE = 11;

function leaderOf(q: QuietWorld, group: number): number {
  const leads = (node: number): boolean =>
    q.world.host(node)?.context.groups.get(group)?.isServing === true;
  return [1, 2, 3].find(leads) ?? 0;
}

function isDeleting(q: QuietWorld, node: number): boolean {
  const machine = q.world.host(node)?.context.groups.get(0)?.machine;
  return machine?.kind === "cluster" && machine.cluster.topics.get("jobs")?.isDeleting === true;
}

function until(q: QuietWorld, withinMs: number, what: () => boolean): void {
  for (let waited = 0; waited < withinMs && !what(); waited += 1) q.advance(1);
  expect(what()).toBe(true);
}

/** A topic whose deletion can be held up: while `isHeld`, nobody's word to close its partition arrives. */
function halfDone(): { q: QuietWorld; meta: number; hold: { isOn: boolean } } {
  const q = quietWorld(3);
  q.advance(2_000);
  const meta = leaderOf(q, 0);
  // A partition that another node leads, so that closing it takes a message.
  let made = 0;
  do {
    createTopic(q, "jobs", 1);
    q.advance(500);
    made += 1;
    const machine = q.world.host(meta)?.context.groups.get(0)?.machine;
    const record = machine?.kind === "cluster" ? machine.cluster.topics.get("jobs") : undefined;
    if (leaderOf(q, record?.partitions[0].group ?? 0) !== meta) break;
    q.ask(meta, DELETE);
  } while (made < 5);
  const hold = { isOn: true };
  onMessage(q, "request", ({ action }) =>
    hold.isOn && action.type === "propose" && action.intent[4] === CLOSE ? LOST : undefined,
  );
  return { q, meta, hold };
}

function another(q: QuietWorld, node: number): number {
  return [1, 2, 3].find((n) => n !== node && q.world.host(n) !== undefined) ?? 0;
}

test("the node that was asked for a deletion dies: the topic goes, and its name is free again", () => {
  const { q, meta, hold } = halfDone();
  const edge = another(q, meta);
  q.hub.request(edge, DELETE, () => undefined);
  until(q, 1_000, () => isDeleting(q, meta));
  q.world.kill(edge);
  hold.isOn = false;
  q.advance(6_000);
  expect(createTopic({ ...q, ask: (_, request) => q.ask(meta, request) }, "jobs", 1)).toMatchObject(
    {
      ok: true,
    },
  );
});

test("the leader that drives a deletion dies: the next one ends it", () => {
  const { q, meta, hold } = halfDone();
  const edge = another(q, meta);
  let ended: boolean | undefined;
  q.hub.request(edge, DELETE, (result) => (ended = result?.ok));
  until(q, 1_000, () => isDeleting(q, edge));
  q.world.kill(meta);
  hold.isOn = false;
  q.advance(9_000);
  expect(ended).toBe(true);
  expect(createTopic({ ...q, ask: (_, request) => q.ask(edge, request) }, "jobs", 1)).toMatchObject(
    { ok: true },
  );
});

test("a deletion that takes too long for its client says that it goes on, and it does", () => {
  const { q, meta, hold } = halfDone();
  const answer = q.ask(another(q, meta), DELETE, 12_000);
  expect(answer).toMatchObject({ ok: false, failure: { code: "UNAVAILABLE" } });
  const message = answer?.ok === false ? answer.failure.message : "";
  expect(message).toContain("goes on by itself");
  const create = createTopic(q, "jobs", 1);
  expect(create).toMatchObject({ ok: false, failure: { code: "ALREADY_EXISTS" } });
  expect(create?.ok === false ? create.failure.message : "").toContain("being deleted");
  hold.isOn = false;
  q.advance(3_000);
  expect(isDeleting(q, meta)).toBe(false);
  expect(createTopic(q, "jobs", 1)).toMatchObject({ ok: true });
});
