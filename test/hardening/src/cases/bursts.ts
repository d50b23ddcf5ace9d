// Bursts of large messages: what a client may ask at once is bounded by bytes, and a node that has more than that
// before it says so, keeps its memory and its leaders, and serves what it took (rev-B15, rev-B3).

import { randomFillSync } from "node:crypto";
import { setImmediate as yieldOnce } from "node:timers/promises";
import { EnqueueReq, MakeHeapReq } from "@disheap/proto";
import { Metadata, type ServiceError, status as Status } from "@grpc/grpc-js";
import { Cluster, type NodeProcess, until } from "@disheap/harness";
import type { Api } from "../api.js";
import type { HardeningCase } from "../case.js";
import { expect } from "../expect.js";
import type { World } from "../world.js";

const TOPIC = "burst";
/** 400 messages of 4 MB are six times what a node may have under way by default. */
const CALLS = 400;
const BYTES = 4_000_000;
const CONNECTIONS = 4;
const DEADLINE_MS = 20_000;
/**
 * Of a node, in MB. It ends with up to 256 MiB of messages, two write buffers of 64 MiB, and what a busy machine
 * has not collected yet; without bounds it was 1,400.
 */
const MEMORY_MAX_MB = 900;

/** Everything else as shipped. On a busy machine a process may get no time for seconds, and that is not the case. */
const PATIENT = {
  RAFT_ELECTION_MIN_MS: "6000",
  RAFT_ELECTION_MAX_MS: "12000",
  RAFT_CHECK_QUORUM_MS: "6000",
};

interface Group {
  readonly group: number;
  readonly topic?: string;
  readonly leader: string;
  readonly term: number;
}

async function groupsOf(node: NodeProcess): Promise<readonly Group[]> {
  const answer = await fetch(`${node.http}/raft/status`);
  return ((await answer.json()) as { groups: readonly Group[] }).groups;
}

/** The largest term of each group, as far as any node knows. */
async function termsOf(cluster: Cluster): Promise<Map<number, number>> {
  const terms = new Map<number, number>();
  for (const groups of await Promise.all(cluster.nodes.map(groupsOf))) {
    for (const { group, term } of groups) {
      terms.set(group, Math.max(term, terms.get(group) ?? 0));
    }
  }
  return terms;
}

interface Flood {
  /** Message ids of what was answered with OK. */
  readonly taken: readonly string[];
  readonly codes: ReadonlyMap<string, number>;
  readonly sentences: ReadonlySet<string>;
}

async function flood(world: World, node: NodeProcess): Promise<Flood> {
  const apis = Array.from({ length: CONNECTIONS }, () => world.api(node));
  const random = randomFillSync(Buffer.alloc(2 * BYTES));
  const taken: string[] = [];
  const codes = new Map<string, number>();
  const sentences = new Set<string>();
  const answered = (error: ServiceError | null, messageId: string): void => {
    const code = error === null ? "OK" : (Status[error.code] ?? "");
    codes.set(code, (codes.get(code) ?? 0) + 1);
    if (error === null) taken.push(messageId);
    else if (error.code === Status.RESOURCE_EXHAUSTED) sentences.add(error.details);
  };
  const calls: Promise<void>[] = [];
  for (let i = 0; i < CALLS; i += 1) {
    const at = i * 10_000;
    const payload = random.subarray(at, at + BYTES);
    const request = EnqueueReq.fromPartial({ topic: TOPIC, payload, priority: BigInt(i) });
    const deadline = Date.now() + DEADLINE_MS;
    const client = apis[i % CONNECTIONS]?.client;
    calls.push(
      new Promise((resolve) => {
        client?.enqueue(request, new Metadata(), { deadline }, (error, response) => {
          answered(error, error === null ? response.messageId : "");
          resolve();
        });
      }),
    );
    // What was started leaves while the next ones are encoded.
    if (i % CONNECTIONS === 0) await yieldOnce();
  }
  await Promise.all(calls);
  return { taken, codes, sentences };
}

/** What was acknowledged is there: every id comes out, each once. */
async function checkTaken(api: Api, taken: readonly string[]): Promise<void> {
  const missing = new Set(taken);
  await until("every acknowledged message came", 120_000, async () => {
    for (const item of await api.pop(TOPIC, { count: 8, maxMs: 8_000 })) {
      missing.delete(item.messageId);
      // One that is not acknowledged in time comes again.
      await api.ack(item).catch(() => undefined);
    }
    return missing.size === 0;
  });
}

function burstThrough(name: string, through: "leader" | "follower"): HardeningCase {
  return {
    name: `bursts.${name}`,
    does: `${String(CALLS)} enqueues of ${String(BYTES / 1e6)} MB at once through a node that ${through === "leader" ? "leads" : "does not lead"}`,
    expects:
      "what is beyond the bytes under way is refused with a sentence, memory stays bounded, nobody is elected, " +
      "and what was acknowledged is there",
    lane: "own",
    maxMs: 240_000,
    run: async (world) => {
      const cluster = await Cluster.start({ folder: world.folder, env: PATIENT });
      world.atEnd(() => cluster.close());
      const [first] = cluster.nodes;
      expect(first !== undefined, "there is a node");
      const api = world.api(first);
      const topic = MakeHeapReq.fromPartial({
        topic: TOPIC,
        partitions: 1,
        maxPayloadBytes: 4 << 20,
      });
      await api.call((client, options, done) =>
        client.makeHeap(topic, new Metadata(), options, done),
      );
      await api.enqueue(TOPIC, "first");
      const led = (await groupsOf(first)).find((group) => group.topic === TOPIC);
      const node = cluster.nodes.find(
        (one) => (one.name === led?.leader) === (through === "leader"),
      );
      expect(node !== undefined, "there is such a node");
      const terms = await termsOf(cluster);
      const most = cluster.nodes.map(() => 0);
      const watch = setInterval(() => {
        cluster.nodes.forEach((one, i) => {
          most[i] = Math.max(most[i] ?? 0, one.resources()?.rssMb ?? 0);
        });
      }, 100);
      world.atEnd(() => {
        clearInterval(watch);
      });
      const { taken, codes, sentences } = await flood(world, node);
      const said = [...codes].map(([code, n]) => `${code} ${String(n)}`).join(", ");
      expect((codes.get("RESOURCE_EXHAUSTED") ?? 0) > CALLS / 4, `hardly any was refused: ${said}`);
      for (const text of sentences) {
        expect(text.includes("REQUEST_BYTES_MAX"), `a refusal does not say why: ${text}`);
      }
      await until("a small message goes in again", 60_000, () =>
        api.enqueue(TOPIC, "after").then(
          () => true,
          () => false,
        ),
      );
      expect(Math.max(...most) < MEMORY_MAX_MB, `memory rose to ${most.join(", ")} MB`);
      await checkTaken(api, taken);
      const after = await termsOf(cluster);
      const moved = [...terms].filter(([group, term]) => after.get(group) !== term);
      expect(moved.length === 0, `leaders changed in ${String(moved.length)} groups; ${said}`);
      return `${said}; at most ${most.join(", ")} MB`;
    },
  };
}

export const burstCases: readonly HardeningCase[] = [
  burstThrough("through-leader", "leader"),
  burstThrough("through-follower", "follower"),
];
