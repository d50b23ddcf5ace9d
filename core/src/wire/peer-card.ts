// What a node shows when it dials a peer, before any frame (D-88): who it is, with which store, in which
// life. The port carries it unread; the peer's core judges it.

import { Reader, Writer } from "../lib/bytes.js";
import { readLife, writeLife, type Id64, type Life } from "./identity-record.js";

export interface PeerCard extends Life {
  /** Undefined: the node belonged to no cluster when it started. */
  readonly cluster: Id64 | undefined;
  readonly storeId: string;
}

const VERSION = 1;

export function encodeCard(card: PeerCard): Uint8Array {
  const { cluster = { hi: 0, lo: 0 }, storeId } = card;
  const w = new Writer(64)
    .u8(VERSION)
    .u8(card.cluster ? 1 : 0)
    .u32(cluster.hi)
    .u32(cluster.lo);
  w.text(storeId);
  writeLife(w, card);
  return w.finish();
}

/** Undefined for anything else. Throws `MalformedInput` for what is cut short. */
export function decodeCard(bytes: Uint8Array): PeerCard | undefined {
  const r = new Reader(bytes);
  if (r.u8() !== VERSION) return undefined;
  const hasCluster = r.u8() === 1;
  const id = { hi: r.u32(), lo: r.u32() };
  const storeId = r.text();
  const life = readLife(r);
  r.expectEnd();
  return { ...life, cluster: hasCluster ? id : undefined, storeId };
}
