// A gRPC server over a hand-driven engine, and a client of it, on a free port of this machine.
import { credentials, type Metadata, type ServiceError } from "@grpc/grpc-js";
import { DisheapClient } from "@disheap/proto";
import { performance } from "node:perf_hooks";
import { pino } from "pino";
import { GrpcServer } from "../../src/grpc/server.js";
import type { ServiceContext } from "../../src/grpc/unary.js";
import { HandEngine } from "./hand-engine.js";

export interface Fixture {
  readonly engine: HandEngine;
  readonly client: DisheapClient;
  readonly server: GrpcServer;
  readonly address: string;
  readonly observed: { enqueued: string[]; popped: string[] };
  close(): Promise<void>;
}

/** What the calls get, over an engine that is driven by hand. */
export function serviceContext(
  engine: HandEngine,
  observed: Fixture["observed"] = { enqueued: [], popped: [] },
): ServiceContext {
  return {
    carrier: engine.carrier,
    metrics: {
      enqueued: (topic) => observed.enqueued.push(topic),
      popped: (topic) => observed.popped.push(topic),
    },
    log: pino({ level: "silent" }),
    messageBytesMax: 4_194_304,
    authMode: "off",
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
  };
}

export async function startFixture(
  part: Partial<ServiceContext> = {},
  requestBytesMax = 268_435_456,
): Promise<Fixture> {
  const engine = new HandEngine();
  const observed: Fixture["observed"] = { enqueued: [], popped: [] };
  const context: ServiceContext = { ...serviceContext(engine, observed), ...part };
  const server = new GrpcServer(context, {
    bind: { host: "127.0.0.1", port: 0 },
    messageBytesMax: 4_194_304,
    requestBytesMax,
    engine,
    enableHealth: true,
    enableReflection: true,
  });
  const address = `127.0.0.1:${await server.listen()}`;
  const client = new DisheapClient(address, credentials.createInsecure());
  return {
    engine,
    client,
    server,
    address,
    observed,
    close: async () => {
      client.close();
      await server.close();
    },
  };
}

export type Answer<T> = { ok: T } | { code: number; message: string; metadata: Metadata };

type Callback<T> = (error: ServiceError | null, response: T) => void;

/** One unary call as a value: its response, or its status. */
export function ask<T>(send: (callback: Callback<T>) => unknown): Promise<Answer<T>> {
  return new Promise((resolve) => {
    send((error, response) => {
      resolve(
        error
          ? { code: error.code, message: error.details, metadata: error.metadata }
          : { ok: response },
      );
    });
  });
}
