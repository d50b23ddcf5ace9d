// Counters (G12): what there is follows from the messages, what there was from the events.

import type { MachineEvent } from "@disheap/core";
import type { Message } from "./messages.js";

export interface SpecCounts {
  totalMessages: number;
  inflightMessages: number;
  dlqMessages: number;
  totalEnqueues: number;
  totalPops: number;
  totalAcks: number;
  totalNacks: number;
  totalRetries: number;
  totalTimeouts: number;
}

/** `events` are all that ever happened. */
export function countsOf(
  messages: readonly Message[],
  events: readonly MachineEvent[],
): SpecCounts {
  const of = (state: Message["state"]): number => messages.filter((m) => m.state === state).length;
  const were = (kind: MachineEvent["kind"]): number => events.filter((e) => e.kind === kind).length;
  return {
    totalMessages: messages.length - of("dead"),
    inflightMessages: of("leased"),
    dlqMessages: of("dead"),
    totalEnqueues: were("message.enqueued"),
    totalPops: were("message.granted"),
    totalAcks: were("message.acked"),
    totalNacks: were("message.nacked"),
    totalRetries: events.filter((e) => "outcome" in e && e.outcome !== "dead").length,
    totalTimeouts: were("message.expired"),
  };
}
