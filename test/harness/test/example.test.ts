// The example of README.md, which holds it word for word.
import { DisheapClient } from "@disheap/client";
import { Cluster } from "@disheap/harness";
import { afterEach, beforeEach, expect, it } from "vitest";

let cluster: Cluster;
beforeEach(async () => {
  cluster = await Cluster.start();
});
afterEach(() => cluster.close());

it("a message outlives the node that leads", async () => {
  const client = new DisheapClient({ endpoints: cluster.endpoints });
  await client.createTopic("jobs");
  await client.enqueue("jobs", "write the report", { priority: 5 });
  const leader = await cluster.leader();
  await leader.kill();
  for await (const message of client.pop("jobs", { limit: 1 })) {
    expect(message.text()).toBe("write the report");
    await message.ack();
  }
  await leader.start().healthy();
  await client.close();
});
