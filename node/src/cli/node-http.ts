// Asks one node over HTTP for its health and its part in Raft. A node that is not healthy answers 503
// with the same body, so the status code decides nothing; an answer of another form is not a node.
import { z } from "zod";

const healthSchema = z.looseObject({
  healthy: z.boolean(),
  is_leader: z.boolean(),
  leader: z.string(),
  status: z.string().optional(),
});

const groupSchema = z.looseObject({
  topic: z.string().optional(),
  partition: z.number().optional(),
  state: z.string(),
  leader: z.string().optional(),
  stopped_because: z.string().optional(),
});

const raftSchema = z.looseObject({
  node_id: z.string(),
  state: z.string(),
  is_leader: z.boolean(),
  leader: z.string(),
  term: z.number(),
  commit_index: z.number(),
  applied_index: z.number(),
  servers: z.array(z.looseObject({ id: z.string(), address: z.string() })).default([]),
  cluster_id: z.string().optional(),
  refusals: z.array(z.string()).default([]),
  groups: z.array(groupSchema).default([]),
});

export type RaftStatus = z.infer<typeof raftSchema>;
type NodeHealth = z.infer<typeof healthSchema>;

export type NodeAnswer =
  | { isReached: true; address: string; raft: RaftStatus; health: NodeHealth }
  | { isReached: false; address: string; reason: string };

/** Never throws: a node that cannot be asked is an answer too. */
export async function askNode(address: string, timeoutMs: number): Promise<NodeAnswer> {
  const base = /^https?:\/\//.test(address) ? address.replace(/\/+$/, "") : `http://${address}`;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const [raft, health] = await Promise.all([
      getJson(`${base}/raft/status`, raftSchema, signal),
      getJson(`${base}/health`, healthSchema, signal),
    ]);
    return { isReached: true, address, raft, health };
  } catch (error) {
    return { isReached: false, address, reason: reasonOf(error, timeoutMs) };
  }
}

async function getJson<T>(url: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
  const response = await fetch(url, { signal });
  const parsed = schema.safeParse(await response.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  throw new Error(`${url} is not a Disheap node (HTTP ${response.status})`);
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${timeoutMs} ms`;
  const { cause } = error;
  if (cause instanceof Error) return "code" in cause ? String(cause.code) : cause.message;
  return error.message;
}
