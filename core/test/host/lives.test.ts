// D-88: whose links a member takes. n1 is driven by hand; n2 and n3 show cards.

import { expect, test } from "vitest";
import { IdentityKeeper } from "../../src/host/identity-keeper.js";
import { type CardVerdict, Lives } from "../../src/host/lives.js";
import type { HostContext } from "../../src/member/context.js";
import { decodeIdentity } from "../../src/wire/identity-record.js";
import { encodeCard, type PeerCard } from "../../src/wire/peer-card.js";
import { foundingOf, HostRig } from "../support/host-rig.js";

const CLUSTER = foundingOf([]).cluster;
let calls = 0;

function rig(identity?: Uint8Array): HostRig {
  const made = new HostRig({ nodes: 3 });
  if (identity) made.identity = identity;
  made.start();
  return made;
}

const cardOf = (boots: number, changes: Partial<PeerCard> = {}): Uint8Array =>
  encodeCard({
    cluster: CLUSTER,
    storeId: "store-n2",
    boots,
    nonce: { hi: 0, lo: boots },
    ...changes,
  });

/** n2 shows a card; what n1 says at once. */
function show(r: HostRig, card: Uint8Array, link = 2): CardVerdict["refusal"] | "taken" | "later" {
  calls += 1;
  r.turn({ kind: "peer.hello", call: calls, peer: link, card });
  return verdictOf(r, calls);
}

function verdictOf(r: HostRig, call: number): CardVerdict["refusal"] | "taken" | "later" {
  r.verdicts.push(...r.host.takeVerdicts());
  const found = r.verdicts.find((v) => v.call === call);
  return found ? (found.refusal ?? "taken") : "later";
}

const metOf = (r: HostRig): number | undefined =>
  r.identity && decodeIdentity(r.identity).met.get(2)?.boots;

test("V1: a newer life is taken once it is written down", () => {
  const r = rig();
  r.holdsIdentity = true;
  expect(show(r, cardOf(1))).toBe("later");
  expect(metOf(r)).toBeUndefined();
  r.identify();
  expect(verdictOf(r, calls)).toBe("taken");
  expect(metOf(r)).toBe(1);
});

test("V1: another link of a life that is being written down waits for it too", () => {
  const r = rig();
  r.holdsIdentity = true;
  expect(show(r, cardOf(1))).toBe("later");
  const first = calls;
  expect(show(r, cardOf(1))).toBe("later");
  const second = calls;
  expect(metOf(r)).toBeUndefined();
  r.identify();
  expect([verdictOf(r, first), verdictOf(r, second)]).toEqual(["taken", "taken"]);
  expect(metOf(r)).toBe(1);
});

test("V1: also when the cluster was formed with it a moment ago", () => {
  const members = ["n1", "n2"].map((name) => ({ name, address: `${name}:1` }));
  const founding = foundingOf(members);
  const own = { level: 1, draft: 1, boots: 1, nonce: { hi: 0, lo: 0 } };
  const keeper = new IdentityKeeper({ ...own, isFormed: true, founding, met: new Map() });
  const context = {
    self: 0,
    config: { node: "n1" },
    cluster: { ...founding.cluster, text: "" },
    memberAt: (link: number) => link,
    memberName: (member: number) => `n${member}`,
    founder: (member: number) => founding.founders[member - 1],
    monotonicMs: 0,
    wantsTurn: false,
  };
  const lives = new Lives(context as unknown as HostContext);
  lives.start(keeper);
  lives.onHello(1, 2, cardOf(1));
  expect(lives.takeVerdicts()).toMatchObject([{ call: 1, refusal: undefined }]);
  context.self = 1;
  lives.joined();
  lives.onHello(2, 2, cardOf(1));
  expect(lives.takeVerdicts()).toEqual([]);
  keeper.take();
  keeper.written();
  lives.identified(keeper.durable);
  expect(lives.takeVerdicts()).toMatchObject([{ call: 2, refusal: undefined }]);
});

test("a lower count of starts, or an equal one of another process, is a copy; also after a restart", () => {
  let r = rig();
  expect(show(r, cardOf(5))).toBe("taken");
  r.turn({ kind: "peer.left", peer: 2 });
  for (const host of ["the same", "restarted"]) {
    if (host === "restarted") r = rig(r.identity);
    expect(show(r, cardOf(4)), host).toMatchObject({ code: "copied" });
    const other = cardOf(5, { nonce: { hi: 9, lo: 9 } });
    expect(show(r, other), host).toMatchObject({
      code: "copied",
      message: expect.stringMatching(
        /^n2 shows .* a copy or was put back .*\. Start n2 with/,
      ) as string,
    });
    expect(show(r, cardOf(5)), host).toBe("taken");
    r.turn({ kind: "peer.left", peer: 2 });
  }
  expect(show(r, cardOf(6))).toBe("taken");
});

test("a second process is refused when the first one still answers", () => {
  const r = rig();
  expect(show(r, cardOf(5))).toBe("taken");
  expect(show(r, cardOf(6))).toBe("later");
  const [{ to, message }] = r.take("ping");
  expect(to).toBe(2);
  if (message.kind !== "ping") throw new Error("a ping was expected");
  expect(message.nonce).toEqual({ hi: 0, lo: 5 });
  r.from(2, { ...message, kind: "pong" });
  expect(verdictOf(r, calls)).toMatchObject({
    code: "second-process",
    message: expect.stringMatching(/^n2 runs already: .*\. Stop it first/) as string,
  });
  expect(metOf(r)).toBe(5);
  expect(show(r, cardOf(5))).toBe("taken");
});

test("when the first one does not answer within a second, the second one is its successor", () => {
  const r = rig();
  show(r, cardOf(5));
  expect(show(r, cardOf(6))).toBe("later");
  r.pass(900);
  expect(verdictOf(r, calls)).toBe("later");
  r.pass(150);
  expect(verdictOf(r, calls)).toBe("taken");
  expect(metOf(r)).toBe(6);
  expect(show(r, cardOf(5))).toMatchObject({ code: "copied" });
});

test("when the link of the first one ends, nobody is waited for", () => {
  const r = rig();
  show(r, cardOf(5));
  expect(show(r, cardOf(6))).toBe("later");
  r.turn({ kind: "peer.left", peer: 2 });
  expect(verdictOf(r, calls)).toBe("taken");
});

test("only the very life that is asked answers a ping", () => {
  const r = rig();
  const own = r.identity && decodeIdentity(r.identity);
  if (!own) throw new Error("n1 has an identity");
  r.from(2, { kind: "ping", token: 7, nonce: { hi: 1, lo: 1 } });
  r.from(2, { kind: "ping", token: 8, nonce: own.nonce });
  expect(r.take("pong")).toEqual([
    { to: 2, message: { kind: "pong", token: 8, nonce: own.nonce } },
  ]);
});

test("another cluster and another store are refused by name; without a cluster one may listen", () => {
  const r = rig();
  expect(show(r, cardOf(1, { cluster: { hi: 1, lo: 1 } }))).toMatchObject({
    code: "foreign-cluster",
  });
  const other = { storeId: "another" };
  expect(show(r, cardOf(1, other))).toMatchObject({ code: "other-store" });
  expect(show(r, cardOf(1, { ...other, cluster: undefined }))).toBe("taken");
  expect(metOf(r)).toBeUndefined();
  for (const noise of [Uint8Array.of(), Uint8Array.of(9, 9), cardOf(1).slice(0, 10)]) {
    expect(show(r, noise)).toMatchObject({ code: "malformed" });
  }
});

test("who is told that it is a copy, a second process or another store ends with that sentence", () => {
  for (const code of ["copied", "second-process", "other-store"]) {
    const r = rig();
    r.turn({ kind: "peer.refused", peer: 3, code, message: "Because. Do this." });
    expect(r.host.fatalMessage).toBe("Because. Do this.");
  }
  const r = rig();
  r.turn({ kind: "peer.refused", peer: 3, code: "foreign-cluster", message: "No. Look." });
  expect(r.host.fatalMessage).toBeUndefined();
});

test("while links are refused the status says by whom and what to do, and no longer", () => {
  const r = rig();
  const refusals = (): readonly string[] => r.host.status().refusals;
  const foreign = cardOf(1, { cluster: { hi: 1, lo: 1 } });
  show(r, foreign);
  r.turn({ kind: "peer.refused", peer: 3, code: "foreign-cluster", message: "No. Look." });
  expect(refusals()).toEqual([
    expect.stringMatching(
      /^this node refuses n2: n2 belongs to cluster 0000000100000001, n1 to cluster \w+\. Start each node with/,
    ),
    "n3 refuses this node: No. Look.",
  ]);
  r.turn({ kind: "peer.up", peer: 3 });
  expect(refusals().length).toBe(1);
  show(r, cardOf(1));
  expect(refusals()).toEqual([]);

  show(r, foreign);
  r.pass(29_000);
  expect(refusals().length).toBe(1);
  r.pass(2_000);
  expect(refusals()).toEqual([]);
});

test("an emptied store that may listen is named all the same; a node that only starts is not", () => {
  const r = rig();
  show(r, cardOf(1, { storeId: "another", cluster: undefined }));
  expect(r.host.status().refusals).toEqual([
    expect.stringMatching(/^this node refuses n2: n2 was started with a store that is not/),
  ]);
  const starting = new HostRig({ nodes: 3 });
  starting.turn({ kind: "peer.hello", call: 1, peer: 2, card: cardOf(1) });
  expect(starting.host.status().refusals).toEqual([]);
});
