// Every model against stories of its type: legal ones it must accept, and illegal ones that are the
// known failures of such systems. A story lists overlapping operations as [call, return] times.
import { describe, expect, it } from "vitest";
import type { LeasedQueueOutput, Model, MutexOutput, Operation } from "../../src/index.js";
import {
  casRegister,
  checkOperations,
  fifoQueue,
  kv,
  leasedPriorityQueue,
  mutex,
  priorityQueue,
  register,
  set,
} from "../../src/index.js";

type Row<I, O> = readonly [input: I, output: O | undefined, call: number, ret?: number];

function verdict<S, I, O>(model: Model<S, I, O>, rows: readonly Row<I, O>[]): string {
  const operations = rows.map(([input, output, call, ret], process): Operation<I, O> => ({
    process,
    input,
    output,
    call,
    ret: ret ?? Infinity,
  }));
  return checkOperations(model, operations).verdict;
}

function stories<S, I, O>(
  model: Model<S, I, O>,
  legal: readonly (readonly [string, readonly Row<I, O>[]])[],
  illegal: readonly (readonly [string, readonly Row<I, O>[]])[],
): void {
  describe(model.name, () => {
    it.each(legal)("legal: %s", (_name, rows) => {
      expect(verdict(model, rows)).toBe("ok");
    });
    it.each(illegal)("illegal: %s", (_name, rows) => {
      expect(verdict(model, rows)).toBe("illegal");
    });
  });
}

const read = { f: "read" } as const;
const write = (value: number) => ({ f: "write", value }) as const;
const saw = (value: number | null) => ({ value });
const cas = (from: number, to: number) => ({ f: "cas", from, to }) as const;

stories(
  register(),
  [
    [
      "reads overlap a write",
      [
        [write(1), true, 0, 9],
        [read, saw(null), 1, 2],
        [read, saw(1), 3, 4],
      ],
    ],
    [
      "a lost write shows up late",
      [
        [write(1), undefined, 0],
        [read, saw(null), 1, 2],
        [read, saw(1), 8, 9],
      ],
    ],
  ],
  [
    [
      "stale read from a deposed leader",
      [
        [write(1), true, 0, 1],
        [write(2), true, 2, 3],
        [read, saw(1), 4, 5],
      ],
    ],
    [
      "read goes back in time",
      [
        [write(1), true, 0, 9],
        [read, saw(1), 1, 2],
        [read, saw(null), 3, 4],
      ],
    ],
    [
      "dirty read of a value never written",
      [
        [write(1), true, 0, 1],
        [read, saw(7), 2, 3],
      ],
    ],
    [
      "lost write",
      [
        [write(1), true, 0, 1],
        [read, saw(null), 2, 3],
      ],
    ],
  ],
);

stories(
  casRegister(),
  [
    [
      "two sets compete, one wins",
      [
        [write(1), true, 0, 1],
        [cas(1, 2), true, 2, 9],
        [cas(1, 3), false, 3, 8],
        [read, saw(2), 10, 11],
      ],
    ],
    [
      "a set of unknown outcome explains the next",
      [
        [write(1), true, 0, 1],
        [cas(1, 2), undefined, 2],
        [cas(2, 3), true, 3, 4],
      ],
    ],
  ],
  [
    [
      "both competing sets win (lost update)",
      [
        [write(1), true, 0, 1],
        [cas(1, 2), true, 2, 9],
        [cas(1, 3), true, 3, 8],
      ],
    ],
    [
      "refused although it matched",
      [
        [write(1), true, 0, 1],
        [cas(1, 2), false, 2, 3],
      ],
    ],
    [
      "a retried set applied twice",
      [
        [write(1), true, 0, 1],
        [cas(1, 2), true, 2, 3],
        [cas(2, 1), true, 4, 5],
        [read, saw(2), 6, 7],
      ],
    ],
  ],
);

const get = (key: string) => ({ f: "get", key }) as const;
const put = (key: string, value: string) => ({ f: "put", key, value }) as const;
const append = (key: string, value: string) => ({ f: "append", key, value }) as const;

stories(
  kv(),
  [
    [
      "keys do not touch each other",
      [
        [put("x", "1"), true, 0, 1],
        [put("y", "2"), true, 2, 3],
        [get("x"), { value: "1" }, 4, 5],
      ],
    ],
    [
      "appends in either order",
      [
        [append("x", "a"), true, 0, 9],
        [append("x", "b"), true, 0, 9],
        [get("x"), { value: "ba" }, 10, 11],
      ],
    ],
    [
      "a missing key reads as null or empty",
      [
        [get("x"), { value: null }, 0, 1],
        [get("x"), { value: "" }, 2, 3],
      ],
    ],
  ],
  [
    [
      "a retried append applied twice",
      [
        [append("x", "a"), true, 0, 1],
        [get("x"), { value: "aa" }, 2, 3],
      ],
    ],
    [
      "an append lost",
      [
        [append("x", "a"), true, 0, 1],
        [append("x", "b"), true, 2, 3],
        [get("x"), { value: "b" }, 4, 5],
      ],
    ],
    [
      "the value of another key",
      [
        [put("x", "1"), true, 0, 1],
        [put("y", "2"), true, 2, 3],
        [get("x"), { value: "2" }, 4, 5],
      ],
    ],
  ],
);

const add = (value: number) => ({ f: "add", value }) as const;
const remove = (value: number) => ({ f: "remove", value }) as const;
const contains = (value: number) => ({ f: "contains", value }) as const;
const all = (...values: number[]) => ({ values });

stories(
  set(),
  [
    [
      "a removal waits for its add",
      [
        [add(1), true, 0, 5],
        [remove(1), true, 3, 6],
        [contains(1), false, 7, 8],
      ],
    ],
    [
      "a read while adding",
      [
        [add(1), true, 0, 9],
        [read, all(), 1, 2],
        [read, all(1), 3, 4],
      ],
    ],
  ],
  [
    [
      "an acknowledged element is missing",
      [
        [add(1), true, 0, 1],
        [read, all(), 2, 3],
      ],
    ],
    [
      "a removed element came back",
      [
        [add(1), true, 0, 1],
        [remove(1), true, 2, 3],
        [contains(1), true, 4, 5],
      ],
    ],
    [
      "an element nobody added",
      [
        [add(1), true, 0, 1],
        [read, all(1, 9), 2, 3],
      ],
    ],
    [
      "two readers see different orders",
      [
        [add(1), true, 0, 9],
        [add(2), true, 0, 9],
        [read, all(1), 1, 2],
        [read, all(2), 3, 4],
      ],
    ],
  ],
);

const enqueue = (value: number) => ({ f: "enqueue", value }) as const;
const dequeue = { f: "dequeue" } as const;

stories(
  fifoQueue(),
  [
    [
      "overlapping enqueues in either order",
      [
        [enqueue(1), true, 0, 5],
        [enqueue(2), true, 0, 5],
        [dequeue, { value: 2 }, 6, 7],
        [dequeue, { value: 1 }, 8, 9],
      ],
    ],
    [
      "a dequeue of unknown outcome took the first",
      [
        [enqueue(1), true, 0, 1],
        [enqueue(2), true, 2, 3],
        [dequeue, undefined, 4],
        [dequeue, { value: 2 }, 5, 6],
      ],
    ],
  ],
  [
    [
      "delivered twice",
      [
        [enqueue(1), true, 0, 1],
        [dequeue, { value: 1 }, 2, 3],
        [dequeue, { value: 1 }, 4, 5],
      ],
    ],
    [
      "out of order",
      [
        [enqueue(1), true, 0, 1],
        [enqueue(2), true, 2, 3],
        [dequeue, { value: 2 }, 4, 5],
        [dequeue, { value: 1 }, 6, 7],
      ],
    ],
    [
      "empty although filled",
      [
        [enqueue(1), true, 0, 1],
        [dequeue, null, 2, 3],
      ],
    ],
    ["out of thin air", [[dequeue, { value: 1 }, 0, 1]]],
  ],
);

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

const acquire = (process: number) => ({ f: "acquire", process }) as const;
const release = (process: number) => ({ f: "release", process }) as const;

stories<string, { f: "acquire" | "release"; process: number }, MutexOutput>(
  mutex(),
  [
    [
      "one after the other",
      [
        [acquire(1), true, 0, 1],
        [release(1), true, 2, 5],
        [acquire(2), true, 3, 6],
      ],
    ],
    [
      "a lost release set it free",
      [
        [acquire(1), true, 0, 1],
        [release(1), undefined, 2],
        [acquire(2), true, 3, 4],
      ],
    ],
  ],
  [
    [
      "two holders",
      [
        [acquire(1), true, 0, 1],
        [acquire(2), true, 2, 3],
      ],
    ],
    [
      "released by somebody else",
      [
        [acquire(1), true, 0, 1],
        [release(2), true, 2, 3],
      ],
    ],
    ["refused though free", [[acquire(1), false, 0, 1]]],
    [
      "the same holder twice after a failover",
      [
        [acquire(1), true, 0, 1],
        [acquire(1), true, 2, 3],
      ],
    ],
  ],
);
