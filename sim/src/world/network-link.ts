// An ordered link between two nodes of the simulated network, and what flies on it.

import { QUIET_LINK, type LinkRates } from "./network-settings.js";

export interface Flight {
  readonly ordinal: number;
  readonly frame: Uint8Array;
  /** The receiver's incarnation when the frame was sent (N1). */
  readonly incarnation: number;
  readonly isCopy: boolean;
  readonly isDelayed: boolean;
  isGone: boolean;
}

/** open: frames pass; broken: they vanish, the sender does not know yet; down: the sender knows. */
export type LinkState = "open" | "broken" | "down";

export interface Link {
  readonly from: number;
  readonly to: number;
  readonly site: number;
  rates: LinkRates;
  state: LinkState;
  /** Grows with every change of state; a scheduled change of an older epoch does nothing. */
  epoch: number;
  cuts: number;
  /** When the current cut began; tells a later cut's detection from an earlier one's. */
  cutAtUs: number;
  clogs: number;
  framesSent: number;
  newestDelivered: number;
  /** Counts its lives; grows with each peer.up. */
  lives: number;
  /** No frame of this life may arrive before this time (N3). */
  orderedUntilUs: number;
  /** The same of urgent frames, where bulk may wait and be overtaken. */
  urgentUntilUs: number;
  /** Bulk that waits to leave, and when the last of it will have left. */
  bulkBytes: number;
  bulkUntilUs: number;
  isFull: boolean;
  readonly flights: Set<Flight>;
  held: Flight[];
  late: Flight[];
}

export function makeLink(from: number, to: number): Link {
  return {
    from,
    to,
    site: from * 65_536 + to,
    rates: QUIET_LINK,
    state: "down",
    epoch: 0,
    cuts: 0,
    cutAtUs: 0,
    clogs: 0,
    framesSent: 0,
    newestDelivered: 0,
    lives: 0,
    orderedUntilUs: 0,
    urgentUntilUs: 0,
    bulkBytes: 0,
    bulkUntilUs: 0,
    isFull: false,
    flights: new Set(),
    held: [],
    late: [],
  };
}
