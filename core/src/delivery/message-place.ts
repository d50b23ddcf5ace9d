// Where the first message of a sequence stands, and when it was enqueued: its id needs both.

import type { MessageRef } from "../lib/lease-name.js";

export interface MessagePlace extends MessageRef {
  readonly stampMs: number;
}
