// rev-D4: commits take longer than an edge waits before it repeats what may be repeated. What the leader has in
// hand is neither proposed again nor sent again whole: load would double just when there is too much of it.

import { eachEntry } from "@disheap/core";
import { expect, test } from "vitest";
import { decodeIntents } from "../../src/oracle/rules/entries/canon.js";
import { createTopic, quietWorld } from "./quiet-world.js";
import { LOST, onMessage } from "./wire.js";

const COUNT = 60;
/** Of a payload that is asked about before it travels again, and of one that is not. */
const SIZES = [4_000, 10];

test.each(SIZES)(
  "repeats of %i bytes while a commit takes more than a second are in the log once",
  (bytes) => {
    // Five nodes, so that one of them holds no replica: nothing but requests and answers travels to it.
    const q = quietWorld(5);
    q.advance(2_000);
    createTopic(q, "jobs", 1);
    q.advance(1_000);
    const replicas = [1, 2, 3, 4, 5].map((node) => q.world.host(node)?.context.groups.get(1));
    const replica = replicas.find((s) => s?.isServing === true);
    if (!replica) throw new Error("the partition must have a leader");
    const edge = replicas.findIndex((s) => s === undefined) + 1;
    let sentWhole = 0;
    onMessage(q, "request", ({ action, group }) => {
      if (group === 1 && action.type === "propose" && action.intent.length > bytes) sentWhole += 1;
      return undefined;
    });
    // Long enough for repeats, not for an election.
    onMessage(q, "append", ({ group }) => (group === 1 ? [1_200] : undefined));
    const before = replica.raft.log.lastIndex;
    let acknowledged = 0;
    for (let i = 0; i < COUNT; i += 1) {
      const producer = { producerId: "p", epochHi: 0, epochLo: 1, sequenceHi: 0, sequenceLo: i };
      const payload = new Uint8Array(bytes).fill(1);
      const message = { topic: "jobs", payload, priorityHi: 0, priorityLo: 1, producer };
      q.hub.request(edge, { op: "enqueue", ...message }, (result) => {
        if (result?.ok === true) acknowledged += 1;
      });
      q.advance(10);
    }
    q.advance(6_000);
    expect(acknowledged).toBe(COUNT);
    let enqueues = 0;
    for (let index = before + 1; index <= replica.raft.log.lastIndex; index += 1) {
      const block = replica.raft.log.blockAt(index);
      if (!block) throw new Error("the log's tail must hold the block");
      eachEntry(block, index, index, (entry) => {
        const intents = decodeIntents(entry);
        enqueues += intents.filter(({ kind }) => kind === "enqueue").length;
      });
    }
    expect(enqueues).toBe(COUNT);
    expect(replica.inHand.size).toBe(0);
    if (bytes === SIZES[0]) expect(sentWhole).toBe(COUNT);
  },
);

test("a large request whose first copy was lost is sent whole after a question", () => {
  const q = quietWorld(3);
  q.advance(2_000);
  createTopic(q, "jobs", 1);
  q.advance(1_000);
  const replicas = [1, 2, 3].map((node) => q.world.host(node)?.context.groups.get(1));
  const leader = replicas.findIndex((s) => s?.isServing === true) + 1;
  let lost = 0;
  onMessage(q, "request", ({ action, group }) => {
    if (group !== 1 || action.type !== "propose" || lost > 0) return undefined;
    lost += 1;
    return LOST;
  });
  const producer = { producerId: "p", epochHi: 0, epochLo: 1, sequenceHi: 0, sequenceLo: 1 };
  const payload = new Uint8Array(4_000).fill(1);
  const message = { topic: "jobs", payload, priorityHi: 0, priorityLo: 1, producer };
  const startUs = q.world.queue.nowUs;
  expect(q.ask((leader % 3) + 1, { op: "enqueue", ...message })).toMatchObject({ ok: true });
  expect(lost).toBe(1);
  expect((q.world.queue.nowUs - startUs) / 1000).toBeLessThan(1_500);
});

test("what a leader had in hand when it lost its place is in nobody's hand", () => {
  const q = quietWorld(3);
  q.advance(2_000);
  createTopic(q, "jobs", 1);
  q.advance(1_000);
  const replicas = [1, 2, 3].map((node) => q.world.host(node)?.context.groups.get(1));
  const leader = replicas.findIndex((s) => s?.isServing === true) + 1;
  const others = [1, 2, 3].filter((node) => node !== leader);
  for (const other of others) q.world.network.cut(leader, other);
  const producer = { producerId: "p", epochHi: 0, epochLo: 1, sequenceHi: 0, sequenceLo: 1 };
  const message = { topic: "jobs", payload: Uint8Array.of(1), priorityHi: 0, priorityLo: 1 };
  let isOk = false;
  q.hub.request(leader, { op: "enqueue", ...message, producer }, (result) => {
    isOk = result?.ok === true;
  });
  q.advance(500);
  expect(replicas[leader - 1]?.inHand.size).toBe(1);
  q.advance(4_500);
  expect(replicas[leader - 1]?.raft.isLeader).toBe(false);
  expect(replicas[leader - 1]?.inHand.size).toBe(0);
  // Its own node's client is answered by the leader that took over.
  for (const other of others) q.world.network.heal(leader, other);
  q.advance(3_500);
  expect(isOk).toBe(true);
});
