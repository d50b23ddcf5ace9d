// What every NetworkPort promises (the comments of ports.ts, as tests): frames whole or not at all,
// in order inside one life of a link, possibly late across a reconnect, never to a closed port.

import { strict as assert } from "node:assert";
import type { NetworkEvent } from "../ports.js";
import type { DeclareTest, NetworkProcess, NetworkRig } from "./harness.js";

type WithRig = (run: (rig: NetworkRig) => Promise<void>) => () => Promise<void>;

/** A frame that names its sender's life and its number in it, and whose filling checks itself. */
function makeFrame(life: number, number: number, size: number): Uint8Array {
  const frame = new Uint8Array(Math.max(8, size));
  const view = new DataView(frame.buffer);
  view.setUint32(0, life);
  view.setUint32(4, number);
  for (let i = 8; i < frame.length; i += 1) frame[i] = (i * 31 + number * 7 + life) & 255;
  return frame;
}

interface Numbered {
  readonly life: number;
  readonly number: number;
}

function readFrame(frame: Uint8Array): Numbered {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const [life, number] = [view.getUint32(0), view.getUint32(4)];
  const expected = makeFrame(life, number, frame.length);
  assert.equal(Buffer.compare(frame, expected), 0, `frame ${life}/${number} arrived changed`);
  return { life, number };
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

function framesFrom(process: NetworkProcess, peer: number): Numbered[] {
  return process.events.flatMap((event) =>
    event.kind === "peer.frame" && event.peer === peer ? [readFrame(event.frame)] : [],
  );
}

/** What was heard of the link to the peer. */
function newsOf(process: NetworkProcess, peer: number): NetworkEvent["kind"][] {
  return process.events.flatMap((event) =>
    (event.kind === "peer.up" || event.kind === "peer.down") && event.peer === peer
      ? [event.kind]
      : [],
  );
}

const isUp = (process: NetworkProcess, peer: number): boolean =>
  newsOf(process, peer).at(-1) === "peer.up";

async function pair(rig: NetworkRig): Promise<[NetworkProcess, NetworkProcess]> {
  const [a, b] = [await rig.start(1), await rig.start(2)];
  await rig.until(() => isUp(a, 2) && isUp(b, 1), "both ends are up");
  return [a, b];
}

function frameTests(test: DeclareTest, withRig: WithRig): void {
  test(
    "frames of any size arrive whole, unchanged and in order, both ways",
    withRig(async (rig) => {
      const [a, b] = await pair(rig);
      const sizes = [8, 9, 100, 16_384, 65_535, 65_536, 1 << 20, 5 << 20, 8, 10];
      for (const [number, size] of sizes.entries()) {
        a.port.send(2, makeFrame(1, number, size));
        b.port.send(1, makeFrame(2, number, size));
      }
      const numbers = sizes.map((_, i) => i);
      await rig.until(
        () => framesFrom(a, 2).length + framesFrom(b, 1).length === 2 * sizes.length,
        "all frames",
      );
      assert.deepEqual(
        framesFrom(b, 1).map(({ number }) => number),
        numbers,
      );
      assert.deepEqual(
        framesFrom(a, 2).map(({ number }) => number),
        numbers,
      );
    }),
  );

  test(
    "an empty frame arrives as an empty frame, in plain bytes",
    withRig(async (rig) => {
      const [a, b] = await pair(rig);
      a.port.send(2, new Uint8Array(0));
      const frame = (): NetworkEvent | undefined =>
        b.events.find((event) => event.kind === "peer.frame");
      await rig.until(() => frame() !== undefined, "the frame");
      const event = frame();
      assert.ok(event?.kind === "peer.frame");
      assert.equal(event.frame.length, 0);
      assert.equal(Object.getPrototypeOf(event.frame), Uint8Array.prototype);
    }),
  );

  test(
    "many small frames keep their order, and nothing is delivered from inside send",
    withRig(async (rig) => {
      const [a, b] = await pair(rig);
      const before = b.events.length;
      for (let number = 0; number < 3_000; number += 1) a.port.send(2, makeFrame(1, number, 40));
      assert.equal(b.events.length, before);
      await rig.until(() => b.events.length === before + 3_000, "all frames");
      framesFrom(b, 1).forEach(({ number }, i) => assert.equal(number, i));
    }),
  );

  test(
    "three nodes: every link is its own",
    withRig(async (rig) => {
      const nodes = [await rig.start(1), await rig.start(2), await rig.start(3)];
      const peersOf = (i: number): number[] => [1, 2, 3].filter((peer) => peer !== i + 1);
      const eachPair = (check: (process: NetworkProcess, peer: number) => boolean): boolean =>
        nodes.every((process, i) => peersOf(i).every((peer) => check(process, peer)));
      await rig.until(() => eachPair(isUp), "every link is up");
      nodes.forEach((process, i) => {
        for (const peer of peersOf(i)) process.port.send(peer, makeFrame(i + 1, peer, 50));
      });
      await rig.until(
        () => eachPair((process, peer) => framesFrom(process, peer).length === 1),
        "all",
      );
      nodes.forEach((process, i) => {
        for (const peer of peersOf(i)) {
          assert.deepEqual(framesFrom(process, peer), [{ life: peer, number: i + 1 }]);
        }
      });
    }),
  );
}

function lossTests(test: DeclareTest, withRig: WithRig): void {
  test(
    "a peer that was never there takes nothing and disturbs nobody",
    withRig(async (rig) => {
      const [a, b] = await pair(rig);
      a.port.send(3, makeFrame(1, 1, 100));
      a.port.send(2, makeFrame(1, 2, 100));
      await rig.until(() => framesFrom(b, 1).length === 1, "the frame to the living peer");
      assert.deepEqual(newsOf(a, 3), []);
    }),
  );

  test(
    "a lost peer is noticed; when it is back the link is up again and carries new frames only",
    withRig(async (rig) => {
      const [a] = await pair(rig);
      await rig.stop(2);
      await rig.until(() => newsOf(a, 2).at(-1) === "peer.down", "the loss is noticed");
      for (let number = 0; number < 10; number += 1) a.port.send(2, makeFrame(1, number, 100));
      const b = await rig.start(2);
      await rig.until(() => isUp(a, 2) && isUp(b, 1), "the link is up again");
      assert.deepEqual(newsOf(a, 2), ["peer.up", "peer.down", "peer.up"]);
      assert.deepEqual(newsOf(b, 1), ["peer.up"]);
      a.port.send(2, makeFrame(2, 50, 100));
      b.port.send(1, makeFrame(2, 60, 100));
      await rig.until(() => framesFrom(b, 1).length > 0 && framesFrom(a, 2).length > 0, "frames");
      await rig.settle();
      assert.deepEqual(framesFrom(b, 1), [{ life: 2, number: 50 }]);
      assert.deepEqual(framesFrom(a, 2), [{ life: 2, number: 60 }]);
    }),
  );

  test(
    "nothing is delivered to a closed port, and sending on it does nothing",
    withRig(async (rig) => {
      const [a, b] = await pair(rig);
      for (let number = 0; number < 200; number += 1) a.port.send(2, makeFrame(1, number, 10_000));
      await rig.stop(2);
      const seen = b.events.length;
      b.port.send(1, makeFrame(9, 9, 100));
      a.port.send(2, makeFrame(1, 1_000, 100));
      await rig.until(() => newsOf(a, 2).at(-1) === "peer.down", "the loss is noticed");
      await rig.settle();
      assert.equal(b.events.length, seen);
      assert.deepEqual(framesFrom(a, 2), []);
    }),
  );

  test(
    "a reset ends a life: order holds in each life, frames are lost or late but never changed",
    withRig(async (rig) => {
      const [a, b] = await pair(rig);
      const ofLife = (life: number): number[] =>
        framesFrom(b, 1).flatMap((frame) => (frame.life === life ? [frame.number] : []));
      const send = (life: number, from: number, to: number): void => {
        for (let number = from; number <= to; number += 1) {
          a.port.send(2, makeFrame(life, number, 2_000));
        }
      };
      const rounds = 4;
      for (let life = 1; life <= rounds; life += 1) {
        send(life, 1, 100);
        await rig.until(() => ofLife(life).length >= 50, `half of the frames of life ${life}`);
        send(life, 101, 300);
        const before = ofLife(life);
        assert.deepEqual(before, range(before.length), "in order up to the reset");
        rig.reset(1, 2);
        send(life, 301, 310);
        await rig.until(() => newsOf(a, 2).length === 2 * life + 1, `reconnect ${life}`);
        await rig.until(() => isUp(a, 2) && isUp(b, 1), "both ends are up again");
      }
      send(rounds + 1, 1, 100);
      await rig.until(() => ofLife(rounds + 1).length === 100, "every frame of the last life");
      await rig.settle();
      assert.deepEqual(ofLife(rounds + 1), range(100), "in order in a life without a reset");
      for (let life = 1; life <= rounds; life += 1) {
        const numbers = ofLife(life);
        assert.equal(new Set(numbers).size, numbers.length, "a frame arrived twice");
        assert.ok(numbers.length < 310, "a reset in full flight loses frames");
      }
    }),
  );

  test(
    "a reset of one pair is nothing to the third node",
    withRig(async (rig) => {
      const [a] = await pair(rig);
      const c = await rig.start(3);
      await rig.until(() => isUp(a, 3) && isUp(c, 1), "the third node is up");
      rig.reset(1, 2);
      for (let number = 0; number < 20; number += 1) a.port.send(3, makeFrame(1, number, 100));
      await rig.until(() => framesFrom(c, 1).length === 20, "all frames to the third node");
      await rig.until(() => newsOf(a, 2).length === 3, "the reset link is back");
      assert.deepEqual(newsOf(a, 3), ["peer.up"]);
    }),
  );
}

/** Declares the suite. `makeRig` makes a fresh world of three nodes, none of them started. */
export function networkSuite(test: DeclareTest, makeRig: () => Promise<NetworkRig>): void {
  const withRig: WithRig = (run) => async () => {
    const rig = await makeRig();
    try {
      await run(rig);
    } finally {
      await rig.dispose();
    }
  };
  frameTests(test, withRig);
  lossTests(test, withRig);
}
