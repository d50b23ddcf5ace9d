// One frame = u32 magic and version, u32 crc of the rest, 8 bytes cluster id, u16 sender, u32 sender's
// incarnation, u32 number of messages, u16 zero, then messages as u32 length, u8 kind, fields. Every frame names
// the cluster (D-70); bytes that do not fit are refused whole.

import type { Crc32 } from "../lib/crc32.js";
import { MalformedInput, Reader, Writer } from "../lib/bytes.js";
import { readMessage, writeMessage } from "./message-codec.js";
import type { PeerMessage } from "./messages.js";

const MAGIC = 0x44534850;
const HEADER_BYTES = 28;
/** Larger frames are refused before they are read. */
export const FRAME_BYTES_MAX = 16 << 20;
/**
 * The largest message that a node may be told to take. It must fit a frame beside what may come before it
 * in a grant, a peek or an append (1 MiB), with room for their own bytes (rev-A6).
 */
export const MESSAGE_BYTES_MAX = 14 << 20;
/** A frame that is longer takes no further message: one message alone may fill a whole frame. */
const FRAME_FULL_BYTES = 4 << 20;

export interface FrameHead {
  readonly clusterHi: number;
  readonly clusterLo: number;
  readonly sender: number;
  readonly senderIncarnation: number;
}

/** Collects the messages of one turn for one peer. */
export class FrameBuilder {
  private readonly writer = new Writer(1024);
  private readonly head: FrameHead;
  private readonly crc: Crc32;
  count = 0;

  constructor(head: FrameHead, crc: Crc32) {
    this.head = head;
    this.crc = crc;
    this.begin();
  }

  get bytes(): number {
    return this.writer.length;
  }

  private begin(): void {
    const { clusterHi, clusterLo, sender, senderIncarnation } = this.head;
    this.writer.reset();
    this.writer.u32(MAGIC).u32(0).u32(clusterHi).u32(clusterLo).u16(sender).u32(senderIncarnation);
    this.writer.u32(0).u16(0);
    this.count = 0;
  }

  /**
   * Adds a message. Returns the frame of those before it when the two would not share one: a large message
   * travels alone, so that what fits a frame by itself always leaves.
   */
  add(message: PeerMessage): Uint8Array | undefined {
    const w = this.writer;
    // Seen before it is written: what is written and then moved to another frame is copied twice more.
    const isOver = this.count > 0 && w.length + bulkBytes(message) > FRAME_FULL_BYTES;
    const before = isOver ? this.take() : undefined;
    const at = w.length;
    w.u32(0);
    writeMessage(w, message);
    w.setU32(at, w.length - at - 4);
    this.count += 1;
    if (this.count === 1 || w.length <= FRAME_FULL_BYTES) return before;
    const alone = w.copy(at);
    w.truncate(at);
    this.count -= 1;
    const frame = this.take();
    w.raw(alone);
    this.count = 1;
    return frame;
  }

  /** The finished frame; the builder starts anew. */
  take(): Uint8Array {
    this.writer.setU32(22, this.count);
    const frame = this.writer.copy();
    new DataView(frame.buffer).setUint32(4, this.crc(frame, 8, frame.length), true);
    this.begin();
    return frame;
  }
}

/** Bytes that a message brings along, without its own fields. */
function bulkBytes(message: PeerMessage): number {
  if (message.kind === "request") {
    return message.action.type === "propose" ? message.action.intent.length : 0;
  }
  if (message.kind !== "append") return 0;
  let bytes = 0;
  for (const block of message.blocks) bytes += block.bytes.length;
  return bytes;
}

export interface Frame extends FrameHead {
  readonly messages: readonly PeerMessage[];
}

/** Reads a frame; throws `MalformedInput` when it is not one. */
export function decodeFrame(frame: Uint8Array, crc: Crc32): Frame {
  if (frame.length < HEADER_BYTES) throw new MalformedInput("frame is cut short");
  const r = new Reader(frame);
  if (r.u32() !== MAGIC) throw new MalformedInput("frame magic or version is unknown");
  if (r.u32() !== crc(frame, 8, frame.length)) throw new MalformedInput("frame checksum differs");
  const clusterHi = r.u32();
  const clusterLo = r.u32();
  const sender = r.u16();
  const senderIncarnation = r.u32();
  const count = r.u32();
  r.u16();
  const messages: PeerMessage[] = [];
  for (let i = 0; i < count; i += 1) {
    const length = r.u32();
    const from = r.at;
    if (length > r.left) throw new MalformedInput("message is cut short");
    const inner = new Reader(frame, from, from + length);
    messages.push(readMessage(inner));
    inner.expectEnd();
    r.at = from + length;
  }
  r.expectEnd();
  return { clusterHi, clusterLo, sender, senderIncarnation, messages };
}
