// What a leader is asked to propose, read before it is in any log (D-89).

import { MalformedInput } from "../lib/bytes.js";
import { decodeIntent, INTENTS, type Intent } from "../wire/intents.js";

/** The intent if this node can apply it to such a machine, else why it is refused (D-89). */
export function proposable(
  bytes: Uint8Array,
  machine: "cluster" | "partition",
): Intent | { readonly code: "INVALID_ARGUMENT"; readonly message: string } {
  try {
    const intent = decodeIntent(bytes);
    if (intent.kind === "partition.init" || intent.kind === "cluster.init") {
      return { code: "INVALID_ARGUMENT", message: "only a leader itself begins its group" };
    }
    const row = INTENTS[intent.kind];
    if (row.machine === "either" || row.machine === machine) return intent;
    return { code: "INVALID_ARGUMENT", message: `${intent.kind} does not belong to this group` };
  } catch (error) {
    if (!(error instanceof MalformedInput)) throw error;
    const message = `the leader cannot read what it is asked to do: ${error.message}; bring all nodes to one version`;
    return { code: "INVALID_ARGUMENT", message };
  }
}
