// What a client does when it is told nothing, and what single options change.
import { createServer, type AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { DisheapClient } from "../src/index.js";
import { exhausted } from "../src/errors.js";
import { resolveOptions } from "../src/options.js";
import { endingMsOf, keepLeaseMsOf, outageMaxMsOf } from "../src/pop-options.js";

it("what is not chosen is as documented", () => {
  const { retry, credentials } = resolveOptions({});
  expect(retry).toMatchObject({ budgetMs: 60_000, maxAttempts: Number.POSITIVE_INFINITY });
  expect(credentials).toBeUndefined();
  expect(keepLeaseMsOf({})).toBe(30 * 60_000);
  expect(outageMaxMsOf({}, retry)).toBe(Number.POSITIVE_INFINITY);
  expect(outageMaxMsOf({ credits: 1 }, retry)).toBe(60_000);
  expect(endingMsOf({}, retry)).toBe(60_000);
});

it("whatever a node may be told to take is received", () => {
  const { channelOptions } = resolveOptions({});
  expect(channelOptions["grpc.max_receive_message_length"]).toBe(14 << 20);
});

it("a channel option that is given replaces that one and no other", () => {
  const name = "grpc.keepalive_time_ms";
  const before = resolveOptions({}).channelOptions;
  const after = resolveOptions({ channelOptions: { [name]: 1_234 } }).channelOptions;
  expect(before[name]).not.toBe(1_234);
  expect(after).toEqual({ ...before, [name]: 1_234 });
});

it.each([
  [0, "for less than a round"],
  [1, "a:1 once"],
  [3, "3 times"],
])("a call that gave up after %i rounds says so in words", (rounds, words) => {
  expect(exhausted("stats", ["a:1"], { rounds }, undefined).message).toContain(`${words}. Last:`);
});

it("a connection is waited for as long as connectTimeoutMs says", async () => {
  // It takes connections and never says a word of HTTP/2.
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const client = new DisheapClient({
    endpoints: [address],
    connectTimeoutMs: 400,
    retry: { maxAttempts: 1 },
  });
  await expect(client.stats()).rejects.toThrow("no connection within 400 ms");
  await client.close();
  silent.close();
});
