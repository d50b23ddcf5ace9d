// What a consumer does to the process that it runs in: it lives while somebody waits for a delivery.
import { afterEach, beforeEach, expect, it } from "vitest";
import { DisheapClient } from "../src/index.js";
import { runChild } from "./support/child.js";
import { TestNode } from "./support/test-node.js";

let node: TestNode;

beforeEach(async () => {
  node = await new TestNode().start();
  const client = new DisheapClient({ endpoints: [node.address] });
  await client.createTopic("jobs");
  for (let count = 0; count < 3; count += 1) await client.enqueue("jobs", "x");
  await client.close();
});
afterEach(() => {
  node.kill();
});

const consumer = (options: object): string => `
  const client = new DisheapClient({ endpoints: ["${node.address}"], retry: { budgetMs: 300 } });
  const pop = client.pop("jobs", ${JSON.stringify({ prefetch: 3, ...options })});
  const first = await pop.next();
  await new Promise((resolve) => setTimeout(resolve, 300));
  await tell("has three");`;

it("it waits for the end of a finished iteration while no node says whether leases run", async () => {
  const script = `${consumer({ visibilityMs: 3_000 })}
    await first.value.ack().catch(() => undefined);
    pop.finish();
    let seen = 0;
    const error = await (async () => { for await (const message of pop) seen += 1; })().catch((error) => error);
    console.log(seen, error?.code);
    await client.close();`;
  const ran = await runChild(script, () => node.kill());
  expect([ran.code, ran.printed]).toEqual([0, "0 UNAVAILABLE\n"]);
});

it.each([
  ["before it knew", 0],
  ["and extended its leases", 500],
])("it ends soon after a consumer that closed while its node was away, %s", async (_, waitMs) => {
  const script = `${consumer({}).replace("budgetMs: 300", "budgetMs: 60_000")}
    await new Promise((resolve) => setTimeout(resolve, ${waitMs}));
    const startMs = performance.now();
    await pop.close();
    console.log(performance.now() - startMs < 2_600 ? "closed in time" : "closed late");`;
  const ran = await runChild(script, () => node.kill());
  expect([ran.code, ran.printed]).toEqual([0, "closed in time\n"]);
  expect(ran.afterMs).toBeLessThan(12_000);
});
