// A hand on the wire of a quiet world: single frames are lost, held back or doubled, chosen by the
// messages they carry. For situations that rates of a link reach only by luck.

import { crc32, decodeFrame, type PeerMessage } from "@disheap/core";
import type { QuietWorld } from "./quiet-world.js";

type Kind = PeerMessage["kind"];
export type MessageOf<K extends Kind> = Extract<PeerMessage, { kind: K }>;

/** What becomes of a frame: extra milliseconds per copy, none to lose it; undefined leaves it alone. */
export type Fate = readonly number[] | undefined;

export const LOST: readonly number[] = [];

/** Decides over each frame from one node to another that carries a message of the kind. */
export function onMessage<K extends Kind>(
  q: QuietWorld,
  kind: K,
  decide: (message: MessageOf<K>, from: number, to: number) => Fate,
): void {
  const isOne = (m: PeerMessage): m is MessageOf<K> => m.kind === kind;
  const { network } = q.world;
  const before = network.onFrame;
  network.onFrame = (from, to, frame) => {
    for (const message of decodeFrame(frame, crc32).messages) {
      const fate = isOne(message) ? decide(message, from, to) : undefined;
      if (fate) return fate.map((ms) => ms * 1000);
    }
    return before?.(from, to, frame) ?? [0];
  };
}
