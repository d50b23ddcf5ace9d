// The peer handshake, as pure functions: the first messages of a link, before any frame.
//
//   dialler  -> hello      version, both names, a nonce, and the node's card, which only its core reads
//   acceptor -> challenge  a nonce, and a proof that it holds the cluster secret
//   dialler  -> proof      the same for the dialler
//   acceptor -> accepted   its core took the card: from here on every message of the dialler is a frame
//
// Either side may answer `refused` with a code and a sentence instead. A proof is an HMAC-SHA-256
// under the secret over everything the two sides said, so it is worth nothing on another link.

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { plainBytes } from "../plain-bytes.js";

const PROTOCOL = "disheap-peer";
const VERSION = 2;
/** A handshake message is small; anything longer is not one. */
const MESSAGE_BYTES_MAX = 4096;

export interface Refusal {
  /** `malformed`, `version`, `unknown-node`, `wrong-node`, `wrong-secret`, or what the core says of a card. */
  readonly code: string;
  /** What is wrong and what to do, for the operator of either side. */
  readonly message: string;
}

export interface Hello {
  readonly type: "hello";
  readonly protocol: string;
  readonly version: number;
  readonly from: string;
  readonly to: string;
  readonly nonce: string;
  /** Hex. */
  readonly card: string;
}

export type HandshakeMessage =
  | Hello
  | { readonly type: "challenge"; readonly nonce: string; readonly proof: string }
  | { readonly type: "proof"; readonly proof: string }
  | { readonly type: "accepted" }
  | { readonly type: "refused"; readonly code: string; readonly message: string };

/** Who this node is and what it trusts. */
export interface PeerIdentity {
  readonly node: string;
  readonly members: readonly string[];
  readonly secret: string;
}

export function newNonce(): string {
  return randomBytes(32).toString("hex");
}

export function makeHello(
  { node: from }: PeerIdentity,
  to: string,
  nonce: string,
  card: Uint8Array,
): Hello {
  const hex = Buffer.from(card).toString("hex");
  return { type: "hello", protocol: PROTOCOL, version: VERSION, from, to, nonce, card: hex };
}

export function cardOf(hello: Hello): Uint8Array {
  return plainBytes(Buffer.from(hello.card, "hex"));
}

/** The acceptor's judgement of a hello: undefined when the handshake may go on. */
export function judgeHello(self: PeerIdentity, hello: Hello): Refusal | undefined {
  const { node, members } = self;
  if (hello.version !== VERSION) {
    return refusal(
      "version",
      `${hello.from} speaks peer protocol ${hello.version}, ${node} speaks ${VERSION}.` +
        " Upgrade the older node first.",
    );
  }
  if (hello.to !== node) {
    return refusal(
      "wrong-node",
      `${hello.from} dialled ${hello.to} and reached ${node}.` +
        ` Correct the address of ${hello.to} in the member list.`,
    );
  }
  if (hello.from === node || !members.includes(hello.from)) {
    return refusal(
      "unknown-node",
      `${hello.from} is not another member of ${node}'s cluster (${members.join(", ")}).` +
        " Give every node a name of its own, taken from the member list.",
    );
  }
  return undefined;
}

/** A proof that `role` holds the secret, bound to this link by both nonces. */
export function makeProof(
  secret: string,
  role: "dialler" | "acceptor",
  hello: Hello,
  acceptorNonce: string,
): string {
  const { protocol, version, from, to, nonce, card } = hello;
  const said = [role, protocol, version, from, to, nonce, card, acceptorNonce];
  return createHmac("sha256", secret).update(JSON.stringify(said)).digest("hex");
}

/** Compares in constant time. */
export function isProof(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}

export function wrongSecret(self: string, other: string): Refusal {
  return refusal(
    "wrong-secret",
    `${other} does not hold the cluster secret of ${self}.` +
      " Set the same cluster secret on every node and restart the one that differs.",
  );
}

export function malformed(what: string): Refusal {
  return refusal(
    "malformed",
    `What arrived is not ${what} of a Disheap peer.` +
      " Only nodes of this cluster may connect to the peer port.",
  );
}

function refusal(code: string, message: string): Refusal {
  return { code, message };
}

export function encodeHandshake(message: HandshakeMessage): Uint8Array {
  return Buffer.from(JSON.stringify(message));
}

/** Undefined for anything that is not a well-formed handshake message. */
export function decodeHandshake(bytes: Uint8Array): HandshakeMessage | undefined {
  if (bytes.length > MESSAGE_BYTES_MAX) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  const has = (...names: string[]): boolean =>
    names.every((name) => typeof fields[name] === "string");
  switch (fields.type) {
    case "hello": {
      const isHello = has("from", "to", "nonce", "card") && fields.protocol === PROTOCOL;
      return isHello && Number.isSafeInteger(fields.version) ? (value as Hello) : undefined;
    }
    case "challenge":
      return has("nonce", "proof") ? (value as HandshakeMessage) : undefined;
    case "proof":
      return has("proof") ? (value as HandshakeMessage) : undefined;
    case "accepted":
      return { type: "accepted" };
    case "refused":
      return has("code", "message") ? (value as HandshakeMessage) : undefined;
    default:
      return undefined;
  }
}
