// What the turn feeds into a host: clients, ticks, and the completions and news of the ports (io/ports.ts).

import type { ClientEvent } from "../contract/api.js";

export type HostEvent =
  | ClientEvent
  | { readonly kind: "tick" }
  | { readonly kind: "peer.frame"; readonly peer: number; readonly frame: Uint8Array }
  | {
      readonly kind: "peer.up" | "peer.down" | "peer.full" | "peer.room" | "peer.left";
      readonly peer: number;
    }
  | {
      readonly kind: "peer.hello";
      readonly call: number;
      readonly peer: number;
      readonly card: Uint8Array;
    }
  | {
      readonly kind: "peer.refused";
      readonly peer: number;
      readonly code: string;
      readonly message: string;
    }
  | {
      readonly kind: "disk.opened";
      readonly token: number;
      readonly storeId: string;
      readonly identity: Uint8Array | undefined;
    }
  | { readonly kind: "disk.identified"; readonly token: number }
  | { readonly kind: "disk.written"; readonly token: number }
  | {
      readonly kind: "disk.scanned";
      readonly token: number;
      readonly entries: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[];
      readonly done: boolean;
    }
  | { readonly kind: "disk.got"; readonly token: number; readonly value: Uint8Array | undefined }
  | { readonly kind: "disk.failed"; readonly token: number; readonly message: string };
