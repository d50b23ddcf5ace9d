import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decodeHandshake,
  encodeHandshake,
  isProof,
  judgeHello,
  makeHello,
  makeProof,
  newNonce,
} from "../../src/grpc/handshake.js";
import type { Hello, PeerIdentity } from "../../src/grpc/handshake.js";

const self: PeerIdentity = {
  node: "n1",
  members: ["n1", "n2", "n3"],
  secret: "s",
};
const card = Uint8Array.of(1, 2, 255);
const hello = makeHello({ ...self, node: "n2" }, "n1", "nonce", card);

test("a member of the same cluster may go on", () => {
  expect(judgeHello(self, hello)).toBeUndefined();
});

test("every other hello is refused with a code, both names and what to do", () => {
  const cases: [Partial<Hello>, string, RegExp][] = [
    [{ version: 3 }, "version", /n2 speaks peer protocol 3, n1 speaks 2\. Upgrade/],
    [{ to: "n3" }, "wrong-node", /n2 dialled n3 and reached n1\. Correct/],
    [{ from: "n9" }, "unknown-node", /n9 is not another member .*n1, n2, n3.*\. Give/],
    [{ from: "n1" }, "unknown-node", /n1 is not another member/],
  ];
  for (const [changes, code, message] of cases) {
    const refusal = judgeHello(self, { ...hello, ...changes });
    expect(refusal?.code).toBe(code);
    expect(refusal?.message).toMatch(message);
  }
});

test("a proof is bound to the secret, the role and every word of the handshake", () => {
  const proof = makeProof("s", "dialler", hello, "other");
  expect(isProof(proof, makeProof("s", "dialler", hello, "other"))).toBe(true);
  const wrong = [
    makeProof("S", "dialler", hello, "other"),
    makeProof("", "dialler", hello, "other"),
    makeProof("s", "acceptor", hello, "other"),
    makeProof("s", "dialler", hello, "other2"),
    ...Object.entries(hello).flatMap(([key, value]) =>
      key === "type" ? [] : [makeProof("s", "dialler", { ...hello, [key]: `${value}x` }, "other")],
    ),
    proof.slice(1),
    `${proof}0`,
    "",
  ];
  for (const other of wrong) expect(isProof(proof, other)).toBe(false);
  expect(new Set([newNonce(), newNonce(), newNonce()]).size).toBe(3);
});

test("messages survive their encoding, and noise never decodes into one", () => {
  const messages = [
    hello,
    { type: "challenge", nonce: "a", proof: "b" },
    { type: "proof", proof: "c" },
    { type: "accepted" },
    { type: "refused", code: "version", message: "No." },
  ] as const;
  for (const message of messages)
    expect(decodeHandshake(encodeHandshake(message))).toEqual(message);
  const noise = [
    "",
    "{",
    "null",
    "7",
    "[]",
    '{"type":"hello"}',
    '{"type":"proof","proof":7}',
    '{"type":"x"}',
    JSON.stringify({ ...hello, protocol: "http" }),
    JSON.stringify({ ...hello, version: "1" }),
    JSON.stringify({ ...hello, from: "n".repeat(5_000) }),
  ];
  for (const text of noise) expect(decodeHandshake(Buffer.from(text))).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(decodeHandshake(bytes)).toBeUndefined();
    }),
  );
});
