import fc from "fast-check";
import { expect, test } from "vitest";
import type { DiskEvent, DiskOp, DiskPort } from "@disheap/io";
import { DEFAULT_DISK } from "../../src/world/disk-settings.js";
import type { DiskBoundary, DiskSettings } from "../../src/world/disk-settings.js";
import { fromHex, toHex } from "../../src/world/disk-store.js";
import { SimDisk } from "../../src/world/disk.js";
import { Loop } from "./loop.js";

/** The range that holds this key alone. */
const ONLY = (key: number): [Uint8Array, Uint8Array] => [Uint8Array.of(key), Uint8Array.of(key, 0)];

class World {
  readonly loop = new Loop();
  readonly trace: string[] = [];
  readonly disk: SimDisk;
  events: DiskEvent[] = [];
  port: DiskPort;
  onBoundary: (kind: DiskBoundary, token: number) => void = () => undefined;

  constructor(seedLo = 1, settings: Partial<DiskSettings> = {}) {
    this.disk = new SimDisk({
      node: 1,
      seed: { hi: 3, lo: seedLo },
      settings: { ...DEFAULT_DISK, ...settings },
      schedule: this.loop.schedule,
      now: this.loop.now,
      onBoundary: (kind, token) => this.onBoundary(kind, token),
      trace: (kind, number, ops) =>
        this.trace.push(`${this.loop.nowUs} ${kind} ${number} ${ops?.length ?? ""}`),
    });
    this.port = this.start();
  }

  /** A new process; opens the store and waits for it. */
  start(): DiskPort {
    this.events = [];
    this.port = this.disk.port((event) => this.events.push(event));
    this.port.open(0);
    this.loop.runFor(100_000);
    return this.port;
  }

  /** Tokens in order of completion. */
  written(): number[] {
    return this.events.flatMap((event) => (event.kind === "disk.written" ? [event.token] : []));
  }

  count(kind: string): number {
    return this.disk.counts.get(kind) ?? 0;
  }

  value(key: number): number | undefined {
    return this.disk.durable().get(toHex(Uint8Array.of(key)))?.[0];
  }
}

/** A crash loses what no sync covered: neither view of the durable content may show it. */
test("a durable value is what durable() holds", () => {
  const world = new World();
  world.port.write(1, [put(1, 10)], true);
  world.port.write(2, [put(1, 11)], false);
  world.loop.runFor(1_000_000);
  const key = toHex(Uint8Array.of(1));
  expect(world.disk.durableValue(key)).toEqual(Uint8Array.of(10));
  expect(world.disk.durableValue(key)).toEqual(world.disk.durable().get(key));
  world.port.write(3, [put(1, 12)], true);
  world.loop.runFor(1_000_000);
  expect(world.disk.durableValue(key)).toEqual(Uint8Array.of(12));
  expect(world.disk.durableValue(toHex(Uint8Array.of(2)))).toBeUndefined();
});

const put = (key: number, value: number): DiskOp => ({
  type: "put",
  key: Uint8Array.of(key),
  value: Uint8Array.of(value),
});

test("hex keys keep the order of bytes and come back unchanged", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 8 }), fc.uint8Array({ maxLength: 8 }), (a, b) => {
      expect(fromHex(toHex(a))).toEqual(a);
      expect(Math.sign(Buffer.compare(a, b))).toBe(
        toHex(a) < toHex(b) ? -1 : toHex(a) > toHex(b) ? 1 : 0,
      );
    }),
  );
});

test("rot alters what is read, in every life, until the key is written anew", () => {
  const world = new World();
  const read = (): number[] => {
    world.events = [];
    world.port.scan(9, Uint8Array.of(0), Uint8Array.of(9), 1_000);
    world.loop.runFor(100_000);
    const [scan] = world.events;
    return scan.kind === "disk.scanned" ? scan.entries.map(({ value }) => value[0]) : [];
  };
  world.port.write(1, [put(1, 10), put(2, 20)], true);
  world.loop.runFor(1_000_000);
  expect([read(), world.disk.metRotAtUs]).toEqual([[10, 20], undefined]);
  world.disk.rot([toHex(Uint8Array.of(1)), toHex(Uint8Array.of(5))]);
  expect(read()).toEqual([11, 20]);
  expect(world.disk.metRotAtUs).toBeGreaterThan(0);
  world.disk.crash();
  world.start();
  expect(world.disk.metRotAtUs).toBeUndefined();
  expect(read()).toEqual([11, 20]);
  world.port.write(2, [put(1, 30)], true);
  world.loop.runFor(1_000_000);
  expect([read(), world.count("disk.rot")]).toEqual([[30, 20], 2]);
});

test("what rotted away takes no room on a page, and is met by whoever reads past it", () => {
  const world = new World();
  const page = (from: number): { values: number[]; done: boolean } => {
    world.events = [];
    world.port.scan(9, Uint8Array.of(from), Uint8Array.of(9), 1);
    world.loop.runFor(100_000);
    const [scan] = world.events;
    if (scan.kind !== "disk.scanned") throw new Error("a page was expected");
    return { values: scan.entries.map(({ value }) => value[0]), done: scan.done };
  };
  world.port.write(1, [put(1, 10), put(2, 20), put(3, 30), put(4, 40)], true);
  world.loop.runFor(1_000_000);
  world.disk.rot([toHex(Uint8Array.of(2)), toHex(Uint8Array.of(3))], "missing");
  expect([page(1), world.disk.metRotAtUs]).toEqual([{ values: [10], done: false }, undefined]);
  expect(page(2)).toEqual({ values: [40], done: true });
  expect(world.disk.metRotAtUs).toBeGreaterThan(0);
});

test("a crash at each boundary keeps exactly what the boundary promises", () => {
  const survived = { "write.submitted": new Set(), "write.durable": new Set() };
  for (let seed = 0; seed < 40; seed += 1) {
    for (const kind of ["write.submitted", "write.durable", "write.completed"] as const) {
      const world = new World(seed);
      world.onBoundary = (at) => {
        if (at === kind) world.disk.crash();
      };
      world.port.write(1, [put(1, 1)], true);
      world.loop.drain();
      expect(world.written()).toEqual(kind === "write.completed" ? [1] : []);
      if (kind === "write.submitted") survived[kind].add(world.value(1));
      else expect(world.value(1)).toBe(1);
      expect(world.count("disk.unsynced")).toBe(world.value(1) === undefined ? 1 : 0);
    }
  }
  expect(survived["write.submitted"].size).toBe(2);
});

test("S1: recovery is everything synced and a prefix of the rest, whatever the timing", () => {
  const plan = fc.array(fc.record({ sync: fc.boolean(), waitUs: fc.nat(600) }), { minLength: 1 });
  let lost = 0;
  fc.assert(
    fc.property(plan, fc.nat(), fc.nat(800), (writes, seed, tailUs) => {
      const world = new World(seed);
      writes.forEach(({ sync, waitUs }, i) => {
        world.port.write(i + 1, [put(i, 1), put(200, i)], sync);
        world.loop.runFor(waitUs);
      });
      world.loop.runFor(tailUs);
      const done = world.written();
      expect(done).toEqual(done.map((_, i) => i + 1));
      const promised = Math.max(0, ...done.filter((token) => writes[token - 1].sync));
      world.disk.crash();
      const kept = writes.map((_, i) => world.value(i) === 1);
      const count = kept.filter(Boolean).length;
      expect(kept.slice(0, count).every(Boolean)).toBe(true);
      expect(count).toBeGreaterThanOrEqual(promised);
      expect(world.value(200)).toBe(count === 0 ? undefined : count - 1);
      expect(world.count("disk.unsynced")).toBe(count < writes.length ? 1 : 0);
      lost += world.count("disk.unsynced");
      world.start();
      expect(world.events).toMatchObject([{ kind: "disk.opened", token: 0 }]);
    }),
  );
  expect(lost).toBeGreaterThan(0);
});

test("disk.unsynced takes batches that completed without a sync, and a later sync saves them", () => {
  const outcomes = { alone: new Set<number | undefined>(), synced: new Set<number | undefined>() };
  for (let seed = 0; seed < 40; seed += 1) {
    for (const end of ["alone", "synced"] as const) {
      const world = new World(seed);
      world.port.write(1, [put(1, 1)], false);
      if (end === "synced") world.port.write(2, [put(2, 2)], true);
      world.loop.drain();
      expect(world.written().length).toBe(end === "synced" ? 2 : 1);
      expect(world.value(1)).toBe(end === "synced" ? 1 : undefined);
      world.disk.crash();
      outcomes[end].add(world.value(1));
    }
  }
  expect(outcomes.alone).toEqual(new Set([undefined, 1]));
  expect(outcomes.synced).toEqual(new Set([1]));
});

test("D1: a crashed or closed process is told nothing more, not even that it opened", () => {
  for (const end of ["crash", "close"] as const) {
    const world = new World();
    world.port.write(1, [put(1, 1)], true);
    world.port.scan(2, ...ONLY(1), 100);
    if (end === "crash") world.disk.crash();
    else world.port.close();
    world.port.write(3, [put(3, 3)], true);
    world.port.scan(4, ...ONLY(1), 100);
    world.loop.drain();
    expect(world.events.map((event) => event.token)).toEqual([0]);
    expect(world.value(3)).toBeUndefined();
    const opening: DiskEvent[] = [];
    world.disk.port((event) => opening.push(event)).open(9);
    world.disk.crash();
    world.loop.drain();
    expect(opening).toEqual([]);
    world.start();
    expect(world.events.map((event) => event.kind)).toEqual(["disk.opened"]);
  }
});

test("disk.stall holds every completion until its end, in order", () => {
  const world = new World();
  world.port.write(1, [put(1, 1)], true);
  world.port.write(2, [put(1, 2)], false);
  world.port.scan(3, ...ONLY(1), 100);
  const untilUs = world.loop.nowUs + 2_000_000;
  world.disk.stall(untilUs);
  world.loop.runUntil(untilUs - 1);
  expect(world.events.length).toBe(1);
  expect(world.count("disk.stall")).toBe(0);
  world.loop.drain();
  expect(world.written()).toEqual([1, 2]);
  expect(world.events.length).toBe(4);
  expect(world.count("disk.stall")).toBe(3);
});

/** A disk on which batch i (1..n) has put key i once and key 100 again, all synced, then a crash. */
function filled(n: number, seed = 1, settings: Partial<DiskSettings> = {}): World {
  const world = new World(seed, settings);
  for (let i = 1; i <= n; i += 1) {
    world.port.write(i, [put(i, i), put(100, i)], true);
    world.loop.runFor(50_000);
  }
  expect(world.written().length).toBe(n);
  world.disk.crash();
  return world;
}

test("disk.dropped takes synced batches from the middle, never the newest, and keeps later ones", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 0xffffffff }),
      fc.integer({ min: 1, max: 4 }),
      (pick, run) => {
        const world = filled(8);
        const damage = world.disk.chooseDrop(pick, run);
        expect(damage).toBeDefined();
        if (damage === undefined) return;
        expect(damage.batches.length).toBeGreaterThan(0);
        expect(damage.batches.length).toBeLessThanOrEqual(run);
        expect(world.value(damage.batches[0])).toBe(damage.batches[0]);
        expect(world.disk.inflict(damage)).toBe(true);
        for (let i = 1; i <= 8; i += 1) {
          expect(world.value(i)).toBe(damage.batches.includes(i) ? undefined : i);
        }
        expect(world.value(100)).toBe(8);
        expect(damage.batches).not.toContain(8);
        expect(world.count("disk.dropped")).toBe(1);
        world.start();
        expect(world.value(damage.batches[0])).toBeUndefined();
      },
    ),
  );
});

test("disk.revert gives a key the value before its last overwrite, never from the newest batch", () => {
  const world = new World();
  const batches: DiskOp[][] = [
    [put(1, 10), put(2, 20)],
    [put(1, 11)],
    [put(2, 21), put(3, 30)],
    [put(3, 31)],
  ];
  batches.forEach((ops, i) => world.port.write(i + 1, ops, true));
  world.loop.drain();
  world.disk.crash();
  const seen = new Map<string, number | undefined>();
  for (let pick = 0; pick < 64; pick += 1) {
    const damage = world.disk.chooseRevert(pick * 67_108_863);
    if (damage !== undefined) seen.set(damage.keys.map(toHex).join(), damage.batches[0]);
  }
  expect(seen).toEqual(
    new Map([
      ["01", 2],
      ["02", 3],
    ]),
  );
  const damage = world.disk.chooseRevert(0);
  expect(damage !== undefined && world.disk.inflict(damage)).toBe(true);
  expect([world.value(1), world.value(2), world.value(3)]).toEqual([10, 21, 31]);
  expect(world.count("disk.revert")).toBe(1);
});

test("damage that changes nothing is not counted", () => {
  const world = new World();
  for (const token of [1, 2, 3]) world.port.write(token, [put(1, 7)], true);
  world.loop.drain();
  world.disk.crash();
  const damage = world.disk.chooseDrop(0, 1);
  expect(damage).toBeDefined();
  expect(damage !== undefined && world.disk.inflict(damage)).toBe(false);
  expect(world.count("disk.dropped")).toBe(0);
});

test("only batches in the write-ahead log can be damaged: not old ones, none after an open", () => {
  const world = filled(8, 1, { walBytes: 10 });
  for (let pick = 0; pick < 50; pick += 1) {
    const damage = world.disk.chooseDrop(pick * 85_899_345, 3);
    for (const number of damage?.batches ?? []) expect(number).toBeGreaterThan(5);
  }
  world.start();
  world.disk.crash();
  expect(world.disk.chooseDrop(0, 1)).toBeUndefined();
  expect(world.disk.chooseRevert(0)).toBeUndefined();
});

test("damage on a disk in use is a bug of the simulator", () => {
  const world = filled(4);
  const damage = world.disk.chooseDrop(0, 1);
  world.start();
  expect(() => damage && world.disk.inflict(damage)).toThrow("no process has open");
});

test("same seed, same trace and content; draws of reads do not shift those of writes", () => {
  const run = (seed: number, reads: boolean): { written: string[]; content: unknown } => {
    const world = new World(seed);
    for (let i = 0; i < 10; i += 1) {
      world.port.write(i, [put(i, i)], true);
      if (reads) world.port.scan(100 + i, ...ONLY(i), 100);
      world.loop.runFor(3_000);
    }
    world.disk.crash();
    return { written: world.trace, content: [...world.disk.durable()] };
  };
  expect(run(5, false)).toEqual(run(5, true));
  expect(run(5, false)).not.toEqual(run(6, false));
});

test("disk.wiped: an emptied directory holds nothing, and its store is another one", () => {
  const world = new World(3);
  const opened = (): { storeId: string; identity: Uint8Array | undefined } | undefined =>
    world.events.find((event) => event.kind === "disk.opened");
  world.port.identify(9, Uint8Array.of(4));
  world.port.write(1, [put(1, 1)], true);
  world.loop.drain();
  const storeId = opened()?.storeId;
  world.disk.crash();
  world.start();
  expect(opened()).toMatchObject({ storeId, identity: Uint8Array.of(4) });
  world.disk.crash();
  world.disk.wipe();
  world.start();
  expect(opened()?.identity).toBeUndefined();
  expect(opened()?.storeId).not.toBe(storeId);
  expect(world.value(1)).toBeUndefined();
});
