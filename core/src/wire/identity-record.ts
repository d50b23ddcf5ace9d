// What the identity file of a node says, outside of its store (D-38, D-88): which start this is, and which
// cluster the node belongs to. A store without this record is nobody, so an emptied folder cannot be taken
// for the member that it was.

import { MalformedInput, Reader, Writer } from "../lib/bytes.js";
import { crc32 } from "../lib/crc32.js";
import { RowReader } from "./row-reader.js";
import { RowWriter } from "./row-writer.js";
import type { Layout } from "./rows.js";

/** 64 bits as two u32: a cluster id, the nonce of a process. */
export interface Id64 {
  readonly hi: number;
  readonly lo: number;
}

/** One of the members that formed the cluster. */
export interface Founder {
  /** The member's number, from 1: never changes and never returns (D-87). */
  readonly id: number;
  readonly name: string;
  /** The id of its store, drawn when the store was made. */
  readonly storeId: string;
  /** The machine that it runs on, as its operator calls it; its name where nothing was said. */
  readonly machine: string;
}

/** The record that makes a cluster. */
export interface Founding {
  readonly cluster: Id64;
  /** Grows while the cluster is unfinished and a member came back with another store. */
  readonly attempt: number;
  /** What a majority of the founders' wall clocks had reached: the cluster's time begins here (D-18). */
  readonly bornMs: number;
  readonly founders: readonly Founder[];
}

/** One life of a member's process, and that no two of them are the same. */
export interface Life {
  /** Starts of the member so far. */
  readonly boots: number;
  /** Drawn at each start: tells two processes with the same count apart. */
  readonly nonce: Id64;
}

export interface NodeIdentity extends Life {
  /** The machine level and draft that the node writes (D-86): another build does not touch the store. */
  readonly level: number;
  readonly draft: number;
  /** The newest life that was met of each other member, by its number: an older one is a copy. */
  readonly met: ReadonlyMap<number, Life>;
  /** Unfinished until every founder has the record. */
  readonly isFormed: boolean;
  readonly founding: Founding | undefined;
}

const VERSION = 1;

/** A cluster that formed needed a few. More is no attempt, and counting on from it must stay a u32. */
const ATTEMPTS_MAX = 0x7fff_ffff;

export function sameId(a: Id64, b: Id64): boolean {
  return a.hi === b.hi && a.lo === b.lo;
}

/** 16 hex digits. */
export function idText({ hi, lo }: Id64): string {
  const hex = (value: number): string => value.toString(16).padStart(8, "0");
  return hex(hi) + hex(lo);
}

export const id64: Layout<Id64> = (pass, id) => ({ hi: pass.u32(id.hi), lo: pass.u32(id.lo) });

const founder: Layout<Founder> = (pass, f) => ({
  id: pass.u16(f.id),
  name: pass.text(f.name),
  storeId: pass.text(f.storeId),
  machine: pass.text(f.machine),
});

export const founding: Layout<Founding> = (pass, f) => ({
  cluster: pass.part(f.cluster, id64),
  attempt: pass.u32Within(f.attempt, 1, ATTEMPTS_MAX),
  bornMs: pass.u48(f.bornMs),
  founders: pass.list16(f.founders, founder),
});

export function writeLife(w: Writer, { boots, nonce }: Life): void {
  w.u48(boots).u32(nonce.hi).u32(nonce.lo);
}

export function readLife(r: Reader): Life {
  return { boots: r.u48(), nonce: { hi: r.u32(), lo: r.u32() } };
}

export function encodeIdentity(identity: NodeIdentity): Uint8Array {
  const { level, draft, isFormed, met } = identity;
  const w = new Writer(128).u8(VERSION).u16(level).u16(draft);
  writeLife(w, identity);
  w.u8(identity.founding === undefined ? 0 : isFormed ? 2 : 1);
  if (identity.founding) new RowWriter(w).part(identity.founding, founding);
  w.u16(met.size);
  for (const [member, life] of [...met].sort(([a], [b]) => a - b)) writeLife(w.u16(member), life);
  w.u32(crc32(w.peek(), 0, w.length));
  return w.finish();
}

/** Throws `MalformedInput` with what is wrong. */
export function decodeIdentity(bytes: Uint8Array): NodeIdentity {
  const end = bytes.length - 4;
  if (end < 0) throw new MalformedInput("the identity record is cut short");
  if (new Reader(bytes, end).u32() !== crc32(bytes, 0, end)) {
    throw new MalformedInput("the identity record has a wrong checksum");
  }
  const r = new Reader(bytes, 0, end);
  if (r.u8() !== VERSION) throw new MalformedInput("the identity record is of another version");
  const written = { level: r.u16(), draft: r.u16() };
  const life = readLife(r);
  const state = r.u8();
  const known = state === 0 ? undefined : new RowReader(r).value(founding);
  const met = new Map<number, Life>();
  const count = r.u16();
  for (let i = 0; i < count; i += 1) met.set(r.u16(), readLife(r));
  r.expectEnd();
  return { ...written, ...life, isFormed: state === 2, founding: known, met };
}
