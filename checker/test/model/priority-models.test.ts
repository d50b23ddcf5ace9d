// Every model against stories of its type: legal ones it must accept, and illegal ones that are the
// known failures of such systems.
import type { LeasedQueueOutput } from "../../src/index.js";
import { leasedPriorityQueue, priorityQueue } from "../../src/index.js";
import { stories } from "../support/model-stories.js";

const push = (id: string, priority: number) =>
  ({ f: "push", id, priority: BigInt(priority) }) as const;
const pop = { f: "pop" } as const;
const took = (id: string) => ({ id });

stories(
  priorityQueue("MIN"),
  [
    [
      "best first",
      [
        [push("a", 2), true, 0, 1],
        [push("b", 1), true, 2, 3],
        [pop, took("b"), 4, 5],
        [pop, took("a"), 6, 7],
      ],
    ],
    [
      "equal priorities in any order",
      [
        [push("a", 1), true, 0, 1],
        [push("b", 1), true, 2, 3],
        [pop, took("b"), 4, 5],
      ],
    ],
    [
      "a lost pop took the better one",
      [
        [push("a", 1), true, 0, 1],
        [push("b", 2), true, 2, 3],
        [pop, undefined, 4],
        [pop, took("b"), 5, 6],
      ],
    ],
  ],
  [
    [
      "worse first",
      [
        [push("a", 2), true, 0, 1],
        [push("b", 1), true, 2, 3],
        [pop, took("a"), 4, 5],
      ],
    ],
    [
      "popped twice",
      [
        [push("a", 1), true, 0, 1],
        [pop, took("a"), 2, 3],
        [pop, took("a"), 4, 5],
      ],
    ],
    [
      "empty although filled",
      [
        [push("a", 1), true, 0, 1],
        [pop, null, 2, 3],
      ],
    ],
    [
      "popped before it was pushed",
      [
        [pop, took("a"), 0, 1],
        [push("a", 1), true, 2, 3],
      ],
    ],
  ],
);

const leased = (id: string, fence: number): LeasedQueueOutput => ({ id, fence });
const end = (f: "ack" | "nack" | "expire", id: string, fence: number) =>
  ({ f, id, fence }) as const;

stories(
  leasedPriorityQueue("MAX"),
  [
    [
      "lease, give back, lease again, ack",
      [
        [push("a", 1), true, 0, 1],
        [pop, leased("a", 1), 2, 3],
        [end("nack", "a", 1), true, 4, 5],
        [pop, leased("a", 2), 6, 7],
        [end("ack", "a", 2), true, 8, 9],
        [pop, null, 10, 11],
      ],
    ],
    [
      "an expiry at an unknown moment frees the message",
      [
        [push("a", 1), true, 0, 1],
        [pop, leased("a", 1), 2, 3],
        [end("expire", "a", 1), undefined, 2],
        [pop, leased("a", 2), 6, 7],
        [end("ack", "a", 1), false, 8, 9],
      ],
    ],
    [
      "a leased message does not block worse ones",
      [
        [push("a", 9), true, 0, 1],
        [push("b", 1), true, 0, 1],
        [pop, leased("a", 1), 2, 3],
        [pop, leased("b", 1), 4, 5],
      ],
    ],
  ],
  [
    [
      "leased to two consumers at once",
      [
        [push("a", 1), true, 0, 1],
        [pop, leased("a", 1), 2, 3],
        [pop, leased("a", 2), 4, 5],
      ],
    ],
    [
      "a stale token was accepted",
      [
        [push("a", 1), true, 0, 1],
        [pop, leased("a", 1), 2, 3],
        [end("nack", "a", 1), true, 4, 5],
        [pop, leased("a", 2), 6, 7],
        [end("ack", "a", 1), true, 8, 9],
      ],
    ],
    [
      "delivered after its ack",
      [
        [push("a", 1), true, 0, 1],
        [pop, leased("a", 1), 2, 3],
        [end("ack", "a", 1), true, 4, 5],
        [pop, leased("a", 2), 6, 7],
      ],
    ],
    [
      "the fence was reset",
      [
        [push("a", 1), true, 0, 1],
        [pop, leased("a", 1), 2, 3],
        [end("nack", "a", 1), true, 4, 5],
        [pop, leased("a", 1), 6, 7],
      ],
    ],
    [
      "a nacked message lost its priority",
      [
        [push("a", 9), true, 0, 1],
        [push("b", 1), true, 0, 1],
        [pop, leased("a", 1), 2, 3],
        [end("nack", "a", 1), true, 4, 5],
        [pop, leased("b", 1), 6, 7],
      ],
    ],
  ],
);
