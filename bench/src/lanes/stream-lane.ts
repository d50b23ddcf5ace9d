// A lane over today's API: unary enqueues, a stream of deliveries, unary acknowledgements. A lane over
// sessions stands beside it once they exist: another function of this form, in `lane` of a shape.

import type { DisheapClient } from "@disheap/client";
import type { Lane, LaneEvents } from "../load/end-to-end-load.js";
import { numberOf, payloadOf } from "../workloads/workload.js";

const PRIORITIES = 100;
const PREFETCH_MAX = 1_000;

export interface OpenLane {
  readonly client: DisheapClient;
  readonly topic: string;
  readonly window: number;
  readonly events: LaneEvents;
}

export function streamLane({ client, topic, window, events }: OpenLane): Lane {
  const stream = client.pop(topic, { prefetch: Math.min(PREFETCH_MAX, Math.max(2, window)) });
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
