// D-86: a group that a leader of another version began is applied by nobody here. Its machine stops with a
// sentence about the other version, its log is kept, and no other group is touched.

import { NEWEST_LEVEL, type Replica } from "@disheap/core";
import { describe, expect, test } from "vitest";
import { createTopic, quietWorld, type QuietWorld } from "./quiet-world.js";

const { number, draft } = NEWEST_LEVEL;
/** u32 length, u8 kind, u16 level, u32 draft (wire-formats.md). */
const LEVEL_AT = 5;
const DRAFT_AT = 7;

/** A queue whose first intents name another level or draft, as a leader of that version would write them. */
class OtherQueue extends Array<Replica["queue"][number]> {
  static at = DRAFT_AT;

  override unshift(...items: Replica["queue"]): number {
    return super.unshift(
      ...items.map((item) => {
        const intent = item.intent.slice();
        intent[OtherQueue.at] += 1;
        return { ...item, intent };
      }),
    );
  }
}

/** Whoever leads the group is of another version: each node as soon as it has the group. */
function beginOtherwise(q: QuietWorld, group: number, at: number): void {
  OtherQueue.at = at;
  const left = new Set(q.world.nodes.map(({ number }) => number));
  for (let waited = 0; waited < 50_000 && left.size > 0; waited += 1) {
    q.advance(0.1);
    for (const number of left) {
      const context = q.world.host(number)?.context;
      const replica = context?.groups.get(group);
      if (!context || !replica) continue;
      left.delete(number);
      // In a run of honest versions a group that stops is a failure; here it is what is asked for.
      Object.assign(context.observer ?? {}, { groupStopped: () => undefined });
      changeQueue(replica);
    }
  }
  if (left.size > 0) throw new Error(`group ${group} must come into being`);
}

function changeQueue(replica: Replica): void {
  let queue = new OtherQueue();
  Object.defineProperty(replica, "queue", {
    get: () => queue,
    set: (items: Replica["queue"]) => {
      queue = new OtherQueue();
      queue.push(...items);
    },
  });
}

const stopped = (q: QuietWorld, group: number): (string | undefined)[] =>
  q.world.nodes.map(
    ({ number }) => q.world.host(number)?.context.groups.get(group)?.machineStoppedBecause,
  );

describe.each([
  ["a newer draft", DRAFT_AT, `level ${number}, draft ${draft + 1}`],
  ["a newer level", LEVEL_AT, `level ${number + 1}, draft ${draft}`],
])("%s", (_, at, named) => {
  test("of the meta group: every machine stops, with a sentence, and the nodes stay", () => {
    const q = quietWorld(3, {}, false);
    beginOtherwise(q, 0, at);
    q.advance(8_000);
    for (const why of stopped(q, 0)) {
      expect(why).toMatch(/^D-86: entry \d+ of term \d+ begins this group, and nothing of it was/);
      expect(why).toContain(`It was written at ${named}`);
      expect(why).toContain("a newer version wrote it");
      expect(why).toContain("do not move the data directory away");
      expect(why).not.toContain("damaged");
    }
    expect(createTopic(q, "jobs", 1)).not.toMatchObject({ ok: true });
    for (const { number } of q.world.nodes) {
      const host = q.world.host(number);
      expect(host?.fatalMessage).toBeUndefined();
      expect(host?.context.groups.get(0)?.raft.log.lastIndex).toBeGreaterThan(1);
    }
  });

  test("of a partition: the others go on", () => {
    const q = quietWorld(3, {}, false);
    q.advance(4_000);
    createTopic(q, "first", 1);
    q.advance(1_000);
    q.hub.request(1, { op: "topic.create", topic: "jobs", settings: {} }, () => undefined);
    beginOtherwise(q, 2, at);
    q.advance(8_000);
    // Its leader stood down with it, so the slowest replica may not have the entry yet.
    const said = stopped(q, 2).filter((why) => why !== undefined);
    expect(said.length).toBeGreaterThanOrEqual(2);
    for (const why of said) expect(why).toContain(`It was written at ${named}`);
    expect([...stopped(q, 0), ...stopped(q, 1)].filter((why) => why !== undefined)).toEqual([]);
    const message = { payload: Uint8Array.of(1), priorityHi: 0, priorityLo: 1 };
    expect(q.ask(2, { op: "enqueue", topic: "first", ...message })).toMatchObject({ ok: true });
    expect(q.ask(2, { op: "enqueue", topic: "jobs", ...message })).not.toMatchObject({ ok: true });
  });
});
