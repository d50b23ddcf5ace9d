// All that a partition holds, and what one entry brings along. Whatever is decided is decided from these two (D-9).

import type { Intent, LeaseName, MachineEvent, MessageRef, TopicSettings } from "@disheap/core";
import type { Limits } from "./limits.js";
import type { Message } from "./messages.js";

export type Token = Extract<Intent, { kind: "ack" }>["token"];

/** A consumer's stream at an edge. */
export interface Stream {
  readonly number: number;
  /** The newest round, and what was granted in it; what is given back is not taken off (D-7). */
  round: number;
  granted: number;
  isClosed: boolean;
}

/** A node that consumers talk to, in the newest life that was heard of. */
export interface Edge {
  readonly number: number;
  incarnation: number;
  /** Of this incarnation, in the order in which they came. */
  streams: Stream[];
}

/** The message that a triple made, and when. */
export interface First extends MessageRef {
  readonly stampMs: number;
}

/** A producer in one of its epochs, and the last of its sequences. */
export interface Producer {
  readonly producerId: string;
  readonly epochHi: number;
  readonly epochLo: number;
  lastUsedMs: number;
  /** In the order in which they came. */
  readonly sequences: { readonly hi: number; readonly lo: number; readonly first: First }[];
}

/** How a lease ended. */
export type End = "acked" | "nacked" | "expired" | "released";

/** A lease that ended. */
export interface Ended extends LeaseName {
  how: End;
  readonly stampMs: number;
}

export interface State {
  readonly limits: Limits;
  /** Whether a token was ever given out: the only thing that is not decided here. */
  readonly isAuthentic: (token: Token) => boolean;
  /** Of the first init entry; before it there is no partition. */
  settings: TopicSettings | undefined;
  /** The topic is being deleted. */
  isClosed: boolean;
  /** By age. */
  messages: Message[];
  edges: Edge[];
  /** The one that was used longest ago first. */
  producers: Producer[];
  /** Leases that ended lately, the oldest first. */
  ended: Ended[];
}

export interface Now {
  readonly index: number;
  /** Group time. */
  readonly stampMs: number;
  readonly seedHi: number;
  readonly seedLo: number;
  /** What happens to messages, in order. */
  readonly events: MachineEvent[];
  /** What the grants of this entry may still take. */
  leasesLeft: number;
  bytesLeft: number;
}
