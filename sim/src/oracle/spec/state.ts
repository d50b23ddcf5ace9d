// All that a partition holds, and what one entry brings along. Whatever is decided is decided from these two (D-9).

import type { Intent, MachineEvent, TopicSettings } from "@disheap/core";
import type { Producer } from "./dedup.js";
import type { Ended } from "./ended.js";
import type { Limits } from "./limits.js";
import type { Message } from "./messages.js";
import type { Edge } from "./streams.js";

export type Token = Extract<Intent, { kind: "ack" }>["token"];

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
