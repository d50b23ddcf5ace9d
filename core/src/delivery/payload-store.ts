// The payloads of waiting messages, packed into chunks: a JavaScript array of its own costs a message
// more memory than a small payload has. Bytes once written never change or move, so a view that was
// handed out stays right; it only keeps its chunk alive. Invariants:
//   Y1 a chunk's `live` is the sum of the lengths of the slots that point to it;
//   Y2 of every chunk that is not being filled more than half is live: otherwise the rest moves out, so
//      that no old message holds a whole chunk. What moves is never more than what was freed before.

import type { Slot } from "../lib/brands.js";
import { broken } from "../lib/assert.js";

const CHUNK_BYTES_MIN = 1 << 11;
const CHUNK_BYTES_MAX = 1 << 16;
/** A larger payload gets a chunk of its own. */
const PACKED_BYTES_MAX = 1 << 13;

interface Chunk {
  readonly bytes: Uint8Array;
  used: number;
  live: number;
  /** Slots that were put here; some may have gone since, one may stand twice. */
  readonly slots: Slot[];
}

const EMPTY = new Uint8Array(0);

export class PayloadStore {
  private readonly chunks: (Chunk | undefined)[] = [];
  private at = new Uint32Array(16);
  private length = new Uint32Array(16);
  /** The chunk that is being filled. */
  private open: Chunk | undefined;
  private liveBytes = 0;
  /** What was copied last: `from` to `to` of these bytes stand in the chunk from `at` on. */
  private ahead: {
    bytes: Uint8Array | undefined;
    chunk: Chunk | undefined;
    from: number;
    to: number;
    at: number;
  } = { bytes: undefined, chunk: undefined, from: 0, to: 0, at: 0 };
  /** Bytes of all chunks that messages point to, and of the open one. */
  heldBytes = 0;

  /**
   * Copies the payload, so much of `bytes`: it outlives the block it came in. The slot must be empty. What follows it
   * there is taken for the next payloads (see `copy`), until `endRun`.
   */
  set(slot: Slot, bytes: Uint8Array, from = 0, to = bytes.length): void {
    while (slot >= this.at.length) this.grow();
    if (this.chunks[slot] !== undefined) broken(`Y1: slot ${slot} must hold no payload`);
    this.place(slot, bytes, from, to);
    this.liveBytes += to - from;
  }

  /** No payload comes of the same bytes any more: they are let go. */
  endRun(): void {
    this.ahead.bytes = undefined;
    this.ahead.chunk = undefined;
  }

  bytesAt(slot: Slot): number {
    return this.chunks[slot] === undefined ? 0 : this.length[slot];
  }

  /** A view; it stays right when the message is gone. */
  get(slot: Slot): Uint8Array {
    const chunk = this.chunks[slot];
    if (!chunk) return EMPTY;
    return chunk.bytes.subarray(this.at[slot], this.at[slot] + this.length[slot]);
  }

  delete(slot: Slot): void {
    const chunk = this.chunks[slot];
    if (!chunk) return;
    this.chunks[slot] = undefined;
    chunk.live -= this.length[slot];
    this.liveBytes -= this.length[slot];
    if (chunk !== this.open && chunk.live * 2 <= chunk.used) this.vacate(chunk);
  }

  private place(slot: Slot, bytes: Uint8Array, from: number, to: number): void {
    const length = to - from;
    if (length === 0) {
      this.chunks[slot] = undefined;
      return;
    }
    const chunk = this.roomFor(length);
    this.copy(chunk, bytes, from, to);
    this.chunks[slot] = chunk;
    this.at[slot] = chunk.used;
    this.length[slot] = length;
    chunk.used += length;
    chunk.live += length;
    chunk.slots.push(slot);
  }

  /**
   * Payloads of a batch stand one behind the other: what the chunk has room for is copied with the first of them, and
   * is there already when the next ones come.
   */
  private copy(chunk: Chunk, bytes: Uint8Array, from: number, to: number): void {
    const { ahead } = this;
    const isThere =
      ahead.bytes === bytes &&
      ahead.chunk === chunk &&
      ahead.from + chunk.used - ahead.at === from &&
      to <= ahead.to;
    if (isThere) return;
    const end = Math.min(bytes.length, from + chunk.bytes.length - chunk.used);
    chunk.bytes.set(bytes.subarray(from, end), chunk.used);
    if (end > to) this.ahead = { bytes, chunk, from, to: end, at: chunk.used };
  }

  private roomFor(bytes: number): Chunk {
    if (bytes > PACKED_BYTES_MAX) return this.newChunk(bytes);
    const { open } = this;
    if (open && open.used + bytes <= open.bytes.length) return open;
    // Small partitions get small chunks.
    const size = Math.min(CHUNK_BYTES_MAX, Math.max(CHUNK_BYTES_MIN, this.liveBytes, bytes));
    this.open = this.newChunk(size);
    if (!open || open.live * 2 > open.used) return this.open;
    this.vacate(open);
    // What moved may have filled the new chunk.
    return this.roomFor(bytes);
  }

  private newChunk(bytes: number): Chunk {
    this.heldBytes += bytes;
    return { bytes: new Uint8Array(bytes), used: 0, live: 0, slots: [] };
  }

  /** Moves what is left in the chunk elsewhere and lets it go. */
  private vacate(chunk: Chunk): void {
    this.heldBytes -= chunk.bytes.length;
    for (const slot of chunk.slots) {
      if (this.chunks[slot] !== chunk) continue;
      const payload = this.get(slot);
      this.place(slot, payload, 0, payload.length);
    }
  }

  private grow(): void {
    const capacity = this.at.length * 2;
    const at = new Uint32Array(capacity);
    at.set(this.at);
    const length = new Uint32Array(capacity);
    length.set(this.length);
    this.at = at;
    this.length = length;
  }
}
