// What one node took is delivered by each, whatever the limit of that node is.

import { DisheapClient, type PopItem } from "@disheap/proto";
import { credentials } from "@grpc/grpc-js";
import { expect, it } from "vitest";
import { startFixture } from "../support/grpc-fixture.js";

it("a message above this node's own limit is delivered", async () => {
  const fixture = await startFixture();
  const client = new DisheapClient(fixture.address, credentials.createInsecure(), {
    "grpc.max_receive_message_length": 14 << 20,
  });
  try {
    const stream = client.popStream();
    const item = new Promise<PopItem>((resolve, reject) => {
      stream.on("data", resolve);
      stream.on("error", reject);
    });
    stream.write({ kind: { $case: "filter", value: { topic: "jobs", partitionIds: [] } } });
    stream.write({ kind: { $case: "flowControl", value: { credits: 1 } } });
    const { streamId } = await fixture.engine.seen("stream.credits");
    fixture.engine.deliver(streamId, { payload: new Uint8Array(8 << 20) });
    expect((await item).payload).toHaveLength(8 << 20);
    stream.on("error", () => undefined);
    stream.cancel();
  } finally {
    client.close();
    await fixture.close();
  }
});
