// What plain JavaScript hands in by mistake: every option of every call refuses what it cannot take, before anything
// is sent, with the client's own error and a sentence that names it.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DisheapClient, DisheapValidationError } from "../src/index.js";
import * as tables from "../src/option-checks.js";
import { TestNode } from "./support/test-node.js";

let node: TestNode;
let client: DisheapClient;

beforeEach(async () => {
  node = await new TestNode().start();
  client = new DisheapClient({ endpoints: [node.address], retry: { maxAttempts: 1 } });
});

afterEach(async () => {
  await client.close();
  node.kill();
});

type Call = (options: never) => unknown;
const calls: [string, object, Call][] = [
  ["createTopic", tables.topicChecks, (o) => client.createTopic("t", o)],
  ["deleteTopic", tables.deleteChecks, (o) => client.deleteTopic("t", o)],
  ["listTopics", tables.listChecks, (o) => client.listTopics(o).next()],
  ["stats", tables.statsChecks, (o) => client.stats("t", o)],
  ["enqueue", tables.enqueueChecks, (o) => client.enqueue("t", "x", o)],
  ["pop", tables.popChecks, (o) => client.pop("t", o)],
  ["peek", tables.peekChecks, (o) => client.peek("t", o)],
  ["nack", tables.nackChecks, (o) => client.nack("t", "m", "l", o)],
  ["DisheapClient", tables.clientChecks, (o) => new DisheapClient(o)],
];

async function refusal(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    expect(error).toBeInstanceOf(DisheapValidationError);
    expect(node.calls).toEqual([]);
    return (error as Error).message;
  }
  throw new Error("it was taken");
}

describe.each(calls)("%s", (name, table, call) => {
  it.each([null, 5, "x", true, [], new Map(), () => undefined])(
    "refuses %s in place of its options",
    async (options) => {
      const says = await refusal(() => call(options as never));
      expect(says).toContain(`The options of ${name} `);
      expect(says).toContain(Object.keys(table)[0]);
    },
  );

  it("refuses a name that it does not know, and says which it knows", async () => {
    const says = await refusal(() => call({ partitons: 3 } as never));
    expect(says).toContain(
      `${name} has no option "partitons"; it has ${Object.keys(table).join(", ")}`,
    );
    await refusal(() => call({ constructor: 3 } as never));
  });

  it.each(
    Object.keys(table).flatMap((key) => [null, Symbol("s"), Number.NaN].map((v) => [key, v])),
  )("refuses %s that is %s", async (key, value) => {
    const says = await refusal(() => call({ [key as string]: value } as never));
    expect(says.toLowerCase()).toContain((key as string).replace(/s$/, "").toLowerCase());
  });
});

it.each<[string, object, string]>([
  [
    "pop",
    { partitions: 0 },
    "partitions is 0; it must be an array that is not empty, such as [0, 2]",
  ],
  ["pop", { partitions: "0" }, 'partitions is "0"; it must be an array'],
  ["pop", { partitions: {} }, "partitions is an object; it must be an array"],
  ["pop", { partitions: [] }, "an array that is not empty"],
  ["pop", { partitions: [0, "1"] }, 'partitions[1] is "1"; it must be a whole number'],
  ["pop", { prefetch: 1.5 }, "prefetch is 1.5; it must be a whole number from 1 to 1000"],
  ["pop", { prefetch: 1001 }, "from 1 to 1000"],
  ["pop", { limit: 0 }, "limit is 0; it must be a whole number from 1"],
  ["peek", { limit: 1e9 }, "limit is 1000000000; it must be a whole number from 1 to 1000"],
  ["peek", { limit: 0 }, "from 1 to 1000"],
  ["createTopic", { partitions: 0 }, "partitions is 0; it must be a whole number from 1"],
  ["createTopic", { mode: "mid" }, 'mode is "mid"; it must be "min" or "max"'],
  ["createTopic", { compression: "no" }, 'compression is "no"; it must be true or false'],
  ["createTopic", { deadLetters: {} }, "{ retentionMs: 3600000 }"],
  ["createTopic", { deadLetters: { retentionMs: "1" } }, 'retentionMs is "1"'],
  ["enqueue", { producer: "x" }, 'producer is "x"; it must be false'],
  ["deleteTopic", { force: "no" }, 'force is "no"; it must be true or false'],
  ["DisheapClient", { retry: 5 }, "The options of retry are 5; they must be an object"],
  ["DisheapClient", { retry: { budgetMs: 0 } }, "budgetMs is 0; it must be a number above 0"],
  ["DisheapClient", { retry: { budget: 9 } }, 'retry has no option "budget"; it has maxAttempts'],
  [
    "DisheapClient",
    { endpoints: "127.0.0.1:1" },
    'endpoints is "127.0.0.1:1"; it must be an array',
  ],
  ["DisheapClient", { endpoints: [] }, "an array that is not empty"],
  ["DisheapClient", { connectTimeoutMs: 1e12 }, "at most 2147483647"],
  ["DisheapClient", { channelOptions: { keepalive: 1 } }, 'start with "grpc"'],
])("%s says of %j what it takes", async (name, options, says) => {
  const call = calls.find(([one]) => one === name)?.[2];
  expect(await refusal(() => call?.(options as never))).toContain(says);
});

it("a key with a line feed is refused without being shown", async () => {
  const says = await refusal(() => new DisheapClient({ apiKey: "secret\n" }));
  expect(says).toContain("printable");
  expect(says).not.toContain("secret");
});

it.each<[string, (value: never) => unknown]>([
  ["topic", (v) => client.createTopic(v)],
  ["topic", (v) => client.deleteTopic(v)],
  ["topic", (v) => client.enqueue(v, "x")],
  ["topic", (v) => client.pop(v)],
  ["topic", (v) => client.peek(v)],
  ["topic", (v) => client.stats(v)],
  ["topic", (v) => client.ack(v, "m", "l")],
  ["messageId", (v) => client.nack("t", v, "l")],
  ["leaseToken", (v) => client.release("t", "m", v)],
  ["leaseToken", (v) => client.extend("t", v, 1)],
  ["ms", (v) => client.extend("t", "l", v)],
])("an argument %s that is null or an object is refused", async (name, call) => {
  expect(await refusal(() => call(null as never))).toContain(`${name} is null; it must be `);
  expect(await refusal(() => call({} as never))).toContain(`${name} is an object; it must be `);
});
