// Garbage on the public gRPC port: bytes that are not HTTP/2, HTTP/2 that is not gRPC, gRPC that is not
// protobuf, and protobuf that is no request of the contract.

import { gzipSync } from "node:zlib";
import { EnqueueReq, MakeHeapReq, PopOpen } from "@disheap/proto";
import type { HardeningCase } from "../case.js";
import { expect } from "../expect.js";
import { Garbage } from "../random.js";
import { grpcFrame, type RawAnswer, RawGrpc } from "../raw-grpc.js";
import type { World } from "../world.js";

const INVALID_ARGUMENT = 3;
const RESOURCE_EXHAUSTED = 8;
const UNIMPLEMENTED = 12;
const INTERNAL = 13;
const MESSAGE_BYTES_MAX = 4 << 20;

const METHODS = [
  "MakeHeap",
  "DeleteHeap",
  "UpdateHeapConfig",
  "ListHeaps",
  "Stats",
  "Purge",
  "MoveToDLQ",
  "Enqueue",
  "EnqueueBatch",
  "PopStream",
  "Ack",
  "Nack",
  "Extend",
  "Peek",
] as const;

/** They need no field, so any valid message is a valid request. */
const FIELDLESS = new Set(["ListHeaps", "Stats"]);

function pathOf(method: string): string {
  return `/disheap.v1.Disheap/${method}`;
}

async function withRaw<T>(
  { cluster }: World,
  node: number,
  work: (raw: RawGrpc) => Promise<T>,
): Promise<T> {
  const raw = new RawGrpc(cluster.node(node).addresses.grpc);
  try {
    return await work(raw);
  } finally {
    raw.close();
  }
}

/** Every call must be answered, by a status with a sentence, and never as a bug of the node. */
function answered(what: string, { status, message, broken }: RawAnswer): number {
  expect(status !== undefined, `${what}: no gRPC status (${broken ?? "the stream just ended"})`);
  expect(status !== 2 && status !== INTERNAL, `${what}: status ${String(status)}: ${message}`);
  expect(
    status === 0 || message.length > 10,
    `${what}: status ${String(status)} without a sentence`,
  );
  return status;
}

/** Wrong in every protobuf parser: bad tags, lengths beyond the end, endless varints, bad UTF-8. */
const MALFORMED: readonly Buffer[] = [
  Buffer.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f),
  Buffer.of(0x0a, 0x05, 0x61),
  Buffer.of(0x07, 0x01),
  Buffer.alloc(64, 0xff),
  Buffer.of(0x0a, 0x80),
];

const malformedProtobuf: HardeningCase = {
  name: "public.malformed-protobuf",
  does: "every RPC is sent bodies that are not protobuf",
  expects: "INVALID_ARGUMENT (UNIMPLEMENTED for what is not built) with a sentence",
  lane: "cluster",
  isQuick: true,
  maxMs: 30_000,
  run: (world) =>
    withRaw(world, 1, async (raw) => {
      let calls = 0;
      for (const method of METHODS) {
        for (const body of MALFORMED) {
          const answer = await raw.call({ path: pathOf(method), body: grpcFrame(body) });
          const what = `${method} with ${body.subarray(0, 6).toString("hex")}`;
          const status = answered(what, answer);
          calls += 1;
          const isExpected = status === INVALID_ARGUMENT || status === UNIMPLEMENTED;
          expect(isExpected, `${what}: status ${String(status)}: ${answer.message}`);
        }
      }
      return `${String(calls)} refusals`;
    }),
};

const fuzzedRequests: HardeningCase = {
  name: "public.fuzzed-requests",
  does: "420 requests of random bytes and of real requests with random damage, at every RPC",
  expects: "each answered, none as INTERNAL, no topic made",
  lane: "cluster",
  maxMs: 60_000,
  run: async (world) => {
    const garbage = new Garbage(4);
    const topic = world.cluster.ledger.topic;
    const real = [
      MakeHeapReq.encode(MakeHeapReq.create({ topic: "bad topic name" })).finish(),
      EnqueueReq.encode(EnqueueReq.create({ topic: `${topic}-not`, priority: -5n })).finish(),
      PopOpen.encode({
        kind: { $case: "filter", value: { topic: `${topic}-not`, partitionIds: [1, 2, 3] } },
      }).finish(),
    ] as const;
    const statuses = new Map<number, number>();
    await withRaw(world, 2, async (raw) => {
      for (let i = 0; i < 420; i += 1) {
        const method = METHODS[i % METHODS.length] ?? "Stats";
        const body =
          i % 3 === 0
            ? garbage.bytes(garbage.below(200))
            : garbage.damage(garbage.pick([...real]), 1 + garbage.below(4));
        const answer = await raw.call({ path: pathOf(method), body: grpcFrame(body) });
        const what = `${method} with ${body.toString("hex")}`;
        const status = answered(what, answer);
        const isRefused = status !== 0 || FIELDLESS.has(method);
        expect(isRefused, `${what} was accepted`);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    });
    return [...statuses].map(([status, n]) => `status ${String(status)}: ${String(n)}`).join(", ");
  },
};

const lyingLengths: HardeningCase = {
  name: "public.lying-lengths",
  does: "message lengths that lie: cut short, too long, 4 GiB, none at all, two messages in one call",
  expects: "each call answered with a refusal, at once",
  lane: "cluster",
  isQuick: true,
  maxMs: 60_000,
  run: (world) =>
    withRaw(world, 0, async (raw) => {
      const body = Buffer.from(
        EnqueueReq.encode(EnqueueReq.create({ topic: "x", payload: Buffer.of(1) })).finish(),
      );
      const lies: [string, Buffer, boolean][] = [
        ["no body", Buffer.alloc(0), false],
        ["half a head", Buffer.alloc(3), false],
        ["cut short", grpcFrame(body, 0, body.length + 10), false],
        ["4 GiB announced", grpcFrame(body, 0, 0xffff_ffff), true],
        ["over 4 MiB announced", grpcFrame(body, 0, MESSAGE_BYTES_MAX + 1), true],
        ["two messages", Buffer.concat([grpcFrame(body), grpcFrame(body)]), false],
        ["bytes after the message", Buffer.concat([grpcFrame(body), Buffer.alloc(3)]), false],
      ];
      const seen: string[] = [];
      for (const method of ["Enqueue", "PopStream", "Stats"]) {
        for (const [what, bytes, isLeftOpen] of lies) {
          const answer = await raw.call({ path: pathOf(method), body: bytes, isLeftOpen });
          const { status, message, broken } = answer;
          const isRefused = status !== undefined && status !== 0 && message !== "";
          const is = `${method}, ${what}: status ${String(status)} ${message} ${broken ?? ""}`;
          expect(isRefused, is);
          seen.push(String(status));
        }
      }
      return `${String(seen.length)} refusals, statuses ${[...new Set(seen)].join(" ")}`;
    }),
};

const compressedGarbage: HardeningCase = {
  name: "public.compressed-garbage",
  does: "compressed flag without an encoding, gzip that is none, unknown encodings and flags, a gzip bomb",
  expects: "each call answered with a refusal; the bomb is not unpacked",
  lane: "cluster",
  isQuick: true,
  maxMs: 60_000,
  run: (world) =>
    withRaw(world, 0, async (raw) => {
      const bomb = gzipSync(Buffer.alloc(256 << 20));
      const before = world.cluster.node(0).resources()?.rssMb ?? 0;
      const calls: [string, Buffer, Record<string, string>][] = [
        ["flag, no encoding", grpcFrame(Buffer.from("abc"), 1), {}],
        ["gzip that is none", grpcFrame(Buffer.alloc(100, 7), 1), { "grpc-encoding": "gzip" }],
        [
          "deflate that is none",
          grpcFrame(Buffer.alloc(100, 7), 1),
          { "grpc-encoding": "deflate" },
        ],
        ["cut gzip", grpcFrame(bomb.subarray(0, 200), 1), { "grpc-encoding": "gzip" }],
        ["unknown encoding", grpcFrame(Buffer.from("abc"), 1), { "grpc-encoding": "rot13" }],
        ["flag 7", grpcFrame(Buffer.from("abc"), 7), {}],
        ["flag 255", grpcFrame(Buffer.from("abc"), 255), { "grpc-encoding": "gzip" }],
        ["a bomb", grpcFrame(bomb, 1), { "grpc-encoding": "gzip" }],
      ];
      const seen = new Set<number>();
      for (const method of ["Enqueue", "PopStream"]) {
        for (const [what, body, headers] of calls) {
          const { status, message, broken } = await raw.call({
            path: pathOf(method),
            body,
            headers,
          });
          const is = `${method}, ${what}: status ${String(status)} ${message} ${broken ?? ""}`;
          expect(status !== undefined && status !== 0, is);
          expect(what !== "a bomb" || status === RESOURCE_EXHAUSTED, is);
          seen.add(status);
        }
      }
      const grown = (world.cluster.node(0).resources()?.rssMb ?? 0) - before;
      expect(grown < 120, `the node grew by ${String(grown)} MB over a bomb of 256 MB`);
      return `statuses ${[...seen].join(" ")}; grown by ${String(grown)} MB over a bomb of 256 MB`;
    }),
};

const oversize: HardeningCase = {
  name: "public.oversize",
  does: "messages over 4 MiB and payloads over the topic's limit, through every node",
  expects: "RESOURCE_EXHAUSTED for the message, INVALID_ARGUMENT for the payload; nothing enqueued",
  lane: "cluster",
  maxMs: 60_000,
  run: async (world) => {
    const { topic } = world.cluster.ledger;
    for (const node of [0, 1, 2]) {
      await withRaw(world, node, async (raw) => {
        const encode = (bytes: number): Buffer =>
          grpcFrame(
            Buffer.from(
              EnqueueReq.encode(
                EnqueueReq.create({ topic, payload: Buffer.alloc(bytes, 1) }),
              ).finish(),
            ),
          );
        const over = await raw.call({ path: pathOf("Enqueue"), body: encode(MESSAGE_BYTES_MAX) });
        const isOver = over.status === RESOURCE_EXHAUSTED;
        expect(isOver, `over 4 MiB: ${String(over.status)} ${over.message} ${over.broken ?? ""}`);
        const large = await raw.call({ path: pathOf("Enqueue"), body: encode(2 << 20) });
        const isLarge = large.status === INVALID_ARGUMENT;
        expect(isLarge, `2 MiB: ${String(large.status)} ${large.message} ${large.broken ?? ""}`);
      });
    }
    return "refused by all three nodes";
  },
};

const notGrpc: HardeningCase = {
  name: "public.not-grpc",
  does: "HTTP/2 requests that are not gRPC: other paths, methods, content types, headers of 300 KB",
  expects: "each ends with a status or a reset; none hangs",
  lane: "cluster",
  isQuick: true,
  maxMs: 60_000,
  run: async (world) => {
    const body = grpcFrame(Buffer.alloc(0));
    const strange: [string, string, Record<string, string>][] = [
      ["unknown service", "/nothing.here/Now", {}],
      ["unknown method", pathOf("Frobnicate"), {}],
      ["root", "/", {}],
      ["GET", pathOf("Stats"), { ":method": "GET" }],
      ["JSON", pathOf("Stats"), { "content-type": "application/json" }],
      ["a bad timeout", pathOf("Stats"), { "grpc-timeout": "soon" }],
      ["a timeout in the past", pathOf("Stats"), { "grpc-timeout": "0n" }],
      ["bad binary metadata", pathOf("Stats"), { "x-bin": "%%%not base64%%%" }],
      ["a long path", `/${"x".repeat(8_000)}`, {}],
    ];
    const seen: string[] = [];
    for (const [what, path, headers] of strange) {
      await withRaw(world, 0, async (raw) => {
        const { status, http, broken } = await raw.call({ path, body, headers });
        expect(!(broken ?? "").startsWith("no answer"), `${what}: ${broken ?? ""}`);
        seen.push(`${what} ${String(status ?? http ?? "reset")}`);
      });
    }
    return seen.join(", ");
  },
};

export const publicPortCases: readonly HardeningCase[] = [
  malformedProtobuf,
  fuzzedRequests,
  lyingLengths,
  compressedGarbage,
  oversize,
  notGrpc,
];
