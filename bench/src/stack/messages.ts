// What bare nodes tell each other: a frame is a list of messages.

import { Reader, Writer } from "@disheap/core";

export const Kind = {
  /** An edge asks the leader to store a payload. */
  ask: 1,
  /** The leader asks a follower to store a copy. */
  copy: 2,
  /** The follower's copy is synced. */
  copied: 3,
  /** A majority has it. */
  done: 4,
} as const;

export interface Message {
  readonly kind: number;
  /** Tells the asker what is answered: the edge's number in ask and done, the leader's in the others. */
  readonly id: number;
  readonly payload: Uint8Array;
}

export function encodeMessages(messages: readonly Message[]): Uint8Array {
  const writer = new Writer();
  for (const { kind, id, payload } of messages) writer.u8(kind).u48(id).blob(payload);
  return writer.finish();
}

export function decodeMessages(frame: Uint8Array): Message[] {
  const reader = new Reader(frame);
  const messages: Message[] = [];
  while (reader.left > 0) {
    messages.push({ kind: reader.u8(), id: reader.u48(), payload: reader.blob() });
  }
  return messages;
}
