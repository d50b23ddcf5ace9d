// Every model against stories of its type: legal ones it must accept, and illegal ones that are the
// known failures of such systems.
import type { KvInput, KvOutput, MutexOutput } from "../../src/index.js";
import { casRegister, fifoQueue, kv, kvWhole, mutex, register, set } from "../../src/index.js";
import type { Row } from "../support/model-stories.js";
import { stories } from "../support/model-stories.js";

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

const keyValueLegal: readonly (readonly [string, readonly Row<KvInput, KvOutput>[]])[] = [
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
];
const keyValueIllegal: typeof keyValueLegal = [
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
  [
    "a set whose old value did not match succeeded",
    [
      [put("x", "1"), true, 0, 1],
      [{ f: "cas", key: "x", from: "2", to: "3" }, true, 2, 3],
    ],
  ],
];
stories(kv(), keyValueLegal, keyValueIllegal);
stories(kvWhole(), keyValueLegal, keyValueIllegal);

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
