// A client whose own limit is that of gRPC, 4 MiB, and a message that is larger: its stream fails, the message is
// charged nothing, and whoever can take it gets it. A real node.
import { DisheapClient as Sdk } from "@disheap/client";
import { Cluster } from "@disheap/harness";
import { DisheapClient, EnqueueReq, type EnqueueResp } from "@disheap/proto";
import { credentials, status, type ServiceError } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const mib = 1 << 20;
/** More than a message may fail at. */
const tries = 6;

let cluster: Cluster;
let sdk: Sdk;

beforeAll(async () => {
  cluster = await Cluster.start({
    nodes: 1,
    env: {
      SINGLE_NODE: "true",
      INITIAL_CLUSTER: undefined,
      ENGINE_MAX_MESSAGE_SIZE: `${8 * mib}`,
      POP_DISCONNECT_GRACE_MS: "100",
    },
  });
  sdk = new Sdk({ endpoints: cluster.endpoints });
});
afterAll(async () => {
  await sdk.close();
  await cluster.close();
});

function enqueue(client: DisheapClient, topic: string, bytes: number): Promise<EnqueueResp> {
  const request = EnqueueReq.create({ topic, payload: Buffer.alloc(bytes, 0x78) });
  return new Promise((resolve, reject) => {
    client.enqueue(request, (error, answer) => (error === null ? resolve(answer) : reject(error)));
  });
}

/** One stream of a client with all defaults: how it ends. */
function popOnce(client: DisheapClient, topic: string): Promise<ServiceError> {
  return new Promise((resolve, reject) => {
    const stream = client.popStream();
    stream.on("error", resolve);
    stream.on("data", () => reject(new Error("it was received")));
    stream.write({ kind: { $case: "filter", value: { topic, partitionIds: [] } } });
    stream.write({ kind: { $case: "flowControl", value: { credits: 1 } } });
  });
}

// The first fits a call of 4 MiB; with what a delivery says beside it, it is larger.
it.each([4 * mib - 40, 7 * mib])(
  "%i bytes cost no attempt, however often it is tried",
  async (bytes) => {
    const topic = `large-${bytes}`;
    await sdk.createTopic(topic, { maxPayloadBytes: 8 * mib, maxRetries: 2 });
    const client = new DisheapClient(cluster.endpoints[0] ?? "", credentials.createInsecure());
    await enqueue(client, topic, bytes);
    for (let n = 0; n < tries; n += 1) {
      const { code, details } = await popOnce(client, topic);
      expect(code).toBe(status.RESOURCE_EXHAUSTED);
      expect(details).toContain("larger than max");
    }
    client.close();
    const { value } = await sdk.pop(topic, { limit: 1 }).next();
    expect([value?.payload.length, value?.attempts]).toEqual([bytes, 1]);
    await value?.ack();
    const said = `A consumer of ${topic} cancelled its stream within message ${value?.id} of ${bytes} bytes.`;
    expect(cluster.node("n1").log()).toContain(said);
  },
);
