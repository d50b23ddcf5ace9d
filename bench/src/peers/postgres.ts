// A queue in PostgreSQL: a table, leases by SELECT ... FOR UPDATE SKIP LOCKED, best first.

import { setTimeout as sleep } from "node:timers/promises";
import { until } from "@disheap/harness";
import type { Lane, LaneEvents } from "../load/end-to-end-load.js";
import { numberOf, payloadOf } from "../workloads/workload.js";
import { loadLibrary } from "./libraries.js";
import type { Peer } from "./peer.js";
import { LOOPBACK, type PeerHost } from "./peer-host.js";
import { POSTGRES_PROGRAMS, startPostgres, USER } from "./postgres-server.js";

interface Pg {
  readonly Pool: new (options: object) => Pool;
}

interface Pool {
  query(query: Query): Promise<{ readonly rows: readonly Row[] }>;
  on(event: "error", listener: () => void): unknown;
  end(): Promise<void>;
}

/** Named ones are parsed once per connection. */
interface Query {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

interface Row {
  readonly id: string;
  readonly payload: Buffer;
}

const PRODUCERS_MAX = 32;
const CONSUMERS_MAX = 4;
/** Leases and acknowledgements of one statement. */
const BATCH_MAX = 64;
const EMPTY_PAUSE_MS = 2;
const STARTING_UP = "57P03";
const READY_MAX_MS = 60_000;

const SCHEMA = `
  CREATE TABLE jobs (id bigserial PRIMARY KEY, priority bigint NOT NULL, payload bytea NOT NULL,
    leased_until timestamptz);
  CREATE INDEX jobs_ready ON jobs (priority, id) WHERE leased_until IS NULL`;
const ENQUEUE = "INSERT INTO jobs (priority, payload) VALUES ($1, $2)";
const LEASE = `
  UPDATE jobs SET leased_until = now() + interval '5 minutes' WHERE id IN
    (SELECT id FROM jobs WHERE leased_until IS NULL ORDER BY priority, id
     FOR UPDATE SKIP LOCKED LIMIT $1)
  RETURNING id, payload`;
const ACK = "DELETE FROM jobs WHERE id = ANY($1::bigint[])";

async function openLane(
  host: PeerHost,
  port: number,
  events: LaneEvents,
  window: number,
): Promise<Lane> {
  const { Pool } = loadLibrary<Pg>("pg");
  const open = (max: number): Pool => {
    const pool = new Pool({ host: LOOPBACK, port, user: USER, database: "postgres", max });
    // Connections that break when the server is ended.
    pool.on("error", () => undefined);
    host.onClose(() => pool.end());
    return pool;
  };
  const producers = open(Math.min(window, PRODUCERS_MAX));
  const consumerCount = Math.min(window, CONSUMERS_MAX);
  const consumers = open(consumerCount);
  await until("PostgreSQL takes the table", READY_MAX_MS, () => makeTable(producers));
  let isOpen = true;
  host.onClose(() => {
    isOpen = false;
    return Promise.resolve();
  });
  const batch = Math.max(1, Math.min(BATCH_MAX, Math.floor(window / consumerCount)));
  const consume = async (): Promise<void> => {
    while (isOpen) {
      const { rows } = await consumers.query({ name: "lease", text: LEASE, values: [batch] });
      if (rows.length === 0) {
        await sleep(EMPTY_PAUSE_MS);
        continue;
      }
      for (const { payload } of rows) events.delivered(numberOf(payload));
      const ids = rows.map(({ id }) => id);
      await consumers.query({ name: "ack", text: ACK, values: [ids] });
      for (const { payload } of rows) events.settled(numberOf(payload));
    }
  };
  for (let i = 0; i < consumerCount; i += 1) {
    void consume().catch((error: unknown) => {
      if (isOpen) events.failed("settle", error);
    });
  }
  return {
    enqueue: (number) => {
      const values = [number % 100, payloadOf(number)];
      producers.query({ name: "enqueue", text: ENQUEUE, values }).then(
        () => events.enqueued(number),
        (error: unknown) => events.failed("enqueue", error),
      );
    },
  };
}

/** It takes connections, and refuses them, before it is ready. */
async function makeTable(pool: Pool): Promise<boolean> {
  try {
    await pool.query({ text: SCHEMA });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === STARTING_UP) return false;
    throw error;
  }
}

export const postgres: Peer = {
  name: "postgres",
  about: "a table of PostgreSQL with SKIP LOCKED",
  programs: POSTGRES_PROGRAMS,
  library: "pg",
  doesNot: [
    "replicate: one server, one disk (synced before each answer)",
    "push: consumers ask, in batches, and wait 2 ms when nothing is there",
    "deduplicate repeats, fence late workers; expired leases are not looked for here",
  ],
  start: async (host) => {
    const port = await startPostgres(host);
    return {
      openLane: (events, window) => openLane(host, port, events, window),
      usage: () => Promise.resolve(host.usage()),
      close: () => host.close(),
    };
  },
};
