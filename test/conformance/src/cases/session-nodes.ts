// Section 22: sessions and the nodes of a cluster: where leaders are, and what is said when there is none.

import assert from "node:assert/strict";
import { status as Status } from "@grpc/grpc-js";
import type { Case } from "../case.js";
import { column32, rows } from "../session/columns.js";
import type { RawSession } from "../session/raw-session.js";
import type { SessionRig } from "../session/session-rig.js";
import { until } from "../wait.js";

/** A node gives a request 10 s; then it must have said something. */
const ANSWER_MAX_MS = 15_000;

/** The node that a session was told of last, by partition. */
function led(session: RawSession): Map<number, string> {
  return new Map(session.routes.map(({ partition, node }) => [partition, node]));
}

async function leaders(rig: SessionRig, topic: string): Promise<Map<number, string>> {
  const { partitionStats } = await rig.stats(topic);
  return new Map([...partitionStats].map(([partition, part]) => [partition, part.leaderNode]));
}

function isSame(one: Map<number, string>, other: Map<number, string>): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value);
}

export function sessionNodeCases(): Case[] {
  return [
    {
      section: 22,
      rule: "a session hears which node leads each partition of a topic that it uses, by the name in a welcome",
      way: "session",
      run: async (rig) => {
        const topic = await rig.topic({ partitions: 3 });
        for (const place of rig.nodes.keys()) {
          const producing = await rig.session(place).opened();
          await producing.enqueue({ ...rows(1), topic: producing.topic(topic) });
          const consuming = await rig.session(place).opened();
          consuming.send({ topic: [{ handle: 1, topic }], consumer: [{ handle: 1, topic: 1 }] });
          for (const session of [producing, consuming]) {
            await until("its routes are the leaders", async () =>
              isSame(led(session), await leaders(rig, topic)),
            );
          }
        }
        const names = rig.nodes.map(({ name }) => name);
        for (const node of (await leaders(rig, topic)).values()) assert(names.includes(node));
      },
    },
    {
      section: 22,
      rule: "a session hears again when a partition gets another leader, and gets its deliveries from there",
      way: "session",
      isAlone: true,
      needsThree: true,
      run: async (rig) => {
        const topic = await rig.topic();
        const leaderName = (await leaders(rig, topic)).get(0) ?? "";
        const leader = rig.nodes.findIndex(({ name }) => name === leaderName);
        const session = await rig.session((leader + 1) % 3).opened();
        session.send({
          topic: [{ handle: 1, topic }],
          consumer: [{ handle: 1, topic: 1 }],
          credit: [{ consumer: 1, count: 1 }],
        });
        await session.until("a route", () => led(session).get(0) === leaderName);
        await rig.node(leader).kill();
        try {
          await session.until("another route", () => led(session).get(0) !== leaderName);
          assert(rig.nodes.some(({ name }) => name === led(session).get(0)));
          const [answer] = await session.enqueue(rows(1));
          assert(typeof answer === "object" && "messageId" in answer, JSON.stringify(answer));
          await session.until("the delivery", () => session.deliveredRows === 1);
        } finally {
          rig.node(leader).start();
          await rig.node(leader).healthy();
        }
      },
    },
    {
      section: 22,
      rule: "without a majority every row is answered, as unknown, and an end is not held up for ever; then all goes on",
      way: "session",
      isAlone: true,
      needsThree: true,
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic);
        const session = await rig.session(0).opened();
        session.send({
          topic: [{ handle: 1, topic }],
          consumer: [{ handle: 1, topic: 1, reportsStarted: true }],
          credit: [{ consumer: 1, count: 1 }],
        });
        await session.until("a delivery", () => session.deliveredRows === 1);
        for (const place of [1, 2]) await rig.node(place).kill();
        try {
          const startMs = Date.now();
          const answers = await session.enqueue({ ...rows(2), length: column32(1, 1) });
          assert(Date.now() - startMs < ANSWER_MAX_MS);
          for (const answer of answers) {
            assert(typeof answer === "object" && "code" in answer);
            const codes: number[] = [Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED];
            assert(codes.includes(answer.code), JSON.stringify(answer));
          }
          session.send({ ends: true });
          assert.equal((await session.ended()).code, Status.OK);
        } finally {
          for (const place of [1, 2]) rig.node(place).start();
          for (const place of [1, 2]) await rig.node(place).healthy();
        }
        await rig.settle(topic);
        const { pop, item } = await rig.lease(topic);
        await rig.ack(item);
        pop.cancel();
      },
    },
  ];
}
