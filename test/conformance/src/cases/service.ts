// Sections 1 and 2: the service on the wire, its limits, and what its messages carry.

import assert from "node:assert/strict";
import { connect } from "node:http2";
import { DisheapService, EnqueueReq, Mode, StatsReq } from "@disheap/proto";
import { Client, credentials, status as Status } from "@grpc/grpc-js";
import { refused } from "../rig.js";
import type { Case } from "../case.js";
import { until } from "../wait.js";

export const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
const UINT64_MAX = 2n ** 64n - 1n;
const UNIMPLEMENTED: number = Status.UNIMPLEMENTED;
/** The methods that answer so in this version; everything else is in force. */
const NOT_BUILT = ["updateHeapConfig", "purge", "moveToDlq", "enqueueBatch"];
const MIB = 1024 * 1024;

export function serviceCases(): Case[] {
  return [
    {
      section: 1,
      rule: "a method that does not exist answers UNIMPLEMENTED",
      way: "calls",
      run: async (rig) => {
        await refused("UNIMPLEMENTED", rig.raw("NoSuchMethod", new Uint8Array()));
      },
    },
    {
      section: 1,
      rule: "every method of the service answers; one that is not built yet says so and what to do",
      way: "calls",
      run: async (rig) => {
        for (const [name, method] of Object.entries(DisheapService)) {
          if (method.requestStream) continue;
          const call = rig.raw(method.path.split("/")[2] ?? "", new Uint8Array());
          try {
            await call;
          } catch (error) {
            const { code, details } = error as { code: number; details: string };
            assert([3, 5, 9, 12].includes(code), `${name}: ${String(code)} ${details}`);
            assert.equal(code === UNIMPLEMENTED, NOT_BUILT.includes(name), name);
            if (code === UNIMPLEMENTED) assert.match(details, /not built yet: \w+/);
          }
        }
      },
    },
    {
      section: 1,
      rule: "a message near 4 MiB goes in and comes out",
      run: async (rig) => {
        const topic = await rig.topic({ maxPayloadBytes: BigInt(16 * MIB) });
        const payload = Buffer.alloc(4 * MIB - 4096, 7);
        await rig.enqueue(topic, { payload });
        const { pop, item } = await rig.lease(topic);
        assert(payload.equals(item.payload));
        const peeked = await rig.peek(topic);
        assert.equal(peeked.items[0]?.payload.length, payload.length);
        pop.cancel();
      },
    },
    {
      section: 1,
      rule: "a message above 4 MiB is RESOURCE_EXHAUSTED",
      run: async (rig) => {
        const topic = await rig.topic();
        await refused(
          "RESOURCE_EXHAUSTED",
          rig.enqueue(topic, { payload: Buffer.alloc(4 * MIB + 1) }),
        );
      },
    },
    {
      section: 1,
      rule: "1000 concurrent streams are announced, and pings without calls are never answered with GOAWAY",
      way: "calls",
      run: async (rig) => {
        const session = connect(`http://${rig.node(0).endpoint}`);
        let isSentAway = false;
        session.on("goaway", () => (isSentAway = true));
        session.on("error", () => (isSentAway = true));
        try {
          await new Promise((resolve) => session.once("remoteSettings", resolve));
          assert.equal(session.remoteSettings.maxConcurrentStreams, 1000);
          for (let ping = 0; ping < 20; ping += 1) {
            await new Promise<void>((resolve, reject) => {
              session.ping((error) => {
                if (error === null) resolve();
                else reject(error);
              });
            });
          }
          assert(!isSentAway && !session.closed);
        } finally {
          session.destroy();
        }
      },
    },
    {
      section: 1,
      rule: "localhost reaches the node",
      way: "calls",
      run: async (rig) => {
        const port = rig.node(0).endpoint.split(":")[1] ?? "";
        const client = new Client(`localhost:${port}`, credentials.createInsecure());
        await new Promise<void>((resolve, reject) => {
          client.waitForReady(Date.now() + 5_000, (error) => {
            if (error === undefined) resolve();
            else reject(error);
          });
        });
        client.close();
      },
    },
    {
      section: 2,
      rule: "int64 priorities and uint64 producer fields cross the wire at both ends of their range",
      run: async (rig) => {
        const topic = await rig.topic();
        for (const priority of [INT64.max, 0n, INT64.min, -1n]) {
          const producer = { producerId: "p", epoch: UINT64_MAX, sequence: UINT64_MAX - priority };
          const sequence = BigInt.asUintN(64, producer.sequence);
          await rig.enqueue(topic, { priority, ...producer, sequence });
        }
        const pop = rig.pop(topic, 4);
        const items = await pop.take(4);
        assert.deepEqual(
          items.map(({ priority }) => priority),
          [INT64.min, -1n, 0n, INT64.max],
        );
        for (const item of items) {
          assert.equal(item.epoch, UINT64_MAX);
          assert.equal(item.sequence, BigInt.asUintN(64, UINT64_MAX - item.priority));
        }
        pop.cancel();
      },
    },
    {
      section: 2,
      rule: "what was not sent is absent: producer fields, lease deadline",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic);
        const [seen] = (await rig.peek(topic)).items;
        assert.equal(seen?.leaseDeadline, undefined);
        const { pop, item } = await rig.lease(topic);
        for (const value of [item.producerId, item.epoch, item.sequence]) {
          assert.equal(value, undefined);
        }
        pop.cancel();
      },
    },
    {
      section: 2,
      rule: "the enum is MIN=0, MAX=1, and MAX serves the largest first",
      run: async (rig) => {
        const topic = await rig.topic({ mode: Mode.MAX });
        await rig.enqueueAll(topic, [INT64.min, 5n, INT64.max]);
        const pop = rig.pop(topic, 3);
        const got = (await pop.take(3)).map(({ priority }) => priority);
        assert.deepEqual(got, [INT64.max, 5n, INT64.min]);
        assert.equal((await rig.info(topic)).mode, Mode.MAX);
        pop.cancel();
      },
    },
    {
      section: 2,
      rule: "unknown fields are ignored",
      way: "calls",
      run: async (rig) => {
        const topic = await rig.topic();
        const request = EnqueueReq.encode(EnqueueReq.create({ topic, payload: Buffer.from("x") }));
        const bytes = Buffer.concat([request.finish(), Buffer.from([0xc2, 0x3e, 1, 65])]);
        await until("the leader is known there", async () => {
          try {
            await rig.raw("Enqueue", bytes);
            return true;
          } catch (error) {
            if ((error as { code: number }).code === 14) return false;
            throw error;
          }
        });
      },
    },
    {
      section: 2,
      rule: "bytes that are no message are INVALID_ARGUMENT, and the connection goes on",
      way: "calls",
      run: async (rig) => {
        await refused("INVALID_ARGUMENT", rig.raw("Enqueue", Buffer.from([0xff, 0xff, 0xff])));
        await refused("INVALID_ARGUMENT", rig.raw("Stats", Buffer.from([0x0a, 0x7f])));
        await rig.call(DisheapService.stats, StatsReq.create());
      },
    },
    {
      section: 2,
      rule: "payload bytes come out as they went in",
      run: async (rig) => {
        const topic = await rig.topic();
        const payload = Buffer.from(Array.from({ length: 768 }, (_, index) => index % 256));
        await rig.enqueue(topic, { payload });
        const { pop, item } = await rig.lease(topic);
        assert(payload.equals(item.payload));
        pop.cancel();
      },
    },
  ];
}
