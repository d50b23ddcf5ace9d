import fc from "fast-check";
import { expect, test } from "vitest";
import type { LinkRefusal, NetworkEvent } from "@disheap/io";
import { DEFAULT_NETWORK, QUIET_LINK } from "../../src/world/network-settings.js";
import type { LinkRates, NetworkSettings } from "../../src/world/network-settings.js";
import { SimNetwork } from "../../src/world/network.js";
import { Loop } from "./loop.js";

class World {
  readonly loop = new Loop();
  readonly inbox: NetworkEvent[][] = [];
  readonly trace: string[] = [];
  readonly network: SimNetwork;
  /** Whose cards nobody takes, and why. */
  readonly refusals = new Map<number, LinkRefusal>();

  constructor(nodes: number, settings: Partial<NetworkSettings> = {}, seedLo = 1) {
    for (let node = 0; node <= nodes; node += 1) this.inbox.push([]);
    this.network = new SimNetwork({
      nodes,
      seed: { hi: 9, lo: seedLo },
      settings: { ...DEFAULT_NETWORK, ...settings },
      schedule: this.loop.schedule,
      now: this.loop.now,
      deliver: (to, event) => {
        this.inbox[to].push(event);
        if (event.kind !== "peer.hello") return;
        this.network.port(to).answer(event.call, this.refusals.get(event.peer));
      },
      trace: (kind, from, to, frame) =>
        this.trace.push(`${this.loop.nowUs} ${kind} ${from}>${to} ${frame?.join(",") ?? ""}`),
    });
    for (let node = 1; node <= nodes; node += 1) this.up(node);
    this.loop.runFor(1_000_000);
  }

  /** A process starts and shows its card. */
  up(node: number): void {
    this.network.nodeUp(node);
    this.network.port(node).introduce(Uint8Array.of(node));
  }

  send(from: number, to: number, ...numbers: number[]): void {
    for (const n of numbers) this.network.port(from).send(to, Uint8Array.of(n >> 8, n & 255));
  }

  /** Numbers of the frames that `to` got from `from`, in order of arrival. */
  got(to: number, from: number): number[] {
    return this.inbox[to].flatMap((event) =>
      event.kind === "peer.frame" && event.peer === from
        ? [event.frame[0] * 256 + event.frame[1]]
        : [],
    );
  }

  news(to: number, peer: number): string[] {
    return this.inbox[to].flatMap((event) =>
      (event.kind === "peer.up" || event.kind === "peer.down") && event.peer === peer
        ? [event.kind]
        : [],
    );
  }

  count(kind: string): number {
    return this.network.counts.get(kind) ?? 0;
  }
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const rates = (changes: Partial<LinkRates>): LinkRates => ({ ...QUIET_LINK, ...changes });

/** Node 5 of seed 542 took the end of its link to a copy for the end of the one to its leader, and asked others for good. */
test("nobody dials a copy, which has no address of its own", () => {
  const world = new World(2);
  const copy = 3;
  world.inbox.push([]);
  world.network.copyOf.set(copy, 2);
  world.up(copy);
  world.loop.runFor(1_000_000);
  expect(world.news(copy, 1)).toEqual(["peer.up"]);
  expect(world.news(1, copy)).toEqual([]);
  world.network.nodeDown(copy);
  world.loop.runFor(1_000_000);
  expect(world.news(1, copy)).toEqual([]);
});

test("frames arrive whole, in order, and are the sender's no more", () => {
  const world = new World(2);
  expect(world.news(1, 2)).toEqual(["peer.up"]);
  const frame = Uint8Array.of(0, 7);
  world.network.port(1).send(2, frame);
  frame[1] = 99;
  world.send(1, 2, 8, 9);
  world.loop.drain();
  expect(world.got(2, 1)).toEqual([7, 8, 9]);
  expect(world.got(1, 2)).toEqual([]);
  expect([...world.network.counts]).toEqual([]);
});

test("net.loss loses about its share, counts each, and keeps the rest in order", () => {
  const world = new World(2);
  world.network.setRates(1, 2, rates({ lossPerMillion: 300_000 }));
  world.send(1, 2, ...range(1_000));
  world.loop.drain();
  const got = world.got(2, 1);
  expect(got.length).toBe(1_000 - world.count("net.loss"));
  expect(world.count("net.loss")).toBeGreaterThan(200);
  expect(world.count("net.loss")).toBeLessThan(400);
  expect(got).toEqual([...got].sort((a, b) => a - b));
});

test("net.duplicate delivers a second copy that is not the first one's memory", () => {
  const world = new World(2);
  world.network.setRates(1, 2, rates({ duplicatePerMillion: 1_000_000 }));
  world.send(1, 2, 5);
  world.loop.drain();
  expect(world.got(2, 1)).toEqual([5, 5]);
  expect(world.count("net.duplicate")).toBe(1);
  const [a, b] = world.inbox[2].filter((event) => event.kind === "peer.frame");
  expect(a.kind === "peer.frame" && b.kind === "peer.frame" && a.frame !== b.frame).toBe(true);
});

test("net.delay without the stream model reorders, with it never", () => {
  for (const streamModel of [true, false]) {
    const world = new World(2, { streamModel });
    world.network.setRates(1, 2, rates({ delayMeanUs: 20_000, delayCapUs: 100_000 }));
    world.send(1, 2, ...range(50));
    world.loop.drain();
    const got = world.got(2, 1);
    const sorted = [...got].sort((a, b) => a - b);
    expect(sorted).toEqual(range(50));
    expect(world.count("net.delay")).toBeGreaterThan(0);
    expect(world.count("net.reorder") > 0).toBe(!streamModel);
    if (streamModel) expect(got).toEqual(sorted);
    else expect(got).not.toEqual(sorted);
  }
});

test("a cut stops what flies and what follows; a heal lets frames pass again", () => {
  const world = new World(3);
  world.send(1, 2, 1);
  world.network.cut(1, 2);
  world.send(1, 2, 2);
  world.send(2, 1, 3);
  world.send(1, 3, 4);
  world.loop.runFor(10_000);
  expect(world.got(2, 1)).toEqual([]);
  expect(world.got(1, 2)).toEqual([]);
  expect(world.got(3, 1)).toEqual([4]);
  expect(world.count("net.partition")).toBe(3);
  world.network.heal(1, 2);
  world.send(1, 2, 5);
  world.loop.drain();
  expect(world.got(2, 1)).toEqual([5]);
  expect(world.news(1, 2)).toEqual(["peer.up"]);
});

test("a one-way cut leaves the other way alone, and overlapping cuts all have to heal", () => {
  const world = new World(2);
  world.network.cut(1, 2, true);
  world.network.cut(1, 2);
  world.network.heal(1, 2);
  world.send(1, 2, 1);
  world.send(2, 1, 2);
  world.loop.runFor(10_000);
  expect(world.got(2, 1)).toEqual([]);
  expect(world.got(1, 2)).toEqual([2]);
  expect(world.count("net.oneway")).toBe(1);
  expect(world.count("net.partition")).toBe(0);
});

test("a long cut is noticed by its sender, and the link comes back after the heal", () => {
  const world = new World(2);
  world.network.cut(1, 2, true);
  world.loop.runFor(20_000_000);
  expect(world.news(1, 2)).toEqual(["peer.up", "peer.down"]);
  expect(world.news(2, 1)).toEqual(["peer.up"]);
  world.network.heal(1, 2, true);
  world.loop.drain();
  expect(world.news(1, 2)).toEqual(["peer.up", "peer.down", "peer.up"]);
  world.send(1, 2, 6);
  world.loop.drain();
  expect(world.got(2, 1)).toEqual([6]);
});

test("net.clog keeps frames and releases all of them at once, in order", () => {
  const world = new World(2);
  world.network.clog(1, 2);
  world.send(1, 2, ...range(20));
  world.loop.runFor(1_000_000);
  expect(world.got(2, 1)).toEqual([]);
  expect(world.count("net.clog")).toBe(0);
  world.network.unclog(1, 2);
  expect(world.got(2, 1)).toEqual(range(20));
  expect(world.count("net.clog")).toBe(20);
});

test("net.reset: frames in flight are lost or late, the ends learn it at their own times", () => {
  const world = new World(2, { noticeMinUs: 1_000, latencyMinUs: 500, latencyMaxUs: 900 });
  world.send(1, 2, ...range(40));
  world.network.reset(1, 2);
  world.send(1, 2, 1_000);
  world.loop.runFor(5_000_000);
  world.send(1, 2, 2_000);
  world.loop.drain();
  const got = world.got(2, 1);
  expect(world.count("net.reset")).toBe(1);
  expect(got).toContain(2_000);
  expect(got).not.toContain(1_000);
  const late = got.filter((n) => n < 40);
  expect(late.length).toBeGreaterThan(0);
  expect(late.length).toBeLessThan(40);
  for (const [a, b] of [
    [1, 2],
    [2, 1],
  ]) {
    expect(world.news(a, b)).toEqual(["peer.up", "peer.down", "peer.up"]);
  }
  const downs = world.trace.filter((line) => line.includes("net.down"));
  expect(new Set(downs.map((line) => line.split(" ")[0])).size).toBe(2);
});

test("late frames of an old life arrive among those of the new one and count as reordered", () => {
  const world = new World(2, { latePerMillion: 1_000_000, latencyMaxUs: 5_000 });
  world.send(1, 2, 1, 2, 3);
  world.network.reset(1, 2);
  while (world.news(1, 2).length < 3) world.loop.step();
  world.send(1, 2, ...range(20).map((n) => 100 + n));
  world.loop.drain();
  const got = world.got(2, 1);
  expect(got.filter((n) => n < 10).sort()).toEqual([1, 2, 3]);
  expect(got.filter((n) => n >= 100)).toEqual(range(20).map((n) => 100 + n));
  expect(got.indexOf(100)).toBeLessThan(Math.max(...[1, 2, 3].map((n) => got.indexOf(n))));
  expect(world.count("net.reorder")).toBeGreaterThan(0);
});

test("a dead process gets and sends nothing; its next incarnation gets none of its frames", () => {
  const world = new World(2);
  const old = world.network.port(2);
  world.send(1, 2, 1);
  world.network.nodeDown(2);
  world.inbox[2] = [];
  old.send(1, Uint8Array.of(0, 50));
  world.up(2);
  old.send(1, Uint8Array.of(0, 51));
  world.loop.runFor(5_000_000);
  expect(world.got(2, 1)).toEqual([]);
  expect(world.got(1, 2)).toEqual([]);
  expect(world.news(2, 1)).toEqual(["peer.up"]);
  expect(world.news(1, 2)).toEqual(["peer.up", "peer.down", "peer.up"]);
  world.send(1, 2, 2);
  world.loop.drain();
  expect(world.got(2, 1)).toEqual([2]);
});

test("N1: late frames of an old life do not reach a receiver that restarted meanwhile", () => {
  const world = new World(2, { latePerMillion: 1_000_000 });
  world.send(1, 2, 1, 2, 3);
  world.network.reset(1, 2);
  world.network.nodeDown(2);
  world.up(2);
  world.loop.drain();
  world.send(1, 2, 4);
  world.loop.drain();
  expect(world.got(2, 1)).toEqual([4]);
});

interface Step {
  readonly kind: "send" | "cut" | "heal" | "clog" | "unclog" | "reset" | "down" | "up" | "wait";
  readonly a: number;
  readonly b: number;
}

const step = fc.record({
  kind: fc.constantFrom<Step["kind"]>(
    "send",
    "send",
    "send",
    "cut",
    "heal",
    "clog",
    "unclog",
    "reset",
    "down",
    "up",
    "wait",
  ),
  a: fc.integer({ min: 1, max: 3 }),
  b: fc.integer({ min: 1, max: 3 }),
});

function play(steps: readonly Step[], streamModel: boolean, seedLo: number): World {
  const world = new World(3, { streamModel, noticeMaxUs: 5_000, connectMaxUs: 5_000 }, seedLo);
  const up = [false, true, true, true];
  let number = 0;
  for (const { kind, a, b } of steps) {
    if (kind === "wait") world.loop.runFor(a * b * 1_000);
    if (kind === "down" && up[a]) world.network.nodeDown(a);
    if (kind === "up" && !up[a]) world.up(a);
    if (kind === "down") up[a] = false;
    if (kind === "up") up[a] = true;
    if (a === b) continue;
    if (kind === "send") world.send(a, b, (number += 1));
    if (kind === "cut") world.network.cut(a, b, number % 2 === 0);
    if (kind === "heal") world.network.heal(a, b, number % 2 === 0);
    if (kind === "clog") world.network.clog(a, b);
    if (kind === "unclog") world.network.unclog(a, b);
    if (kind === "reset") world.network.reset(a, b);
  }
  for (const node of [1, 2, 3]) if (!up[node]) world.up(node);
  world.network.healAll();
  world.loop.drain();
  return world;
}

test("whatever a plan does, up and down alternate, and after healing every link works", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), fc.nat(), (steps, model, seed) => {
      const world = play(steps, model, seed);
      for (const a of [1, 2, 3]) {
        for (const b of [1, 2, 3]) {
          if (a === b) continue;
          const news = world.trace.filter(
            (l) => / net.(up|down) /.test(l) && l.includes(`${a}>${b}`),
          );
          for (let i = 1; i < news.length; i += 1) {
            const [last, next] = [news[i - 1], news[i]].map((line) => line.split(" ")[1]);
            // A restart of the sender begins with another peer.up; a peer.down follows an up only.
            if (next === "net.down") expect(last).toBe("net.up");
          }
          expect(news.at(-1)).toContain("net.up");
          world.send(a, b, 60_000);
        }
      }
      world.loop.drain();
      for (const a of [1, 2, 3]) {
        for (const b of [1, 2, 3]) if (a !== b) expect(world.got(b, a).at(-1)).toBe(60_000);
      }
    }),
    { numRuns: 200 },
  );
});

test("D-61: what happens on one link shifts nothing on another", () => {
  const linesOf12 = (isBusy: boolean): string[] => {
    const world = new World(3, { streamModel: false });
    const noisy = rates({
      lossPerMillion: 200_000,
      duplicatePerMillion: 200_000,
      delayMeanUs: 5_000,
      delayCapUs: 50_000,
    });
    world.network.setRates(1, 2, noisy);
    if (isBusy) world.network.setRates(1, 3, noisy);
    for (const n of range(50)) {
      world.send(1, 2, n);
      if (isBusy) world.send(1, 3, n);
      if (isBusy && n === 20) world.network.reset(2, 3);
      world.loop.runFor(1_000);
    }
    world.loop.drain();
    return world.trace.filter((line) => line.includes(" 1>2 "));
  };
  expect(linesOf12(true)).toEqual(linesOf12(false));
});

test("the same plan and seed give the same trace; another seed another one", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), fc.nat(), (steps, seed) => {
      expect(play(steps, false, seed).trace).toEqual(play(steps, false, seed).trace);
    }),
    { numRuns: 50 },
  );
  const steps: Step[] = range(20).map(() => ({ kind: "send", a: 1, b: 2 }));
  expect(play(steps, true, 1).trace).not.toEqual(play(steps, true, 2).trace);
});

test("N4: a card that is refused opens no link; the dialler hears why and comes again", () => {
  const world = new World(2);
  world.refusals.set(2, { code: "copied", message: "No." });
  world.network.reset(1, 2);
  world.loop.runFor(1_000_000);
  expect(world.news(1, 2).at(-1)).toBe("peer.up");
  expect(world.news(2, 1).at(-1)).toBe("peer.down");
  const told = { kind: "peer.refused", peer: 1, code: "copied", message: "No." };
  expect(world.inbox[2]).toContainEqual(told);
  world.send(2, 1, 5);
  world.refusals.clear();
  world.loop.runFor(11_000_000);
  expect(world.news(2, 1).at(-1)).toBe("peer.up");
  world.send(2, 1, 6);
  world.loop.drain();
  expect(world.got(1, 2)).toEqual([6]);
});

test("a link that was taken is seen to end, whether its sender dies or its stream breaks", () => {
  const world = new World(2);
  const left = (): number => world.inbox[1].filter(({ kind }) => kind === "peer.left").length;
  world.network.reset(1, 2);
  expect(left()).toBe(1);
  world.loop.runFor(1_000_000);
  world.network.nodeDown(2);
  expect(left()).toBe(2);
});
