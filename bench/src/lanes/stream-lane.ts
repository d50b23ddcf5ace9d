// A lane as a user would write it: the client's own calls, which go by sessions where the node has them.

import type { DisheapClient } from "@disheap/client";
import type { Lane, LaneEvents } from "../load/end-to-end-load.js";
import { prefetchOf } from "../load/prefetch.js";
import { numberOf, payloadOf } from "../workloads/workload.js";

const PRIORITIES = 100;

export interface OpenLane {
  readonly client: DisheapClient;
  readonly topic: string;
  readonly window: number;
  readonly events: LaneEvents;
}

export function streamLane({ client, topic, window, events }: OpenLane): Lane {
  const stream = client.pop(topic, { prefetch: prefetchOf(window) });
  const consume = async (): Promise<void> => {
    for await (const message of stream) {
      const number = numberOf(message.payload);
      events.delivered(number);
      void message.ack().then(
        () => events.settled(number),
        (error: unknown) => events.failed("settle", error),
      );
    }
  };
  void consume().catch((error: unknown) => events.failed("settle", error));
  return {
    enqueue: (number) => {
      void client.enqueue(topic, payloadOf(number), { priority: number % PRIORITIES }).then(
        () => events.enqueued(number),
        (error: unknown) => events.failed("enqueue", error),
      );
    },
  };
}
