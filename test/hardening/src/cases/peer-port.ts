// The peer port: strangers, liars, members with a wrong secret, and a member that holds the secret and
// sends garbage.

import { setTimeout as sleep } from "node:timers/promises";
import { type ClusterMember, crc32 } from "@disheap/core";
import { freeAddresses, seenWithin, until } from "@disheap/harness";
import { createGrpcNetwork, FRAME_BYTES_MAX } from "@disheap/io/grpc";
import { memberCard } from "@disheap/io/level";
import type { HardeningCase } from "../case.js";
import { expect } from "../expect.js";
import { CLUSTER_SECRET, type StandingCluster } from "../cluster.js";
import { PeerLink } from "../peer-link.js";
import { Garbage } from "../random.js";
import type { World } from "../world.js";

function membersOf({ list }: StandingCluster): ClusterMember[] {
  return list.split(",").map((part) => {
    const [name = "", address = ""] = part.split("=");
    return { name, address };
  });
}

/** As the member at `place`, which is stopped, spoke last. */
async function claimsOf(
  cluster: StandingCluster,
  to: string,
  place = 2,
): Promise<{ card: string; from: string; to: string; secret: string }> {
  const { name, dataFolder } = cluster.node(place);
  const { card } = await memberCard(dataFolder, name);
  return { card: Buffer.from(card).toString("hex"), from: name, to, secret: CLUSTER_SECRET };
}

async function withLink<T>(address: string, work: (link: PeerLink) => Promise<T>): Promise<T> {
  const link = new PeerLink(address);
  try {
    return await work(link);
  } finally {
    link.close();
  }
}

/** A card with another byte in its cluster id, which follows two bytes. */
function foreign(card: string): string {
  const bytes = Buffer.from(card, "hex");
  bytes.writeUInt8(bytes.readUInt8(2) ^ 1, 2);
  return bytes.toString("hex");
}

/** A card with another last letter in its store id, which is followed by the life: 14 bytes. */
function otherStore(card: string): string {
  const bytes = Buffer.from(card, "hex");
  const at = bytes.length - 15;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return bytes.toString("hex");
}

const strangers: HardeningCase = {
  name: "peer.strangers",
  does: "handshakes of a wrong version, cluster, name, secret, order, type and size",
  expects: "each refused with its code or ended",
  lane: "cluster",
  isQuick: true,
  maxMs: 60_000,
  run: async ({ cluster }) => {
    const { raft } = cluster.node(0).addresses;
    const right = await claimsOf(cluster, "n1");
    const refusals: [string, Partial<typeof right>, string][] = [
      ["wrong secret", { secret: "guess" }, "wrong-secret"],
      ["no secret", { secret: "" }, "wrong-secret"],
      ["another cluster", { card: foreign(right.card) }, "foreign-cluster"],
      ["a card of noise", { card: "00ff00ff" }, "malformed"],
      ["a store of its own", { card: otherStore(right.card) }, "other-store"],
      ["unknown name", { from: "mallory" }, "unknown-node"],
      ["its own name", { from: "n1" }, "unknown-node"],
      ["wrong target", { to: "n2" }, "wrong-node"],
    ];
    for (const [what, lie, code] of refusals) {
      const got = await withLink(raft, (link) => link.handshake({ ...right, ...lie }));
      expect(got === code, `${what}: ${got}, not ${code}`);
    }
    const hello = { type: "hello", protocol: "disheap-peer", version: 2, ...right, nonce: "x" };
    const openings: [string, unknown][] = [
      ["a proof first", { type: "proof", proof: "00" }],
      ["accepted first", { type: "accepted" }],
      ["a version as text", { ...hello, version: "2" }],
      ["version 3", { ...hello, version: 3 }],
      ["a card as a number", { ...hello, card: 7 }],
      ["no fields", { type: "hello" }],
      ["an array", [1, 2, 3]],
      ["null", null],
      ["5 KB", { ...hello, nonce: "x".repeat(5_000) }],
      ["deep nesting", JSON.parse(`${"[".repeat(900)}${"]".repeat(900)}`) as unknown],
    ];
    for (const [what, opening] of openings) {
      await withLink(raft, async (link) => {
        link.say(opening);
        const answer = await link.hear();
        const isRefused = answer === undefined || answer.type === "refused";
        expect(isRefused, `${what}: answered ${JSON.stringify(answer)}`);
      });
    }
    const garbage = new Garbage(11);
    for (let i = 0; i < 30; i += 1) {
      await withLink(raft, async (link) => {
        link.write(garbage.bytes(garbage.below(600)));
        expect((await link.hear())?.type !== "accepted", "garbage was accepted");
      });
    }
    return `${String(refusals.length + openings.length + 30)} handshakes refused`;
  },
};

/** A node that comes back is healthy again within this, whatever strangers do meanwhile. */
const BACK_MAX_MS = 20_000;

/** Stops a node, hands its place to `work`, and starts it again. */
async function inPlaceOf<T>({ cluster }: World, place: number, work: () => Promise<T>): Promise<T> {
  const node = cluster.node(place);
  const { code } = await node.stop();
  expect(code === 0, `${node.name} did not stop: ${node.lastWords()}`);
  try {
    return await work();
  } finally {
    node.start();
    cluster.remember();
    await node.healthy(BACK_MAX_MS);
  }
}

const CAPTURE_MS = 4_000;
const CAPTURE_MAX = 80;

interface Captured {
  /** Member number of the sender, from 1. */
  readonly peer: number;
  readonly frame: Uint8Array;
}

/** In the place of the stopped node `played`: the real frames that the others send to it. */
async function capture(cluster: StandingCluster, played: number): Promise<Captured[]> {
  const members = membersOf(cluster);
  const node = cluster.node(played);
  const frames: Captured[] = [];
  const { card } = await memberCard(node.dataFolder, node.name);
  const network = createGrpcNetwork({
    node: node.name,
    members,
    listen: node.addresses.raft,
    secret: CLUSTER_SECRET,
    isLoopback: true,
    push: (event) => {
      if (event.kind === "peer.hello") network.answer(event.call, undefined);
      if (event.kind === "peer.frame") frames.push({ peer: event.peer, frame: event.frame });
    },
    log: () => undefined,
  });
  await new Promise<void>((resolve, reject) => {
    network.start((problem) => {
      network.introduce(card);
      if (problem === undefined) resolve();
      else reject(new Error(problem));
    });
  });
  try {
    // Between two others one leads and has much to say; what came in some seconds has to do.
    await until("real frames came", 20_000, () => frames.length > 0);
    await seenWithin(CAPTURE_MS, () => frames.length >= CAPTURE_MAX);
  } finally {
    await new Promise<void>((resolve) => {
      network.close(resolve);
    });
  }
  return frames;
}

const HEADER_BYTES = 28;

/** A frame whose head and checksum are right, around any body. */
function frameAround(head: Uint8Array, count: number, body: Uint8Array, sender = 3): Buffer {
  const frame = Buffer.concat([head.subarray(0, HEADER_BYTES), body]);
  frame.writeUInt16LE(sender, 16);
  frame.writeUInt32LE(count, 22);
  frame.writeUInt32LE(crc32(frame, 8, frame.length), 4);
  return frame;
}

function message(kind: number, fields: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32LE(fields.length + 1, 0);
  head.writeUInt8(kind, 4);
  return Buffer.concat([head, fields]);
}

function badFrames(real: readonly Uint8Array[], garbage: Garbage): Buffer[] {
  const frames: Buffer[] = [Buffer.alloc(0), Buffer.alloc(1), Buffer.alloc(HEADER_BYTES)];
  for (let i = 0; i < 150; i += 1) {
    const frame = real[garbage.below(real.length)] ?? Buffer.alloc(0);
    frames.push(
      garbage.bytes(garbage.below(2_000)),
      Buffer.from(frame.subarray(0, garbage.below(frame.length))),
      garbage.damage(frame, 3),
      frameAround(frame, 1, message(garbage.below(40), garbage.bytes(garbage.below(60)))),
      frameAround(frame, garbage.below(1 << 30), garbage.bytes(200)),
      frameAround(frame, 0xffff_ffff, message(1, garbage.bytes(20))),
    );
  }
  return frames;
}

const garbageFrames: HardeningCase = {
  name: "peer.garbage-frames",
  does: "a member with the right secret sends random, cut, damaged and mislabelled frames",
  expects: "they are dropped; the others stay up and keep serving",
  lane: "cluster",
  maxMs: 90_000,
  run: (world) =>
    inPlaceOf(world, 2, async () => {
      const { cluster } = world;
      const frames = badFrames(
        (await capture(cluster, 2)).map(({ frame }) => frame),
        new Garbage(23),
      );
      for (const i of [0, 1]) {
        const node = cluster.node(i);
        await withLink(node.addresses.raft, async (link) => {
          const got = await link.handshake(await claimsOf(cluster, node.name));
          expect(got === "accepted", `the handshake with ${node.name} ended with ${got}`);
          for (const [k, frame] of frames.entries()) {
            link.write(frame);
            if (k % 50 === 0) await sleep(5);
          }
          await sleep(500);
          expect(node.isRunning, `${node.name} died: ${node.lastWords()}`);
          expect(!link.isOver, `${node.name} ended the link`);
        });
      }
      await cluster.ledger.insist(cluster.api(1), 3, 25_000);
      return `${String(frames.length)} frames to each of n1 and n2`;
    }),
};

const replayedFrames: HardeningCase = {
  name: "peer.replayed-frames",
  does: "real frames of the node that leads are sent to n1 again on its link, three times, backwards too",
  expects: "no node stops, nothing acknowledged is lost",
  lane: "cluster",
  maxMs: 90_000,
  run: async (world) => {
    const { cluster } = world;
    const n1 = cluster.node(0);
    const captured = await inPlaceOf(world, 0, () => capture(cluster, 0));
    // A node that leads nothing may say nothing: the one that said more is replayed.
    const by = (peer: number): Uint8Array[] =>
      captured.filter((one) => one.peer === peer).map(({ frame }) => frame);
    const place = by(2).length > by(3).length ? 1 : 2;
    const frames = by(place + 1);
    return inPlaceOf(world, place, async () => {
      const all = [...frames, ...frames, ...[...frames].reverse()];
      await withLink(n1.addresses.raft, async (link) => {
        const claims = await claimsOf(cluster, n1.name, place);
        const got = await link.handshake(claims);
        expect(got === "accepted", `the handshake with n1 ended with ${got}`);
        for (const frame of all) link.write(frame);
        await sleep(500);
      });
      await cluster.ledger.insist(cluster.api(0), 3, 25_000);
      return `${String(all.length)} frames of ${cluster.node(place).name} to n1`;
    });
  },
};

const FALSE_TERM = 77;

/** A beat of the meta group in a made-up term. */
function beatOf(term: number): Buffer {
  const fields = Buffer.alloc(29);
  fields.writeUIntLE(1, 0, 6);
  fields.writeUInt32LE(1, 7);
  fields.writeUInt32LE(term, 19);
  return message(7, fields);
}

const falseSender: HardeningCase = {
  name: "peer.false-sender",
  does: "a member with the right secret sends a beat that names the receiver itself as its sender",
  expects: "the frame is refused: the handshake has proved who is at the other end",
  lane: "own",
  maxMs: 60_000,
  run: async (world) => {
    const two = await world.place({ nodes: 2, env: { CLUSTER_SECRET } });
    const [node, played] = [two.node("n1"), two.node("n2")];
    for (const one of [node, played]) one.start();
    for (const one of [node, played]) await one.healthy();
    await played.stop();
    const term = async (): Promise<number | undefined> => {
      const answer = await fetch(`${node.http}/raft/status`).catch(() => undefined);
      return answer?.ok === true ? ((await answer.json()) as { term: number }).term : undefined;
    };
    const { card, clusterId, boots } = await memberCard(played.dataFolder, played.name);
    const head = Buffer.alloc(HEADER_BYTES);
    head.writeUInt32LE(0x44534850, 0);
    head.writeUInt32LE(Number.parseInt(clusterId.slice(0, 8), 16), 8);
    head.writeUInt32LE(Number.parseInt(clusterId.slice(8), 16), 12);
    head.writeUInt32LE(boots, 18);
    return withLink(node.addresses.raft, async (link) => {
      const hex = Buffer.from(card).toString("hex");
      const claims = { card: hex, from: "n2", to: "n1", secret: CLUSTER_SECRET };
      expect((await link.handshake(claims)) === "accepted", "the handshake of n2 failed");
      link.write(frameAround(head, 1, beatOf(FALSE_TERM), 1));
      await sleep(500);
      expect(
        (await term()) !== FALSE_TERM,
        "n1 follows itself, because a frame on n2's link said so",
      );
      link.write(frameAround(head, 1, beatOf(FALSE_TERM), 2));
      await until("the same beat in n2's own name counts", 5_000, async () => {
        return (await term()) === FALSE_TERM;
      });
      return "refused; the same beat in its own name counts";
    });
  },
};

const oversizeFrame: HardeningCase = {
  name: "peer.oversize-frame",
  does: "a frame of 16 MiB + 1 on a proven link, and one of exactly 16 MiB",
  expects: "the larger ends the link, the other is dropped; the node stays",
  lane: "cluster",
  maxMs: 60_000,
  run: (world) =>
    inPlaceOf(world, 2, async () => {
      const { cluster } = world;
      const node = cluster.node(0);
      const send = (bytes: number): Promise<boolean> =>
        withLink(node.addresses.raft, async (link) => {
          const got = await link.handshake(await claimsOf(cluster, node.name));
          expect(got === "accepted", `the handshake ended with ${got}`);
          link.write(Buffer.alloc(bytes));
          await sleep(2_000);
          return link.isOver;
        });
      expect(await send(FRAME_BYTES_MAX + 1), "a frame over the limit did not end the link");
      expect(!(await send(FRAME_BYTES_MAX)), "a frame of the limit ended the link");
      return "the link ended at 16 MiB + 1 only";
    }),
};

const silentHandshakes: HardeningCase = {
  name: "peer.silent-handshakes",
  does: "60 links that never say a word, while n3 restarts",
  expects: "n3 is healthy again within 20 s, and the links are ended",
  lane: "cluster",
  maxMs: 60_000,
  run: async (world) => {
    const { cluster } = world;
    const links = Array.from(
      { length: 60 },
      (_, i) => new PeerLink(cluster.node(i % 2).addresses.raft),
    );
    try {
      await inPlaceOf(world, 2, () => sleep(100));
      await until("the silent links are ended", 10_000, () => links.every(({ isOver }) => isOver));
    } finally {
      for (const link of links) link.close();
    }
    return "60 links ended by the nodes";
  },
};

const wrongSecret: HardeningCase = {
  name: "peer.wrong-secret",
  does: "n3 restarts with another cluster secret, then with the right one",
  expects: "it waits, unhealthy, both sides say why; the others serve; the right secret heals it",
  lane: "cluster",
  maxMs: 90_000,
  run: async ({ cluster }) => {
    const n3 = cluster.node(2);
    await n3.stop();
    const before = cluster.node(0).log().length;
    n3.start({ CLUSTER_SECRET: "another secret" });
    const sentence = "Set the same cluster secret on every node";
    await until("n3 says what is wrong", 15_000, () => n3.log().includes(sentence));
    await until("n1 says what is wrong", 15_000, () =>
      cluster.node(0).log().slice(before).includes(sentence),
    );
    await cluster.ledger.insist(cluster.api(0), 3, 25_000);
    expect(n3.isRunning && !(await n3.isHealthy()), "n3 takes part with a wrong secret");
    const { code } = await n3.stop();
    expect(code === 0, `n3 with a wrong secret does not stop cleanly: ${String(code)}`);
    n3.start();
    cluster.remember();
    await n3.healthy();
    return "refused with a sentence on both sides, healed by the right secret";
  },
};

const foreignNode: HardeningCase = {
  name: "peer.foreign-cluster",
  does: "a node of another cluster, whose list names n1's address, dials in",
  expects: "refused as no member with a sentence on both sides; it stays unhealthy",
  lane: "cluster",
  maxMs: 60_000,
  run: async (world) => {
    const { cluster } = world;
    const n1 = cluster.node(0);
    const before = n1.log().length;
    const addresses = await freeAddresses();
    const list = `n1=${n1.addresses.raft},x=${addresses.raft}`;
    const env = { SINGLE_NODE: "", INITIAL_CLUSTER: list, CLUSTER_SECRET };
    const stranger = (await world.single("x", { name: "x", addresses, env })).start();
    const sentence = "x is not another member of n1's cluster";
    await until("the stranger says what is wrong", 15_000, () => stranger.log().includes(sentence));
    await until("n1 says what is wrong", 15_000, () => n1.log().slice(before).includes(sentence));
    await sleep(1_000);
    const isOut = stranger.isRunning && !(await stranger.isHealthy());
    expect(isOut, `the stranger takes part or died: ${stranger.lastWords()}`);
    const { code } = await stranger.stop();
    expect(code === 0, `the stranger does not stop cleanly: ${String(code)}`);
    return "refused with a sentence on both sides";
  },
};

export const peerPortCases: readonly HardeningCase[] = [
  strangers,
  garbageFrames,
  replayedFrames,
  falseSender,
  oversizeFrame,
  silentHandshakes,
  wrongSecret,
  foreignNode,
];
