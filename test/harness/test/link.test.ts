// Links, alone and in a proxy, in front of a server that echoes.

import { connect, createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Link, Relay } from "../src/link.js";
import { PeerLinks } from "../src/peer-links.js";
import { Proxy } from "../src/proxy.js";
import { seenWithin, until } from "../src/until.js";

const WAIT_MAX_MS = 5_000;
const SILENCE_MS = 150;

class Client {
  readonly socket: Socket;
  text = "";
  isOver = false;

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("data", (bytes: Buffer) => (this.text += bytes.toString()));
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => (this.isOver = true));
  }

  async hears(text: string): Promise<void> {
    await until(`"${text}" comes back`, WAIT_MAX_MS, () => this.text === text);
  }

  async ends(): Promise<void> {
    await until("the connection ends", WAIT_MAX_MS, () => this.isOver);
  }
}

let server: Server;
let proxy: Proxy;
let clients: Client[];

async function echoServer(prefix = ""): Promise<Server> {
  const made = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => socket.write(prefix + bytes.toString()));
  });
  await listen(made);
  return made;
}

function listen(one: Server): Promise<void> {
  return new Promise((resolve) => one.listen(0, "127.0.0.1", resolve));
}

const addressOf = (one: Server): string => `127.0.0.1:${(one.address() as AddressInfo).port}`;

function newClient(): Client {
  const client = new Client(proxy.port);
  clients.push(client);
  return client;
}

async function connected(): Promise<Client> {
  const client = newClient();
  client.socket.write("1");
  await client.hears("1");
  return client;
}

beforeEach(async () => {
  clients = [];
  server = await echoServer();
  proxy = await Proxy.listen(addressOf(server));
});
afterEach(async () => {
  for (const { socket } of clients) socket.destroy();
  await proxy.close();
  server.close();
});

it("passes on what both sides say, whole", async () => {
  const client = newClient();
  const large = "x".repeat(3_000_000);
  client.socket.write(large);
  await until("all of it comes back", WAIT_MAX_MS, () => client.text.length === large.length);
  expect(proxy.connections).toBe(1);
});

it("frozen, keeps connections and what was sent, and delivers that when it is opened", async () => {
  const client = await connected();
  proxy.freeze();
  client.socket.write("2");
  const later = newClient();
  later.socket.write("new");
  const isHeard = () => client.text !== "1" || later.text !== "";
  expect(await seenWithin(SILENCE_MS, isHeard)).toBeUndefined();
  expect([client.isOver, later.isOver]).toEqual([false, false]);
  proxy.open();
  await client.hears("12");
  await later.hears("new");
});

it("cut, breaks every connection and refuses new ones, until it is opened", async () => {
  const client = await connected();
  proxy.cut();
  await client.ends();
  await newClient().ends();
  expect([proxy.state, proxy.connections]).toEqual(["cut", 0]);
  proxy.open();
  await connected();
});

it("reset, breaks connections once", async () => {
  const client = await connected();
  proxy.reset();
  await client.ends();
  await connected();
});

it("sends new connections to another target, and nowhere without one", async () => {
  const other = await echoServer("other ");
  proxy.target = addressOf(other);
  const client = newClient();
  client.socket.write("1");
  await client.hears("other 1");
  proxy.target = "";
  await newClient().ends();
  expect(client.isOver).toBe(false);
  other.close();
});

it("takes over a connection that stands already, and holds what it says while frozen", async () => {
  let got = "";
  const listener = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => (got += bytes.toString()));
  });
  await listen(listener);
  const link = new Link(addressOf(listener));
  link.freeze();
  const door = createServer((socket) => {
    const relay = new Relay(socket, link.target, (bytes) => {
      if (bytes.includes("name")) link.adopt(relay);
    });
  });
  await listen(door);
  const client = new Client((door.address() as AddressInfo).port);
  clients.push(client);
  client.socket.write("hello ");
  await until("the greeting came", WAIT_MAX_MS, () => got === "hello ");
  client.socket.write("my name");
  await until("it is taken over", WAIT_MAX_MS, () => link.connections === 1);
  expect(await seenWithin(SILENCE_MS, () => got !== "hello ")).toBeUndefined();
  link.open();
  await until("the name came, too", WAIT_MAX_MS, () => got === "hello my name");
  door.close();
  listener.close();
});

it("between peers, closes its doors although somebody is still connected, known or not", async () => {
  const links = await PeerLinks.listen(
    new Map(["a", "b"].map((name) => [name, addressOf(server)])),
  );
  const doorOf = (name: string) => Number(links.addressOf(name).split(":")[1]);
  const [known, stranger] = [new Client(doorOf("a")), new Client(doorOf("a"))];
  clients.push(known, stranger);
  const hello = '{"from":"b"}';
  known.socket.write(hello);
  stranger.socket.write("hello");
  await known.hears(hello);
  await stranger.hears("hello");
  expect([links.link("b", "a").connections, links.link("a", "b").connections]).toEqual([1, 0]);
  links.freeze("b");
  await links.close();
  await known.ends();
  await stranger.ends();
});

it("tells each side that the other has gone", async () => {
  const client = await connected();
  client.socket.destroy();
  await until("nothing is left", WAIT_MAX_MS, () => proxy.connections === 0);
  const again = await connected();
  server.close();
  proxy.target = "127.0.0.1:1";
  await newClient().ends();
  expect(again.isOver).toBe(false);
});
