// What happened to messages at apply, in words a monitor can read. Emitted only when somebody listens
// (the simulator's oracles, metrics); the machine never depends on it.

export interface MessageRef {
  readonly index: number;
  readonly offset: number;
}

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
  | (MessageRef & {
      readonly kind: "message.granted";
      readonly fence: number;
      readonly attempts: number;
      readonly deadlineMs: number;
      readonly edge: number;
      readonly edgeIncarnation: number;
      readonly stream: number;
      readonly round: number;
    })
  | (MessageRef & { readonly kind: "message.acked"; readonly fence: number })
  | (MessageRef & {
      readonly kind: "message.nacked" | "message.expired";
      readonly fence: number;
      readonly attempts: number;
      /** Where it went. */
      readonly outcome: "ready" | "delayed" | "dead";
      readonly notBeforeMs: number;
    })
  | (MessageRef & { readonly kind: "message.ready" })
  | (MessageRef & {
      readonly kind: "message.extended" | "message.shortened";
      readonly fence: number;
      readonly deadlineMs: number;
    })
  /** An open lease was given back: by the edge, which had not delivered it, or by a client's word. */
  | (MessageRef & {
      readonly kind: "message.released";
      readonly fence: number;
      readonly by: "edge" | "client";
    })
  /**
   * A lease was given back after its expiry. Of the newest lease, it undoes what the expiry did: a message
   * that waits or is dead is ready.
   */
  | (MessageRef & {
      readonly kind: "message.taken-back";
      readonly fence: number;
      readonly by: "edge" | "client";
      readonly attempts: number;
    });

export type MachineListener = (event: MachineEvent) => void;
