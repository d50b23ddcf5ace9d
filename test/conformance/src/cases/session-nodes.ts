// Section 22: sessions and the nodes of a cluster: where leaders are, and what is said when there is none.

import assert from "node:assert/strict";
import { status as Status } from "@grpc/grpc-js";
import type { Case } from "../case.js";
import { column32, rows } from "../session/columns.js";
import type { RawSession } from "../session/raw-session.js";
import type { SessionBench } from "../session/session-bench.js";
import { until } from "../wait.js";

/** A node gives a request 10 s; then it must have said something. */
const ANSWER_MAX_MS = 15_000;

/** The node that a session was told of last, by partition. */
function led(session: RawSession): Map<number, string> {
  return new Map(session.routes.map(({ partition, node }) => [partition, node]));
}

async function leaders(bench: SessionBench, topic: string): Promise<Map<number, string>> {
  const { partitionStats } = await bench.stats(topic);
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
      run: async (bench) => {
        const topic = await bench.topic({ partitions: 3 });
        for (const place of bench.nodes.keys()) {
          const producing = await bench.session(place).opened();
          await producing.enqueue({ ...rows(1), topic: producing.topic(topic) });
          const consuming = await bench.session(place).opened();
          consuming.send({ topic: [{ handle: 1, topic }], consumer: [{ handle: 1, topic: 1 }] });
          for (const session of [producing, consuming]) {
            await until("its routes are the leaders", async () =>
              isSame(led(session), await leaders(bench, topic)),
            );
          }
        }
        const names = bench.nodes.map(({ name }) => name);
        for (const node of (await leaders(bench, topic)).values()) assert(names.includes(node));
      },
    },
    {
      section: 22,
      rule: "a session hears again when a partition gets another leader, and gets its deliveries from there",
      way: "session",
      isAlone: true,
      needsThree: true,
      run: async (bench) => {
        const topic = await bench.topic();
        const leaderName = (await leaders(bench, topic)).get(0) ?? "";
        const leader = bench.nodes.findIndex(({ name }) => name === leaderName);
        const session = await bench.session((leader + 1) % 3).opened();
        session.send({
          topic: [{ handle: 1, topic }],
          consumer: [{ handle: 1, topic: 1 }],
          credit: [{ consumer: 1, count: 1 }],
        });
        await session.until("a route", () => led(session).get(0) === leaderName);
        await bench.node(leader).kill();
        try {
          await session.until("another route", () => led(session).get(0) !== leaderName);
          assert(bench.nodes.some(({ name }) => name === led(session).get(0)));
          const [answer] = await session.enqueue(rows(1));
          assert(typeof answer === "object" && "messageId" in answer, JSON.stringify(answer));
          await session.until("the delivery", () => session.deliveredRows === 1);
        } finally {
          bench.node(leader).start();
          await bench.node(leader).healthy();
        }
      },
    },
    {
      section: 22,
      rule: "without a majority every row is answered, as unknown, and an end is not held up for ever; then all goes on",
      way: "session",
      isAlone: true,
      needsThree: true,
      run: async (bench) => {
        const topic = await bench.topic();
        await bench.enqueue(topic);
        const session = await bench.session(0).opened();
        session.send({
          topic: [{ handle: 1, topic }],
          consumer: [{ handle: 1, topic: 1, reportsStarted: true }],
          credit: [{ consumer: 1, count: 1 }],
        });
        await session.until("a delivery", () => session.deliveredRows === 1);
        for (const place of [1, 2]) await bench.node(place).kill();
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
          for (const place of [1, 2]) bench.node(place).start();
          for (const place of [1, 2]) await bench.node(place).healthy();
        }
        await bench.settle(topic);
        const { pop, item } = await bench.lease(topic);
        await bench.ack(item);
        pop.cancel();
      },
    },
  ];
}
