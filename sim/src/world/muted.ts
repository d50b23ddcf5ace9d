// A leader whose appends are lost while all else that it says arrives, its beats too: so it goes on leading, answers
// every question, and commits nothing (rev-B2).

import { crc32, decodeFrame, FrameBuilder } from "@disheap/core";

/** The frame without appends of the group; undefined when nothing is left of it. */
export function withoutAppends(frame: Uint8Array, group: number): Uint8Array | undefined {
  const { messages, ...head } = decodeFrame(frame, crc32);
  const kept = messages.filter((m) => m.kind !== "append" || m.group !== group);
  if (kept.length === messages.length) return frame;
  if (kept.length === 0) return undefined;
  const builder = new FrameBuilder(head, crc32);
  for (const message of kept) builder.add(message);
  return builder.take();
}
