// Three priorities in, best first out, through any node of the cluster that `npm start` runs:
//   node docs/examples/three-priorities.mjs
import { DisheapClient } from "@disheap/client";

const endpoints = process.env.DISHEAP_ENDPOINTS ?? "127.0.0.1:9090,127.0.0.1:9092,127.0.0.1:9094";
const client = new DisheapClient({ endpoints: endpoints.split(",") });
const topic = `example-${Date.now()}`;

await client.createTopic(topic, { mode: "min" });
await client.enqueue(topic, "write the report", { priority: 5 });
await client.enqueue(topic, "wake the pager", { priority: 1 });
await client.enqueue(topic, "answer the mail", { priority: 3 });

for await (const message of client.pop(topic, { limit: 3 })) {
  console.log(`${message.priority}  ${message.text()}  (fencing ${message.fencing})`);
  await message.ack();
}
await client.deleteTopic(topic, { force: true });
await client.close();
