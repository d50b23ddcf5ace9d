import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClientRequest, ClientResult } from "@disheap/core";
import { freePorts } from "@disheap/harness";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Carrier } from "../src/carrier.js";
import { loadConfig } from "../src/config/config.js";
import { LoadGarbage } from "../src/memory/load-garbage.js";
import { StartGarbage } from "../src/memory/start-garbage.js";
import { ProductionEngine } from "../src/production-engine.js";

const DAY_MS = 24 * 3_600_000;
/** Beyond it a timer of Node fires at once, after a warning. */
const TIMER_MAX_MS = 2 ** 31 - 1;

let folder: string;
let engine: ProductionEngine;
let carrier: Carrier;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "disheap-engine-test-"));
  const [raft = 0] = await freePorts(1);
  const env = { NODE_ID: "n1", SINGLE_NODE: "true", RAFT_BIND: `127.0.0.1:${raft}` };
  const loaded = loadConfig({ argv: [], env: { ...env, STORAGE_PATH: folder } });
  if (loaded.kind !== "config") throw new Error(JSON.stringify(loaded));
  const ignore = (): undefined => undefined;
  engine = new ProductionEngine({
    config: loaded.config,
    log: pino({ level: "silent" }),
    observer: {
      roleChanged: ignore,
      proposed: ignore,
      applied: ignore,
      sent: ignore,
      groupStopped: ignore,
    },
    observeStage: ignore,
    garbage: new StartGarbage({ collect: ignore, heapBytes: () => 0, later: ignore }),
    loadGarbage: new LoadGarbage({ collect: ignore, heapBytes: () => 0, later: ignore }),
    emit: (effect) => {
      carrier.emit(effect);
    },
    onFatal: (message) => {
      throw new Error(message);
    },
  });
  carrier = new Carrier(engine, () => performance.now(), 10_000);
  await engine.start();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Asks until it is done: a new group has no leader yet. */
async function ask(request: ClientRequest): Promise<void> {
  for (;;) {
    const result = await new Promise<ClientResult>((resolve) => {
      carrier.request(request, resolve);
    });
    if (result.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it("a message that is due beyond the longest timer of the platform does not make the node spin", async () => {
  await ask({ op: "topic.create", topic: "jobs", settings: { partitions: 1 } });
  const timers = vi.spyOn(globalThis, "setTimeout");
  const longest = (): number => Math.max(0, ...timers.mock.calls.map(([, ms]) => ms ?? 0));
  await ask({
    op: "enqueue",
    topic: "jobs",
    payload: Uint8Array.of(1),
    priorityHi: 0,
    priorityLo: 1,
    delayMs: 30 * DAY_MS,
  });
  await vi.waitFor(() => expect(longest()).toBeGreaterThan(DAY_MS), 20_000);
  expect(longest()).toBe(TIMER_MAX_MS);
});
