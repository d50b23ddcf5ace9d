// One node's wall clock is an hour off; its monotonic clock is right, as on a machine with a wrong date.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { NodeProcess } from "@disheap/harness";
import { Api } from "../api.js";
import { type HardeningCase, Skipped } from "../case.js";
import { expect } from "../expect.js";
import type { World } from "../world.js";

const DELAY_MS = 2_000;
/** Election, load of the machine. */
const SLACK_MS = 9_000;
const TOPIC = "t";

function fakeTimeLibrary(): string {
  for (const folder of existsSync("/usr/lib") ? readdirSync("/usr/lib") : []) {
    const file = join("/usr/lib", folder, "faketime/libfaketime.so.1");
    if (existsSync(file)) return file;
  }
  throw new Skipped("libfaketime is not installed (Debian: apt-get install faketime)");
}

/** A delayed message comes after its delay and not an hour later; a lease lasts and can be acked. */
async function timesHold(world: World, nodes: readonly NodeProcess[], when: string): Promise<void> {
  for (const node of nodes) {
    const api = new Api(node.addresses.grpc);
    world.atEnd(() => {
      api.close();
    });
    for (let i = 0; i < 6; i += 1) {
      await api.enqueue(TOPIC, `${when} ${node.name} ${String(i)}`, {
        notBefore: { seconds: BigInt(DELAY_MS / 1000), nanos: 0 },
      });
    }
    const startMs = performance.now();
    const [first] = await api.pop(TOPIC, { count: 1, maxMs: DELAY_MS + SLACK_MS });
    const waitedMs = performance.now() - startMs;
    expect(first !== undefined, `${when}, ${node.name}: a message delayed by 2 s did not come`);
    const isTooSoon = waitedMs < DELAY_MS - 1_000;
    expect(!isTooSoon, `${when}, ${node.name}: it came after ${waitedMs.toFixed(0)} ms`);
    const rest = await api.pop(TOPIC, { count: 5, maxMs: SLACK_MS });
    expect(rest.length === 5, `${when}, ${node.name}: ${String(rest.length)} of 5 came`);
    for (const item of [first, ...rest]) {
      expect(item.attempts === 1, `${when}, ${node.name}: attempts ${String(item.attempts)}`);
      await api.ack(item);
    }
  }
}

const hourOff: HardeningCase = {
  name: "clock.hour-off",
  does: "n1's clock is an hour ahead, then an hour behind, then right again (libfaketime)",
  expects: "delays and leases take as long as they should, through every node; nothing is lost",
  lane: "own",
  maxMs: 150_000,
  run: async (world) => {
    const library = fakeTimeLibrary();
    const { nodes } = await world.place({ nodes: 3 });
    const [n1, ...others] = nodes;
    expect(n1 !== undefined, "there is an n1");
    const off = (by: string): Record<string, string> => ({
      LD_PRELOAD: library,
      FAKETIME: by,
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    });
    n1.start(off("+1h"));
    for (const node of others) node.start();
    await Promise.all(nodes.map((node) => node.healthy()));
    const shown = /"time":"([^"]+)"/.exec(n1.log())?.[1] ?? "";
    const aheadMs = new Date(shown).getTime() - Date.now();
    if (aheadMs < 3_000_000) throw new Skipped("libfaketime has no effect on this node process");
    await world.api(n1).makeTopic(TOPIC, 6);
    await timesHold(world, nodes, "an hour ahead");
    for (const [by, when] of [
      ["-1h", "an hour behind"],
      ["+0h", "right again"],
    ] as const) {
      await n1.stop();
      await n1.start(off(by)).healthy();
      await timesHold(world, nodes, when);
    }
    return "54 delayed messages came in time and were acked, in all three states";
  },
};

export const clockCases: readonly HardeningCase[] = [hourOff];
