// What the turn feeds into a host: clients, ticks, and the completions and news of the ports.

import type { ClientEvent } from "../contract/api.js";
import type { DiskEvent } from "../store/disk.js";

/** A frame of bytes from a peer, or news about the link to it. `peer` is the member's number, from 1. */
export type NetworkEvent =
  | { readonly kind: "peer.frame"; readonly peer: number; readonly frame: Uint8Array }
  /** The link to the peer was (re)made or lost: frames in flight may be lost, in either direction. */
  | { readonly kind: "peer.up"; readonly peer: number }
  | { readonly kind: "peer.down"; readonly peer: number }
  /**
   * Of the link's present life: it holds so much bulk that more may be dropped, or already was; later, that
   * it has room again. They alternate, beginning with `peer.full`; a new life has room.
   */
  | { readonly kind: "peer.full"; readonly peer: number }
  | { readonly kind: "peer.room"; readonly peer: number }
  /** The peer wants its frames taken and shows its card: answer the call. */
  | {
      readonly kind: "peer.hello";
      readonly call: number;
      readonly peer: number;
      readonly card: Uint8Array;
    }
  /** A link of the peer to this node, once taken, has ended, and there is no other. */
  | { readonly kind: "peer.left"; readonly peer: number }
  /** The peer does not take this node's frames. */
  | {
      readonly kind: "peer.refused";
      readonly peer: number;
      readonly code: string;
      readonly message: string;
    };

export type HostEvent = ClientEvent | DiskEvent | NetworkEvent | { readonly kind: "tick" };
