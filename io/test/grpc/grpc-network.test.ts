import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "@disheap/harness";
import { Client, Metadata, Server, ServerCredentials, credentials } from "@grpc/grpc-js";
import type { ClientDuplexStream, ServerDuplexStream } from "@grpc/grpc-js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FRAME_BYTES_MAX, createGrpcNetwork } from "../../src/grpc/index.js";
import { encodeHandshake, makeHello, makeProof } from "../../src/grpc/handshake.js";
import type { HandshakeMessage } from "../../src/grpc/handshake.js";
import { LINK } from "../../src/grpc/service.js";
import { GrpcRig } from "../conformance/grpc-rig.js";
import type { GrpcProcess } from "../conformance/grpc-rig.js";

/** A child process runs compiled code. */
const COMPILED = new URL("../../dist/grpc/index.js", import.meta.url).href;

let rig: GrpcRig;

beforeEach(async () => {
  rig = await GrpcRig.make();
});

afterEach(async () => {
  await rig.dispose();
});

const kinds = (process: GrpcProcess, peer: number): string[] =>
  process.events
    .filter(({ kind }) => kind === "peer.up" || kind === "peer.down" || kind === "peer.frame")
    .filter((event) => event.peer === peer)
    .map(({ kind }) => kind);
const isUp = (process: GrpcProcess, peer: number): boolean =>
  kinds(process, peer).findLast((kind) => kind === "peer.up" || kind === "peer.down") === "peer.up";
const refusals = (process: GrpcProcess): string[] =>
  process.log.flatMap((line) => (line.event === "peer.refused" ? [line.message] : []));
const stats = (process: GrpcProcess, peer: string) =>
  process.port.stats().find((link) => link.peer === peer);

async function healthyPair(): Promise<[GrpcProcess, GrpcProcess]> {
  const [a, b] = [await rig.start(1), await rig.start(2)];
  await rig.until(() => isUp(a, 2) && isUp(b, 1), "the link is up");
  return [a, b];
}

/** A hand-made dialler: sends messages, collects the answers, and knows when its link ended. */
class RawDialler {
  readonly answers: HandshakeMessage[] = [];
  hasEnded = false;
  readonly call: ClientDuplexStream<Uint8Array, Uint8Array>;
  private readonly client: Client;

  constructor(port: number | undefined) {
    this.client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      "grpc.use_local_subchannel_pool": 1,
    });
    const { path, requestSerialize, responseDeserialize } = LINK;
    this.call = this.client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      new Metadata(),
      {},
    );
    this.call.on("data", (bytes: Uint8Array) =>
      this.answers.push(JSON.parse(Buffer.from(bytes).toString()) as HandshakeMessage),
    );
    this.call.on("error", () => (this.hasEnded = true));
    this.call.on("end", () => (this.hasEnded = true));
  }

  say(...messages: HandshakeMessage[]): void {
    for (const message of messages) this.call.write(encodeHandshake(message));
  }

  close(): void {
    this.call.cancel();
    this.client.close();
  }
}

const CARD = Uint8Array.of(1, 2, 3);
const n2 = {
  node: "n2",
  members: ["n1", "n2", "n3"],
  secret: "a secret",
};

test("a card that the core refuses is refused on both sides, once, and no frame passes", async () => {
  const texts = [1, 2].map((node) => `n${node} knows no such card.`);
  rig.verdict = (node) => ({ code: "foreign-cluster", message: texts[node - 1] });
  const a = await rig.start(1);
  const b = await rig.start(2);
  await rig.until(() => refusals(a).length >= 2 && refusals(b).length >= 2, "both log it");
  await sleep(350); // several more tries
  a.port.send(2, Buffer.from("x"));
  for (const [self, other] of [
    [a, 2],
    [b, 1],
  ] as const) {
    expect(refusals(self).length).toBe(2);
    for (const [i, text] of texts.entries()) {
      expect(
        refusals(self).some((message) => message.includes(text)),
        `of n${i + 1}`,
      ).toBe(true);
    }
    expect(kinds(self, other)).toEqual([]);
    const refused = self.events.find((event) => event.kind === "peer.refused");
    expect(refused).toMatchObject({ code: "foreign-cluster", message: texts[other - 1] });
  }
  expect(stats(a, "n2")).toMatchObject({ isUp: false, framesDropped: 1, framesSent: 0 });
});

test("a wrong or empty secret is refused on both sides with what to do", async () => {
  const a = await rig.start(1);
  for (const secret of ["another secret", ""]) {
    const b = await rig.start(2, { secret });
    await rig.until(() => refusals(a).length > 0 && refusals(b).length > 0, "both log it");
    expect(refusals(a)[0]).toMatch(/wrong-secret.*Set the same cluster secret on every node/);
    expect(refusals(b)[0]).toMatch(/wrong-secret.*Set the same cluster secret on every node/);
    expect([...kinds(a, 2), ...kinds(b, 1)]).toEqual([]);
    await rig.stop(2);
  }
  const b = await rig.start(2);
  await rig.until(() => isUp(a, 2) && isUp(b, 1), "with the right secret the link comes up");
});

test("a node that is not a member, or sits at the wrong address, is refused", async () => {
  const a = await rig.start(1);
  const members = ["n1", "stranger", "n3"].map((name) => ({
    name,
    address: name === "n1" ? rig.proxy(2, 1).address : "127.0.0.1:1",
  }));
  const b = await rig.start(2, { node: "stranger", members });
  await rig.until(() => refusals(b).length > 1, "refused");
  expect(refusals(b).join()).toMatch(
    /unknown-node.*stranger is not another member of n1's cluster/,
  );
  expect(refusals(b).join()).toMatch(/wrong-node.*n1 dialled n2 and reached stranger/);
  expect(kinds(a, 2)).toEqual([]);
});

test("without the secret nobody gets in, whatever they say", async () => {
  const a = await rig.start(1);
  const hello = makeHello(n2, "n1", "nonce", CARD);
  const frame = { type: "proof", proof: "x" } as const;
  const attacks: [string, (raw: RawDialler) => void, string][] = [
    ["noise", (raw) => raw.call.write(Buffer.from([1, 2, 3])), "malformed"],
    ["a huge first frame", (raw) => raw.call.write(Buffer.alloc(1 << 20, 65)), "malformed"],
    ["a proof before the hello", (raw) => raw.say(frame), "malformed"],
    ["two hellos", (raw) => raw.say(hello, hello), "malformed"],
    ["a false proof", (raw) => raw.say(hello, frame), "wrong-secret"],
    [
      "a proof of another secret",
      (raw) => raw.say(hello, { type: "proof", proof: makeProof("", "dialler", hello, "") }),
      "wrong-secret",
    ],
  ];
  for (const [what, attack, code] of attacks) {
    const raw = new RawDialler(a.port.listeningPort());
    attack(raw);
    raw.call.write(Buffer.from("a frame"));
    await rig.until(() => raw.hasEnded, `the end of the link after ${what}`);
    const last = raw.answers.at(-1);
    expect(last?.type === "refused" && last.code).toBe(code);
    raw.close();
  }
  // The acceptor's own proof, sent back, is no proof of the dialler.
  const mirror = new RawDialler(a.port.listeningPort());
  mirror.say(hello);
  await rig.until(() => mirror.answers.length > 0, "the challenge");
  const [challenge] = mirror.answers;
  expect(challenge.type).toBe("challenge");
  if (challenge.type === "challenge") mirror.say({ type: "proof", proof: challenge.proof });
  await rig.until(() => mirror.hasEnded, "the end of the mirror");
  mirror.close();
  expect(a.events).toEqual([]);
  const b = await rig.start(2);
  await rig.until(() => isUp(a, 2) && isUp(b, 1), "the real peer still gets in");
});

test("a dialler does not believe an acceptor that lacks the secret", async () => {
  const heard: string[] = [];
  const fake = new Server();
  fake.addService(
    { link: LINK },
    {
      link: (call: ServerDuplexStream<Uint8Array, Uint8Array>) => {
        call.on("error", () => undefined);
        call.on("data", (bytes: Uint8Array) => heard.push(Buffer.from(bytes).toString()));
        call.write(encodeHandshake({ type: "challenge", nonce: "n", proof: "0".repeat(64) }));
        call.write(encodeHandshake({ type: "accepted" }));
      },
    },
  );
  const port = await new Promise<number>((resolve) =>
    fake.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_error, bound) =>
      resolve(bound),
    ),
  );
  const a = await rig.start(1);
  rig.proxy(1, 2).target = `127.0.0.1:${port}`;
  await rig.until(() => heard.some((text) => text.includes("wrong-secret")), "the refusal");
  a.port.send(2, Buffer.from("a frame"));
  await rig.until(() => refusals(a).length > 0, "the log line");
  expect(refusals(a)[0]).toMatch(/wrong-secret/);
  expect(kinds(a, 2)).toEqual([]);
  expect(heard.join()).not.toMatch(/"type":"proof"|a frame/);
  fake.forceShutdown();
});

test("a malformed handshake closes that link only", async () => {
  const [a, b] = await healthyPair();
  const raw = new RawDialler(a.port.listeningPort());
  raw.call.write(Buffer.from("GET / HTTP/1.1"));
  await rig.until(() => raw.hasEnded, "the end of the malformed link");
  raw.close();
  b.port.send(1, Buffer.from("still here"));
  await rig.until(() => kinds(a, 2).includes("peer.frame"), "a frame on the healthy link");
  expect(kinds(a, 2)).toEqual(["peer.up", "peer.frame"]);
});

test("a link that proves nothing is closed in time, and only so many may try at once", async () => {
  const tuning = { handshakeMs: 300, handshakesMax: 2 };
  const a = await rig.start(1, { tuning });
  const raws = [1, 2, 3].map(() => new RawDialler(a.port.listeningPort()));
  await rig.until(() => raws.filter((raw) => raw.hasEnded).length >= 1, "one too many");
  await rig.until(() => raws.every((raw) => raw.hasEnded), "the silent ones are closed");
  for (const raw of raws) raw.close();
});

test("a newer link of a peer replaces its older one", async () => {
  const a = await rig.start(1);
  const links = [new RawDialler(a.port.listeningPort()), new RawDialler(a.port.listeningPort())];
  for (const raw of links) {
    const hello = makeHello(n2, "n1", "nonce", CARD);
    raw.say(hello);
    await rig.until(() => raw.answers.length === 1, "the challenge");
    const [challenge] = raw.answers;
    const nonce = challenge.type === "challenge" ? challenge.nonce : "";
    raw.say({ type: "proof", proof: makeProof(n2.secret, "dialler", hello, nonce) });
    await rig.until(() => raw.answers.length === 2, "accepted");
    raw.call.write(Buffer.from(`link ${links.indexOf(raw)}`));
    await rig.until(() => kinds(a, 2).length === links.indexOf(raw) + 1, "its frame");
  }
  await rig.until(() => links[0].hasEnded, "the end of the older link");
  expect(links[1].hasEnded).toBe(false);
  for (const raw of links) raw.close();
});

test("a frame over 16 MiB is refused by the sender; one of 16 MiB passes", async () => {
  const [a, b] = await healthyPair();
  a.port.send(2, new Uint8Array(FRAME_BYTES_MAX + 1));
  a.port.send(2, new Uint8Array(FRAME_BYTES_MAX));
  await rig.until(() => kinds(b, 1).includes("peer.frame"), "the largest frame");
  const frames = b.events.flatMap((event) => (event.kind === "peer.frame" ? [event.frame] : []));
  expect(frames.map((frame) => frame.length)).toEqual([FRAME_BYTES_MAX]);
  expect(stats(a, "n2")).toMatchObject({ framesSent: 1, framesRefused: 1, framesDropped: 0 });
  expect(a.log.some((line) => line.event === "peer.frame-refused")).toBe(true);
  expect(kinds(a, 2)).toEqual(["peer.up"]);
});

test("over its byte budget a link drops whole frames and counts them", async () => {
  const a = await rig.start(1, { tuning: { bytesMax: 3_000_000 } });
  const b = await rig.start(2);
  await rig.until(() => isUp(a, 2), "the link is up");
  for (let i = 0; i < 10; i += 1) a.port.send(2, Buffer.alloc(1_000_000, i));
  expect(stats(a, "n2")).toMatchObject({ framesSent: 3, framesDropped: 7, bytesSent: 3_000_000 });
  const frames = (): Uint8Array[] =>
    b.events.flatMap((event) => (event.kind === "peer.frame" ? [event.frame] : []));
  await rig.until(() => frames().length === 3, "the frames within the budget");
  a.port.send(2, Buffer.alloc(2_000_000, 9));
  await rig.until(() => frames().length === 4, "a frame after the budget is free again");
  expect(frames().map((frame) => frame[0])).toEqual([0, 1, 2, 9]);
});

test("a half-open link is noticed by keepalive, and comes back", async () => {
  const tuning = { keepaliveMs: 200, keepaliveTimeoutMs: 200, handshakeMs: 500 };
  const a = await rig.start(1, { tuning });
  const b = await rig.start(2, { tuning });
  await rig.until(() => isUp(a, 2) && isUp(b, 1), "the link is up");
  rig.proxy(1, 2).freeze();
  await rig.until(() => kinds(a, 2).includes("peer.down"), "the loss is noticed");
  rig.proxy(1, 2).open();
  await rig.until(() => isUp(a, 2), "the link is up again");
  a.port.send(2, Buffer.from("back"));
  await rig.until(() => kinds(b, 1).includes("peer.frame"), "a frame");
  expect(kinds(b, 1)).toEqual(["peer.up", "peer.frame"]);
});

const lonely = {
  node: "n1",
  members: [{ name: "n1", address: "127.0.0.1:1" }],
  listen: "127.0.0.1:0",
  secret: "s",
  isLoopback: false,
  push: () => undefined,
  log: () => undefined,
};

test("a port in use is a sentence, and the network can still be closed", async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
  const { port } = blocker.address() as AddressInfo;
  const network = createGrpcNetwork({ ...lonely, listen: `127.0.0.1:${port}` });
  expect(await new Promise((resolve) => network.start(resolve))).toMatch(
    /^The peer port 127\.0\.0\.1:\d+ cannot be opened: .*EADDRINUSE.* Stop the process that uses it/,
  );
  await new Promise<void>((resolve) => network.close(resolve));
  await new Promise((resolve) => blocker.close(resolve));
});

test("a network that is closed while it starts opens nothing", async () => {
  const network = createGrpcNetwork(lonely);
  const started = new Promise((resolve) => network.start(resolve));
  const closed = new Promise<void>((resolve) => network.close(resolve));
  await Promise.all([started, closed]);
  const port = network.listeningPort() ?? 0;
  const socket = connect(port, "127.0.0.1");
  expect(
    await new Promise((resolve) => socket.on("error", resolve).on("connect", resolve)),
  ).toEqual(expect.objectContaining({ code: expect.stringMatching(/ECONNREFUSED|EADDRNOTAVAIL/) }));
});

test("options that cannot work are refused with a sentence", () => {
  const options = { ...lonely, listen: "0.0.0.0:0" };
  expect(() => createGrpcNetwork({ ...options, secret: "" })).toThrow(
    /can be reached from other machines and there is no cluster secret\. Set the same/,
  );
  expect(() => createGrpcNetwork({ ...options, node: "n9" })).toThrow(
    /n9 is not in the member list/,
  );
  const twice = [...options.members, ...options.members];
  expect(() => createGrpcNetwork({ ...options, members: twice })).toThrow(/names a node twice/);
});

test("close leaves no timer and no socket: a process that closed its networks ends by itself", async () => {
  // Three nodes: a healthy pair, one of another cluster, and links to a node that is not there. The
  // timers are so long that a forgotten one would keep the process alive.
  const script = `
    import { createGrpcNetwork } from ${JSON.stringify(COMPILED)};
    const ports = process.argv.slice(1);
    const names = ["n1", "n2", "n3", "n4"];
    const members = names.map((name, i) => ({ name, address: "127.0.0.1:" + ports[i] }));
    let news = 0;
    const heard = () => {
      news += 1;
      if (news === 6) for (const network of networks) network.close(() => console.log("closed"));
    };
    const cards = ["a", "a", "b"].map((text) => Buffer.from(text));
    const networks = cards.map((card, i) => createGrpcNetwork({
      node: names[i], members, listen: members[i].address, secret: "", isLoopback: true,
      push: (event) => {
        if (event.kind === "peer.hello") {
          const isOurs = Buffer.compare(event.card, card) === 0;
          networks[i].answer(event.call, isOurs ? undefined : { code: "foreign", message: "No." });
        } else if (event.kind === "peer.up") heard();
      },
      log: (line) => { if (line.event === "peer.refused") heard(); },
      tuning: { refusedRetryMs: 9e5, handshakeMs: 9e5, backoffMinMs: 100, backoffMaxMs: 9e5 },
    }));
    networks.forEach((network, i) => network.start((problem) => {
      if (problem) throw problem;
      network.introduce(cards[i]);
    }));
  `;
  const ports = await freePorts(4);
  const args = ["--input-type=module", "-e", script, ...ports.map(String)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (text) => (out += String(text)));
  const giveUp = setTimeout(() => child.kill("SIGKILL"), 40_000);
  const signal = await new Promise((resolve) => child.on("close", (_code, name) => resolve(name)));
  clearTimeout(giveUp);
  expect({ signal, out }).toEqual({ signal: null, out: "closed\nclosed\nclosed\n" });
});
