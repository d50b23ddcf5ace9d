// What a client and the leader of the bare log say to each other: records of kind (u8), number (u32), length
// (u16) and payload, one after the other. What is said in one round of the event loop goes out as one frame.

import type { Frame } from "./pipe.js";

export const Said = {
  /** The client: put this into the log, then hand it out. */
  enqueue: 1,
  /** It is done with. */
  ack: 2,
  /** `number` more may be handed out. */
  credits: 3,
  enqueued: 11,
  acked: 12,
  delivered: 13,
} as const;

const HEAD_BYTES = 7;
const NO_PAYLOAD = Buffer.alloc(0);

export interface RecordView {
  readonly kind: number;
  readonly number: number;
  /** Where it stands in the frame, with its head. */
  readonly from: number;
  readonly to: number;
}

export function eachRecord(frame: Frame, visit: (record: RecordView) => void): void {
  for (let at = 0; at < frame.length;) {
    const kind = frame[at] ?? 0;
    const number = frame.readUInt32LE(at + 1);
    const to = at + HEAD_BYTES + frame.readUInt16LE(at + 5);
    visit({ kind, number, from: at, to });
    at = to;
  }
}

export function payloadOfRecord(frame: Frame, { from, to }: RecordView): Frame {
  return frame.subarray(from + HEAD_BYTES, to);
}

/** Collects what is said until the event loop comes round. */
export class Outbox {
  private readonly write: (frame: Frame) => unknown;
  private readonly said: { kind: number; number: number; payload: Frame }[] = [];
  private bytes = 0;
  frames = 0;

  constructor(write: (frame: Frame) => unknown) {
    this.write = write;
  }

  say(kind: number, number: number, payload: Frame = NO_PAYLOAD): void {
    if (this.said.length === 0) setImmediate(this.flush);
    this.said.push({ kind, number, payload });
    this.bytes += HEAD_BYTES + payload.length;
  }

  private readonly flush = (): void => {
    const frame = Buffer.allocUnsafe(this.bytes);
    let at = 0;
    for (const { kind, number, payload } of this.said) {
      frame[at] = kind;
      frame.writeUInt32LE(number, at + 1);
      frame.writeUInt16LE(payload.length, at + 5);
      payload.copy(frame, at + HEAD_BYTES);
      at += HEAD_BYTES + payload.length;
    }
    this.said.length = 0;
    this.bytes = 0;
    this.frames += 1;
    this.write(frame);
  };
}
