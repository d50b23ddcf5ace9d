// For every shipped model: the small domains from which random histories are drawn.
import type {
  KvInput,
  KvOutput,
  LeasedQueueInput,
  LeasedQueueOutput,
  MutexInput,
  PriorityQueueInput,
  PriorityQueueOutput,
  QueueInput,
  QueueOutput,
  RegisterInput,
  RegisterOutput,
  SetInput,
  SetOutput,
} from "../../src/index.js";
import type { Domain } from "./histories.js";

const values = [null, 1, 2];

export const registerDomain: Domain<RegisterInput, RegisterOutput> = {
  inputs(random) {
    const kind = random.below(3);
    if (kind === 0) return { f: "read" };
    if (kind === 1) return { f: "write", value: random.pick([1, 2]) };
    return { f: "cas", from: random.pick(values), to: random.pick([1, 2]) };
  },
  outputs: ({ f }) =>
    f === "read" ? values.map((value) => ({ value })) : f === "write" ? [true] : [true, false],
};

export const kvDomain: Domain<KvInput, KvOutput> = {
  inputs(random) {
    const key = random.pick(["x", "y"]);
    const kind = random.below(4);
    if (kind === 0) return { f: "get", key };
    if (kind === 1) return { f: "put", key, value: random.pick(["", "a", "b"]) };
    if (kind === 2) return { f: "append", key, value: random.pick(["a", "b"]) };
    return { f: "cas", key, from: random.pick(["", "a", "b"]), to: random.pick(["a", "ab"]) };
  },
  outputs({ f }) {
    if (f === "get") return [null, "a", "b", "ab", "aa", "ba", "bb"].map((value) => ({ value }));
    return f === "cas" ? [true, false] : [true];
  },
};

export const setDomain: Domain<SetInput, SetOutput> = {
  inputs(random) {
    const f = random.pick(["add", "remove", "contains", "read"] as const);
    return f === "read" ? { f } : { f, value: random.pick([1, 2]) };
  },
  outputs({ f }) {
    if (f === "contains") return [true, false];
    return f === "read" ? [[], [1], [2], [1, 2]].map((all) => ({ values: all })) : [true];
  },
};

export const queueDomain: Domain<QueueInput, QueueOutput> = {
  inputs: (random) =>
    random.chance(1, 2) ? { f: "dequeue" } : { f: "enqueue", value: random.pick([1, 2]) },
  outputs: ({ f }) => (f === "enqueue" ? [true] : [null, { value: 1 }, { value: 2 }]),
};

const ids = ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7"];

export const priorityQueueDomain: Domain<PriorityQueueInput, PriorityQueueOutput> = {
  inputs: (random, _process, nth) =>
    random.chance(2, 5)
      ? { f: "pop" }
      : { f: "push", id: ids[nth], priority: BigInt(random.below(3)) },
  outputs: ({ f }) => (f === "push" ? [true] : [null, ...ids.map((id) => ({ id }))]),
};

export const leasedQueueDomain: Domain<LeasedQueueInput, LeasedQueueOutput> = {
  inputs(random, _process, nth) {
    const kind = random.below(8);
    if (kind < 3) return { f: "push", id: ids[nth], priority: BigInt(random.below(3)) };
    if (kind < 6) return { f: "pop" };
    const f = random.pick(["ack", "nack", "expire"] as const);
    return { f, id: random.pick(ids.slice(0, 3)), fence: random.pick([1, 1, 2]) };
  },
  outputs({ f }) {
    if (f === "push") return [true];
    if (f !== "pop") return [true, false];
    return [null, ...ids.flatMap((id) => [1, 2].map((fence) => ({ id, fence })))];
  },
};

export const mutexDomain: Domain<MutexInput, boolean> = {
  inputs: (random, process) => ({ f: random.pick(["acquire", "release"] as const), process }),
  outputs: () => [true, false],
};
