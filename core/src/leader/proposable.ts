// What a leader is asked to propose, read before it is in any log (D-89).

import { MalformedInput } from "../lib/bytes.js";
import { decodeIntent, INTENTS, type Intent } from "../wire/intents.js";

interface Refusal {
  readonly code: "INVALID_ARGUMENT";
  readonly message: string;
}

/** Whether nodes ask a leader for it; else a leader makes it by itself, out of what it knows. */
const IS_ASKED: Readonly<Record<Intent["kind"], boolean>> = {
  enqueue: true,
  "enqueue.many": true,
  "settle.many": true,
  ack: true,
  nack: true,
  extend: true,
  release: true,
  "release.undelivered": true,
  "stream.close": true,
  "partition.close": true,
  "topic.create": true,
  "topic.deleting": true,
  "topic.deleted": true,
  grant: false,
  "edge.replaced": false,
  tick: false,
  "partition.init": false,
  "cluster.init": false,
};

/** The intent if this node can apply it to such a machine, and member `from` may ask for it; else why not. */
export function proposable(
  bytes: Uint8Array,
  machine: "cluster" | "partition",
  from: number,
): Intent | Refusal {
  try {
    const intent = decodeIntent(bytes);
    if (!IS_ASKED[intent.kind]) return refused(`only a leader itself makes a ${intent.kind}`);
    const { machine: own } = INTENTS[intent.kind];
    if (own !== "either" && own !== machine) {
      return refused(`${intent.kind} does not belong to this group`);
    }
    if (intent.kind === "stream.close" && intent.edge !== from) {
      return refused(`member ${from} cannot close a stream of member ${intent.edge}`);
    }
    return intent;
  } catch (error) {
    if (!(error instanceof MalformedInput)) throw error;
    return refused(
      `the leader cannot read what it is asked to do: ${error.message}; bring all nodes to one version`,
    );
  }
}

function refused(message: string): Refusal {
  return { code: "INVALID_ARGUMENT", message };
}
