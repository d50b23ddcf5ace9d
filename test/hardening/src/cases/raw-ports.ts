// Bytes that are not even the port's protocol, on all four ports of a node, and HTTP/2 abuse.

import { connect as connectHttp2, constants } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { type NodeAddresses, until, within } from "@disheap/harness";
import type { HardeningCase } from "../case.js";
import { expect } from "../expect.js";
import { Garbage } from "../random.js";
import { openTcp, sendTcp } from "../raw-tcp.js";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const SETTINGS = Buffer.of(0, 0, 0, 4, 0, 0, 0, 0, 0);
const CLOSES_MAX_MS = 15_000;
/**
 * After an error of HTTP/2 the node says so and waits for the other side to close; one that does not
 * is dropped by the keepalive: 80 s on the public port, 8 s on the peer port. HTTP waits 10 s.
 */
const DROPPED_MAX_MS = 95_000;

function http2Frame(type: number, flags: number, stream: number, body: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

function openings(garbage: Garbage): readonly [string, Buffer][] {
  const settled = Buffer.concat([PREFACE, SETTINGS]);
  return [
    ["random bytes", garbage.bytes(300)],
    ["zeros", Buffer.alloc(4096)],
    [
      "a TLS hello",
      Buffer.concat([Buffer.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc), garbage.bytes(508)]),
    ],
    ["an SSH banner", Buffer.from("SSH-2.0-scanner\r\n")],
    ["half a preface, then garbage", Buffer.concat([PREFACE.subarray(0, 12), garbage.bytes(80)])],
    ["a preface, then garbage", Buffer.concat([PREFACE, garbage.bytes(400)])],
    ["a frame of 16 MiB", Buffer.concat([settled, Buffer.of(0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1)])],
    ["data on stream 0", Buffer.concat([settled, http2Frame(0, 0, 0, Buffer.alloc(10))])],
    ["headers that are no HPACK", Buffer.concat([settled, http2Frame(1, 4, 1, garbage.bytes(90))])],
    ["a window update of 0", Buffer.concat([settled, http2Frame(8, 0, 0, Buffer.alloc(4))])],
    ["an even stream", Buffer.concat([settled, http2Frame(1, 4, 2, Buffer.of(0x82))])],
    ["settings of 5 bytes", Buffer.concat([settled, http2Frame(4, 0, 0, Buffer.alloc(5))])],
  ];
}

const doorsOf = (addresses: NodeAddresses): readonly (keyof NodeAddresses)[] =>
  Object.keys(addresses) as (keyof NodeAddresses)[];

const notTheProtocol: HardeningCase = {
  name: "ports.not-the-protocol",
  does: "12 kinds of garbage as the first bytes of a connection, on all four ports",
  expects: "the node closes each connection, at the latest by its keepalive, and stays as it is",
  lane: "patient",
  maxMs: 150_000,
  run: async (world) => {
    const node = await world.running();
    const { addresses } = node;
    const before = node.resources()?.handles;
    const kinds = openings(new Garbage(7));
    const open: string[] = [];
    const tries = doorsOf(addresses).flatMap((door) =>
      kinds.map(async ([what, bytes]) => {
        const { isClosed } = await sendTcp(addresses[door], bytes, DROPPED_MAX_MS);
        if (!isClosed) open.push(`${door} port after ${what}`);
      }),
    );
    await Promise.all(tries);
    expect(open.length === 0, `connections stay open: ${open.join(", ")}`);
    expect(await node.isHealthy(), `the node is not healthy: ${node.lastWords()}`);
    await until("no handle is left", 10_000, () => {
      const handles = node.resources()?.handles;
      return before === undefined || handles === undefined || handles <= before + 4;
    });
    return `${String(tries.length)} connections closed by the node`;
  },
};

const http1OnGrpc: HardeningCase = {
  name: "ports.http1-on-grpc",
  does: "HTTP/1.1 requests to the gRPC port and to the peer port",
  expects: "the connection ends, nothing hangs",
  lane: "cluster",
  isQuick: true,
  maxMs: 40_000,
  run: async ({ cluster }) => {
    const { addresses } = cluster.node(1);
    const request = Buffer.from("POST /disheap.v1.Disheap/Stats HTTP/1.1\r\nHost: x\r\n\r\n{}");
    for (const door of ["grpc", "raft"] as const) {
      const { isClosed } = await sendTcp(addresses[door], request, CLOSES_MAX_MS);
      expect(isClosed, `${door} port: an HTTP/1.1 connection stays open`);
    }
    return "closed on both ports";
  },
};

const RESETS = 4_000;

const rapidReset: HardeningCase = {
  name: "ports.rapid-reset",
  does: `${String(RESETS)} gRPC streams opened and reset at once, on the public and the peer port`,
  expects: "at most the connection is lost; afterwards the node works and has not grown",
  lane: "cluster",
  maxMs: 60_000,
  run: async ({ cluster }) => {
    const node = cluster.node(2);
    const before = node.resources();
    for (const door of ["grpc", "raft"] as const) {
      const session = connectHttp2(`http://${node.addresses[door]}`);
      session.on("error", () => undefined);
      await within(
        "the connection",
        5_000,
        new Promise((resolve) => session.once("connect", resolve)),
      );
      for (let i = 0; i < RESETS && !session.destroyed; i += 1) {
        const stream = session.request({
          ":method": "POST",
          ":path": door === "grpc" ? "/disheap.v1.Disheap/PopStream" : "/disheap.peer.v1.Peer/Link",
          "content-type": "application/grpc",
          te: "trailers",
        });
        stream.on("error", () => undefined);
        stream.close(constants.NGHTTP2_CANCEL);
        if (i % 200 === 0) await sleep(1);
      }
      session.destroy();
    }
    await sleep(500);
    const after = node.resources();
    if (before === undefined || after === undefined) return "this system does not tell memory";
    const grown = after.rssMb - before.rssMb;
    expect(grown < 100, `the node grew by ${String(grown)} MB`);
    expect(
      after.handles <= before.handles + 5,
      `handles ${String(before.handles)} -> ${String(after.handles)}`,
    );
    return `grown by ${String(grown)} MB, handles ${String(before.handles)} -> ${String(after.handles)}`;
  },
};

const floods: HardeningCase = {
  name: "ports.http2-floods",
  does: "20,000 pings, 20,000 settings, and a header block that never ends, on both gRPC ports",
  expects: "the node ends the connection or bears it; other clients are served meanwhile",
  lane: "cluster",
  maxMs: 60_000,
  run: async ({ cluster }) => {
    const { addresses } = cluster.node(0);
    const ping = http2Frame(6, 0, 0, Buffer.alloc(8));
    const settings = http2Frame(4, 0, 0, Buffer.alloc(0));
    const endless = http2Frame(9, 0, 1, Buffer.alloc(8_000, 0x40));
    const opened = http2Frame(1, 0, 1, Buffer.of(0x83));
    const many = (frame: Buffer, n: number): Buffer =>
      Buffer.concat(Array.from({ length: n }, () => frame));
    const kinds = [
      many(ping, 20_000),
      many(settings, 20_000),
      Buffer.concat([opened, many(endless, 400)]),
    ];
    for (const door of ["grpc", "raft"] as const) {
      for (const flood of kinds) {
        const socket = await openTcp(addresses[door]);
        socket.resume();
        socket.write(Buffer.concat([PREFACE, SETTINGS]));
        socket.write(flood);
        const api = cluster.api(0);
        await within("an enqueue beside a flood", 8_000, cluster.ledger.add(api, 1));
        socket.destroy();
      }
    }
    return "enqueues were answered beside each flood";
  },
};

export const rawPortCases: readonly HardeningCase[] = [
  notTheProtocol,
  http1OnGrpc,
  rapidReset,
  floods,
];
