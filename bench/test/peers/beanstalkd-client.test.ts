import { createServer, type Socket } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { BeanstalkdClient, ReplyReader } from "../../src/peers/beanstalkd-client.js";

const PAYLOAD = "with\r\nDELETED\r\nin it";
const TEXT = `INSERTED 7\r\nRESERVED 7 ${PAYLOAD.length}\r\n${PAYLOAD}\r\nDELETED\r\n`;

it("cuts replies wherever the bytes are split, also inside a payload that looks like replies", () => {
  for (let split = 0; split <= TEXT.length; split += 1) {
    const reader = new ReplyReader();
    const parts = [TEXT.slice(0, split), TEXT.slice(split)];
    const replies = parts.flatMap((part) => reader.read(Buffer.from(part)));
    expect(replies.map(({ words, payload }) => [words[0], payload.toString()])).toEqual([
      ["INSERTED", ""],
      ["RESERVED", PAYLOAD],
      ["DELETED", ""],
    ]);
  }
});

it("has many commands under way, and gives each its answer in order", async () => {
  let peer: Socket | undefined;
  const server = createServer((socket) => {
    peer = socket;
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = await BeanstalkdClient.connect(
    "127.0.0.1",
    (server.address() as AddressInfo).port,
  );
  const put = client.put(Buffer.from("abc"), 5, 60);
  const deleted = client.delete("7");
  const refused = client.delete("8");
  const reserved = client.reserve();
  const lost = client.reserve();
  lost.catch(() => undefined);
  while (peer === undefined) await new Promise((resolve) => setImmediate(resolve));
  let said = "";
  while (!said.endsWith("reserve\r\nreserve\r\n")) {
    const [bytes] = (await once(peer, "data")) as [Buffer];
    said += bytes.toString();
  }
  expect(said.startsWith("put 5 0 60 3\r\nabc\r\ndelete 7\r\n")).toBe(true);
  peer.write("INSERTED 1\r\nDELETED\r\nNOT_FOUND\r\nRESERVED 9 2\r\nhi\r\n");
  await put;
  await deleted;
  await expect(refused).rejects.toThrow("NOT_FOUND");
  expect(await reserved).toEqual({ id: "9", payload: Buffer.from("hi") });
  peer.destroy();
  await expect(lost).rejects.toThrow("ended");
  client.close();
  server.close();
});
