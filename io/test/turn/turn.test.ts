import {
  encodeIdentity,
  NEWEST_LEVEL,
  DEFAULT_DEFAULTS,
  DEFAULT_LIMITS,
  DEFAULT_TIMING,
  Host,
  type ClientEffect,
  type HostConfig,
  type HostEvent,
} from "@disheap/core";
import { describe, expect, test } from "vitest";
import type { DiskOp } from "../../src/ports.js";
import { Turn } from "../../src/turn/turn.js";

// A turn over ports driven by hand: what it submits, in which order, and what it holds back.

interface Rig {
  readonly turn: Turn;
  readonly host: Host;
  readonly calls: string[];
  readonly effects: ClientEffect[];
  readonly writes: { token: number; ops: readonly DiskOp[] }[];
  now: number;
  wakes: number;
  dueUs: number;
  /** Completes the oldest write and lets the turn run until it is idle. */
  written(): void;
  settle(): void;
}

function rig(members: number, limits: Partial<HostConfig["limits"]> = {}): Rig {
  const host = new Host({
    node: "n1",
    members: Array.from({ length: members }, (_, i) => ({
      name: `n${i + 1}`,
      address: `n${i + 1}:1`,
    })),
    seedHi: 1,
    seedLo: 2,
    keySeed: [1, 2, 3, 4],
    timing: DEFAULT_TIMING,
    limits: { ...DEFAULT_LIMITS, ...limits },
    defaults: DEFAULT_DEFAULTS,
  });
  const r: Rig = {
    host,
    calls: [],
    effects: [],
    writes: [],
    now: 0,
    wakes: 0,
    dueUs: Infinity,
    turn: undefined as never,
    written: () => {
      const write = r.writes.shift();
      if (!write) throw new Error("no write is in flight");
      r.turn.push({ kind: "disk.written", token: write.token });
      r.settle();
    },
    settle: () => {
      while (r.wakes > 0) {
        r.wakes = 0;
        r.turn.run();
      }
    },
  };
  const turn = new Turn({
    host,
    ports: {
      disk: {
        open: () => r.calls.push("open"),
        write: (token, ops) => {
          r.calls.push("write");
          r.writes.push({ token, ops });
        },
        identify: (token) => {
          r.calls.push("identify");
          r.turn.push({ kind: "disk.identified", token });
        },
        scan: (token) => {
          r.calls.push("scan");
          r.turn.push({ kind: "disk.scanned", token, entries: [], done: true });
        },
        close: () => undefined,
      },
      network: {
        send: (peer) => r.calls.push(`send ${peer}`),
        introduce: () => r.calls.push("introduce"),
        answer: (call) => r.calls.push(`answer ${call}`),
      },
      clock: { monotonicUs: () => r.now, wallMs: () => 1_700_000_000_000 + r.now / 1000 },
      scheduler: {
        wake: () => {
          r.wakes += 1;
        },
        wakeAt: (us) => {
          r.dueUs = us;
        },
      },
      clients: {
        emit: (effect) => {
          r.calls.push(effect.kind);
          r.effects.push(effect);
        },
      },
      process: { fatal: (message) => r.calls.push(`fatal ${message}`) },
    },
  });
  return Object.assign(r, { turn });
}

/** The store of the first member of a cluster that was formed before. */
function opened(members: number): HostEvent {
  const founders = Array.from({ length: members }, (_, i) => {
    return { id: i + 1, name: `n${i + 1}`, storeId: `store-${i + 1}`, machine: "" };
  });
  const identity = encodeIdentity({
    level: NEWEST_LEVEL.number,
    draft: NEWEST_LEVEL.draft,
    boots: 0,
    nonce: { hi: 0, lo: 0 },
    isFormed: true,
    founding: { cluster: { hi: 7, lo: 8 }, attempt: 1, bornMs: 0, founders },
    met: new Map(),
  });
  return { kind: "disk.opened", token: 0, storeId: "store-1", identity };
}

/** Opens the store and counts the start: the node takes part. */
function ready(members: number, limits?: Partial<HostConfig["limits"]>): Rig {
  const r = rig(members, limits);
  r.turn.start();
  r.turn.push(opened(members));
  r.settle();
  r.written();
  return r;
}

function ticks(r: Rig, count: number): void {
  for (let i = 0; i < count; i += 1) {
    r.now += 50_000;
    r.turn.push({ kind: "tick" });
    r.settle();
    while (r.writes.length > 0) r.written();
  }
}

/** A one-node cluster with a topic. */
function withTopic(): Rig {
  const r = ready(1);
  ticks(r, 4);
  const settings = { partitions: 1, visibilityMs: 1000 };
  r.turn.push({
    kind: "client.request",
    requestId: 1,
    request: { op: "topic.create", topic: "jobs", settings },
  });
  r.settle();
  while (r.writes.length > 0) r.written();
  ticks(r, 6);
  expect(r.effects.at(-1)).toMatchObject({ kind: "client.reply", result: { ok: true } });
  return r;
}

const enqueue = (requestId: number, delayMs = 0) =>
  ({
    kind: "client.request",
    requestId,
    request: {
      op: "enqueue",
      topic: "jobs",
      payload: Uint8Array.of(1),
      priorityHi: 0,
      priorityLo: 1,
      delayMs,
    },
  }) as const;

describe("the turn", () => {
  test("start: opens, reads, counts the start durably, and only then takes part", () => {
    const r = rig(3);
    r.turn.start();
    expect(r.calls).toEqual(["open"]);
    r.turn.push(opened(3));
    r.settle();
    expect(r.calls).toEqual(["open", "scan", "identify", "write"]);
    expect(r.host.isReady).toBe(false);
    r.turn.push(enqueue(1));
    r.settle();
    expect(r.effects).toMatchObject([{ result: { ok: false, failure: { code: "UNAVAILABLE" } } }]);
    r.written();
    expect(r.host.isReady).toBe(true);
  });

  test("a reply waits for the sync of what it promises", () => {
    const r = withTopic();
    r.effects.length = 0;
    r.turn.push(enqueue(2));
    r.settle();
    expect(r.writes.length).toBe(1);
    expect(r.effects).toEqual([]);
    r.written();
    expect(r.effects).toMatchObject([{ kind: "client.reply", requestId: 2, result: { ok: true } }]);
  });

  test("one write is in flight; what comes meanwhile shares the next one", () => {
    const r = withTopic();
    r.turn.push(enqueue(2));
    r.settle();
    for (let id = 3; id <= 9; id += 1) {
      r.turn.push(enqueue(id));
      r.settle();
    }
    expect(r.writes.length).toBe(1);
    r.written();
    expect(r.writes.length).toBe(1);
    r.effects.length = 0;
    r.written();
    expect(r.effects.map((e) => e.kind === "client.reply" && e.requestId)).toEqual([
      3, 4, 5, 6, 7, 8, 9,
    ]);
  });

  test("every batch is synced and ends with its chain record under a fresh key", () => {
    const r = withTopic();
    const keys = new Set<string>();
    for (let id = 2; id < 6; id += 1) {
      r.turn.push(enqueue(id));
      r.settle();
      const last = r.writes[0].ops.at(-1);
      expect(last?.type).toBe("put");
      expect(last?.key[0]).toBe(2);
      keys.add(String(last?.key));
      r.written();
    }
    expect(keys.size).toBe(4);
  });

  test("votes leave after the sync, pre-votes before it", () => {
    const r = ready(3);
    r.calls.length = 0;
    // The preferred leader of the new meta group campaigns at its second tick.
    ticks(r, 2);
    expect(r.calls.filter((c) => c === "write")).toEqual([]);
    expect(r.calls.filter((c) => c.startsWith("send"))).toEqual(["send 2", "send 3"]);
  });

  test("a due timer wakes the turn within 10 ms, without a tick", () => {
    const r = withTopic();
    r.turn.push(enqueue(2, 123));
    r.settle();
    const enqueuedUs = r.now;
    r.written();
    expect(r.dueUs).toBeGreaterThanOrEqual(enqueuedUs + 123_000);
    expect(r.dueUs).toBeLessThanOrEqual(enqueuedUs + 123_000 + 10_000);
    r.now = r.dueUs;
    r.turn.run();
    r.settle();
    r.written();
    const replica = r.host.context.groups.get(1);
    expect(replica?.machine.kind === "partition" && replica.machine.partition.ready.size).toBe(1);
  });

  test("the inbox has a budget in events: the rest waits for the next turn", () => {
    const r = ready(1, { turnEventsMax: 3 });
    for (let i = 0; i < 8; i += 1) r.turn.push({ kind: "tick" });
    const before = r.host.status().metrics.events;
    r.turn.run();
    expect(r.host.status().metrics.events - before).toBe(3);
    r.settle();
    expect(r.host.status().metrics.events - before).toBe(8);
  });

  test.each<HostEvent>([
    { kind: "peer.frame", peer: 2, frame: new Uint8Array(60) },
    { kind: "session.frame", sessionId: 1, frame: new Uint8Array(60) },
  ])("and in bytes: large ones are few in a turn, so that none is long ($kind)", (event) => {
    const r = ready(1, { turnEventBytesMax: 100 });
    for (let i = 0; i < 5; i += 1) r.turn.push(event);
    const before = r.host.status().metrics.events;
    const seen: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      r.turn.run();
      seen.push(r.host.status().metrics.events - before);
    }
    expect(seen).toEqual([2, 4, 5]);
  });

  test("an IO error stops the node with its sentence; nothing is sent or written afterwards", () => {
    const r = withTopic();
    r.calls.length = 0;
    r.turn.push({ kind: "disk.failed", token: 9, message: "the disk is gone" });
    r.turn.push(enqueue(2));
    r.settle();
    r.turn.push(enqueue(3));
    r.turn.run();
    expect(r.calls).toEqual(["fatal the disk is gone"]);
  });
});
