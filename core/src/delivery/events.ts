// What happened to messages at apply, in words a monitor can read. Emitted only when somebody listens
// (the simulator's oracles, metrics); the machine never depends on it.

import type { LeaseName, MessageRef } from "../lib/lease-name.js";
import type { StreamName } from "../lib/stream-name.js";

export type MachineEvent =
  | (MessageRef & {
      readonly kind: "message.enqueued";
      readonly priorityHi: number;
      readonly priorityLo: number;
      readonly maxRetries: number;
      /** Group time before which it must not be delivered; 0 when at once. */
      readonly notBeforeMs: number;
    })
  | (MessageRef & { readonly kind: "message.duplicate" })
  | (LeaseName &
      StreamName & {
        readonly kind: "message.granted";
        readonly attempts: number;
        readonly deadlineMs: number;
        readonly round: number;
      })
  | (LeaseName & { readonly kind: "message.acked" })
  | (LeaseName & {
      readonly kind: "message.nacked" | "message.expired";
      readonly attempts: number;
      /** Where it went. */
      readonly outcome: "ready" | "delayed" | "dead";
      readonly notBeforeMs: number;
    })
  | (MessageRef & { readonly kind: "message.ready" })
  | (LeaseName & {
      readonly kind: "message.extended" | "message.shortened";
      readonly deadlineMs: number;
    })
  /** An open lease was given back: by the edge, which had not delivered it, or by a client's word. */
  | (LeaseName & {
      readonly kind: "message.released";
      readonly by: "edge" | "client";
    })
  /**
   * A lease was given back after its expiry. Of the newest lease, it undoes what the expiry did: a message
   * that waits or is dead is ready.
   */
  | (LeaseName & {
      readonly kind: "message.taken-back";
      readonly by: "edge" | "client";
      readonly attempts: number;
    });

export type MachineListener = (event: MachineEvent) => void;
