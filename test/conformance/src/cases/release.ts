// The second service, disheap.v1.Admin: deliveries that are given back without counting an attempt (D-91).
// And the shortest lease there is (sections 3 and 9), without which nothing could be delivered in time.

import assert from "node:assert/strict";
import { AdminService } from "@disheap/proto";
import { duration, refused } from "../rig.js";
import type { Case } from "../case.js";
import { until } from "../wait.js";

const HOUR_MS = 3_600_000;

export function releaseCases(): Case[] {
  return [
    {
      section: 11,
      rule: "Release makes a message ready at once and takes its attempt back; a repeat is OK on every node",
      run: async (rig) => {
        const topic = await rig.topic({ maxRetriesDefault: 1 });
        await rig.enqueueAll(topic, [7n, 7n]);
        const pop = rig.pop(topic, 1, { visibilityMs: HOUR_MS });
        const item = await pop.one();
        for (const place of rig.nodes.keys()) await rig.release(item, place);
        pop.cancel();
        const again = await rig.lease(topic, HOUR_MS);
        // Its old place among equals.
        assert.deepEqual([again.item.messageId, again.item.attempts], [item.messageId, 1]);
        await rig.release(item);
        assert.equal((await rig.stats(topic)).inflightMessages, 1n);
        await rig.ack(again.item);
        again.pop.cancel();
      },
    },
    {
      section: 11,
      rule: "a message that is given back over and over never goes to the dead letters",
      run: async (rig) => {
        const topic = await rig.topic({ maxRetriesDefault: 1 });
        await rig.enqueue(topic);
        const pop = rig.pop(topic, 6, { visibilityMs: HOUR_MS });
        for (let i = 0; i < 5; i += 1) {
          const item = await pop.one();
          assert.equal(item.attempts, 1);
          await rig.release(item);
        }
        assert.equal((await rig.stats(topic)).dlqMessages, 0n);
        pop.cancel();
      },
    },
    {
      section: 11,
      rule: "after the lease ended by its deadline Release takes the attempt back, once, dead letters included",
      run: async (rig) => {
        // Unset and 0 are the same for a topic; a message can say 0.
        const topic = await rig.topic();
        await rig.enqueue(topic, { maxRetries: 0 });
        const pop = rig.pop(topic, 1, { visibilityMs: 300 });
        const item = await pop.one();
        await until("the message is dead", async () => {
          return (await rig.stats(topic)).dlqMessages === 1n;
        });
        await rig.release(item);
        await rig.release(item);
        const stats = await rig.stats(topic);
        assert.deepEqual([stats.dlqMessages, stats.totalMessages], [0n, 1n]);
        const again = await rig.lease(topic, HOUR_MS);
        assert.equal(again.item.attempts, 1);
        again.pop.cancel();
        pop.cancel();
      },
    },
    {
      section: 11,
      rule: "Release after Ack or Nack, of another message or with a forged token is FAILED_PRECONDITION",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueueAll(topic, [1n, 2n]);
        const pop = rig.pop(topic, 2, { visibilityMs: HOUR_MS });
        const [first, second] = await pop.take(2);
        assert(first !== undefined && second !== undefined);
        const crossed = { ...first, leaseToken: second.leaseToken };
        await refused("FAILED_PRECONDITION", rig.release(crossed));
        // The last character stands for fewer than six bits, so not every other one is a token.
        const { leaseToken: token } = second;
        const middle = flipped(token.slice(-5, -1));
        const forged = { ...second, leaseToken: token.slice(0, -5) + middle + token.slice(-1) };
        await refused("FAILED_PRECONDITION", rig.release(forged));
        await rig.ack(first);
        await rig.nack(second, HOUR_MS);
        await refused("FAILED_PRECONDITION", rig.release(first));
        await refused("FAILED_PRECONDITION", rig.release(second));
        const { items } = await rig.peek(topic);
        assert.deepEqual(
          items.map(({ attempts, isLeased }) => [attempts, isLeased]),
          [[1, false]],
        );
        pop.cancel();
      },
    },
    {
      section: 11,
      rule: "after Release the token settles and extends nothing",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic);
        const { pop, item } = await rig.lease(topic, HOUR_MS);
        await rig.release(item);
        await refused("FAILED_PRECONDITION", rig.ack(item));
        await refused("FAILED_PRECONDITION", rig.nack(item));
        await refused("FAILED_PRECONDITION", rig.extend(item, 1000));
        pop.cancel();
      },
    },
    {
      section: 5,
      rule: "Release refuses empty and malformed fields with INVALID_ARGUMENT, an unknown topic with NOT_FOUND",
      run: async (rig) => {
        const topic = await rig.topic();
        await rig.enqueue(topic);
        const { pop, item } = await rig.lease(topic, HOUR_MS);
        for (const empty of [{ topic: "" }, { messageId: "" }, { leaseToken: "" }]) {
          await refused("INVALID_ARGUMENT", rig.release({ ...item, ...empty }));
        }
        for (const malformed of [{ leaseToken: "x" }, { messageId: "not an id" }]) {
          await refused("INVALID_ARGUMENT", rig.release({ ...item, ...malformed }));
        }
        await refused("NOT_FOUND", rig.release({ ...item, topic: "no-such-topic" }));
        await rig.ack(item);
        pop.cancel();
      },
    },
    {
      section: 1,
      rule: "a method that the second service lacks answers UNIMPLEMENTED",
      way: "calls",
      run: async (rig) => {
        const { path } = AdminService.release;
        await refused(
          "UNIMPLEMENTED",
          rig.rawAt(path.replace("Release", "Nothing"), Buffer.alloc(0)),
        );
      },
    },
    {
      section: 9,
      rule: "a visibility below 100 ms is taken as 100 ms, in a topic and in a filter, and the deadline shows it",
      run: async (rig) => {
        const topic = await rig.topic({ visibilityTimeoutDefault: duration(1) });
        const info = await rig.info(topic);
        assert.deepEqual(info.visibilityTimeoutDefault, duration(100));
        await rig.enqueueAll(topic, [1n, 2n]);
        for (const options of [{}, { visibilityMs: 30 }]) {
          const pop = rig.pop(topic, 1, options);
          const item = await pop.one();
          const { enqueuedTime, leaseDeadline } = item;
          // The grant is later than the enqueue.
          const leaseMs = Number(leaseDeadline) - Number(enqueuedTime);
          assert(leaseMs >= 100, `the lease ends ${String(leaseMs)} ms after the enqueue`);
          await rig.ack(item).catch(() => undefined);
          pop.cancel();
        }
      },
    },
    {
      section: 9,
      rule: "with the shortest visibility a message is dead only after it was delivered once and once a retry",
      // A session still ends when a delivery waited for the transport for half of its lease, here 50 ms.
      way: "calls",
      run: async (rig) => {
        const topic = await rig.topic({ maxRetriesDefault: 2 });
        const ids = await rig.enqueueAll(topic, Array<bigint>(40).fill(0n));
        const pop = rig.pop(topic, 1000, { visibilityMs: 1 });
        const acked = new Set<string>();
        let seen = 0;
        await until("every message is acknowledged or dead", async () => {
          const fresh = pop.items.slice(seen);
          seen += fresh.length;
          for (const item of fresh) {
            await rig.ack(item).then(
              () => acked.add(item.messageId),
              () => undefined,
            );
          }
          return BigInt(acked.size) + (await rig.stats(topic)).dlqMessages === BigInt(ids.length);
        });
        const { items } = await rig.peek(topic, { includeDlq: true, limit: 100 });
        for (const { messageId } of items) {
          const deliveries = pop.items.filter((item) => item.messageId === messageId).length;
          assert(deliveries >= 3, `${messageId} is dead after ${String(deliveries)} deliveries`);
        }
        pop.cancel();
      },
    },
  ];
}

function flipped(text: string): string {
  return [...text].map((c) => (c === "A" ? "B" : "A")).join("");
}
