import { describe, expect, it, vi } from "vitest";
import type {
  CheckEvent,
  Model,
  Operation,
  RegisterInput,
  RegisterOutput,
  SetInput,
  SetOutput,
} from "../../src/index.js";
import {
  casRegister,
  checkEvents,
  checkOperations,
  checkOperationsAsync,
  fifoQueue,
  kv,
  kvWhole,
  leasedPriorityQueue,
  mutex,
  priorityQueue,
  set,
  textOf,
} from "../../src/index.js";
import { linearizable } from "../support/brute-force.js";
import * as domains from "../support/domains.js";
import type { Domain } from "../support/histories.js";
import { mutate, randomHistory } from "../support/histories.js";
import { Random } from "../support/random.js";

// Many histories on a busy machine: slowness is no failure.
vi.setConfig({ testTimeout: 1_800_000 });

/** Histories per model: 108,000 in all over the nine models, in about five seconds. */
const HISTORIES = Number(process.env.CHECKER_HISTORIES ?? 12_000);

function compareWithBruteForce<S, R, I, O>(
  model: Model<S, I, O>,
  reference: Model<R, I, O>,
  domain: Domain<I, O>,
): number[] {
  const counts = [0, 0];
  for (let seed = 1; seed <= HISTORIES; seed += 1) {
    const random = new Random(seed);
    const size = {
      processes: 2 + random.below(3),
      operations: 3 + random.below(5),
      lostPercent: 8,
    };
    const legal = randomHistory(reference, domain, random, size);
    const history = seed % 2 === 0 ? mutate(legal, domain, random) : legal;
    const expected = linearizable(reference, history);
    const found = checkOperations(model, history);
    if ((found.verdict === "ok") !== expected || (seed % 2 === 1 && !expected)) {
      const shown = history.map((one) => textOf(one));
      expect.fail(`seed ${seed}: search says ${found.verdict}\n${shown.join("\n")}`);
    }
    counts[expected ? 0 : 1] += 1;
  }
  return counts;
}

describe("the search agrees with trying every order", () => {
  const agree = <S, I, O>(model: Model<S, I, O>, domain: Domain<I, O>) =>
    agreeWith(model, model, domain);
  const agreeWith = <S, R, I, O>(
    model: Model<S, I, O>,
    reference: Model<R, I, O>,
    domain: Domain<I, O>,
  ) =>
    it(model.name, () => {
      const [legal, illegal] = compareWithBruteForce(model, reference, domain);
      expect(legal).toBeGreaterThan(HISTORIES / 2);
      expect(illegal).toBeGreaterThan(HISTORIES / 20);
    });
  agree(casRegister(), domains.registerDomain);
  agreeWith(kv(), kvWhole(), domains.kvDomain);
  agree(kvWhole(), domains.kvDomain);
  agree(set(), domains.setDomain);
  agree(fifoQueue(), domains.queueDomain);
  agree(priorityQueue("MIN"), domains.priorityQueueDomain);
  agree({ ...priorityQueue("MAX"), name: "priority-queue, MAX" }, domains.priorityQueueDomain);
  agree(leasedPriorityQueue("MIN"), domains.leasedQueueDomain);
  agree(mutex(), domains.mutexDomain);
});

type RegisterOperation = Operation<RegisterInput, RegisterOutput>;

function op(
  process: number,
  input: RegisterInput,
  output: RegisterOutput | undefined,
  call: number,
  ret = Infinity,
): RegisterOperation {
  return { process, input, output, call, ret };
}

/** Many overlapping adds and one read that fits none of their orders: every subset is a state. */
function hard(size: number): Operation<SetInput, SetOutput>[] {
  const adds = Array.from({ length: size }, (_, n) => ({
    process: n,
    input: { f: "add" as const, value: n },
    output: true,
    call: n,
    ret: 1000 + n,
  }));
  const read = { f: "read" as const };
  return [...adds, { process: -1, input: read, output: { values: [-1] }, call: 1, ret: 2000 }];
}

describe("results", () => {
  const stale = [
    op(0, { f: "write", value: 1 }, true, 0, 1),
    op(1, { f: "write", value: 2 }, true, 10, 20),
    op(2, { f: "read" }, { value: 2 }, 12, 15),
    op(3, { f: "read" }, { value: 1 }, 16, 18),
    op(0, { f: "write", value: 3 }, true, 30, 31),
  ];

  it("an illegal history comes with its window, the longest orders and a sentence", () => {
    const result = checkOperations(casRegister(), stale);
    expect(result.verdict).toBe("illegal");
    const [part] = result.partitions;
    expect(part?.window).toEqual({
      ...{ from: 12, to: 18, blocked: 3, operations: [1, 2, 3], alone: true },
    });
    expect(part?.linearizations).toContainEqual({ order: [0, 1, 2], states: ["1", "2", "2"] });
    expect(result.sentence).toContain("no order explains read -> 1 by process 3");
  });

  it("the window is small also where operations overlap without a gap", () => {
    // A chain of writes that never breaks, a read that proves nothing, and a value nobody wrote.
    const chain = Array.from({ length: 500 }, (_, n) =>
      op(n % 2, { f: "write", value: n % 7 }, true, n * 10, n * 10 + 15),
    );
    const wrong = [
      op(8, { f: "read" }, { value: 500 % 7 }, 4000, 6000),
      op(9, { f: "read" }, { value: 77 }, 4002, 4004),
    ];
    const [part] = checkOperations(casRegister(), [...chain, ...wrong]).partitions;
    expect(part?.window).toEqual({
      ...{ from: 4002, to: 4004, blocked: 501, operations: [399, 400, 501], alone: true },
    });
  });

  it("the window reaches back to what makes the answer wrong, and no further", () => {
    const [part] = checkOperations(casRegister(), [
      op(0, { f: "write", value: 1 }, true, 0, 1),
      op(0, { f: "write", value: 2 }, true, 2, 3),
      op(1, { f: "read" }, { value: 2 }, 4, 5),
      op(2, { f: "write", value: 3 }, undefined, 4),
      op(1, { f: "read" }, { value: 1 }, 6, 7),
    ]).partitions;
    // Write 3 may take effect inside, and the read of 2 alone rules out the older value.
    expect(part?.window?.operations).toEqual([2, 3, 4]);
  });

  it("a history of too many states keeps the chain of overlapping operations", () => {
    const adds = Array.from({ length: 1200 }, (_, n) => ({
      process: 0,
      input: { f: "add" as const, value: n },
      output: true,
      call: n * 2,
      ret: n * 2 + 1,
    }));
    const [part] = checkOperations(set(), [
      ...adds,
      { process: 1, input: { f: "read" }, output: { values: [] }, call: 2395, ret: 3000 },
    ]).partitions;
    expect(part?.window).toMatchObject({ from: 2394, to: 3000, blocked: 1200, alone: false });
    expect(part?.window?.operations).toEqual([1197, 1200, 1198, 1199]);
  });

  it("a legal history comes with its whole order", () => {
    const result = checkOperations(casRegister(), stale.slice(0, 3));
    expect(result.partitions[0]?.linearizations).toEqual([
      { order: [0, 1, 2], states: ["1", "2", "2"] },
    ]);
    expect(result.sentence).toContain("linearizable: 3 operations");
  });

  it("no operations are linearizable", () => {
    expect(checkOperations(casRegister(), []).verdict).toBe("ok");
    expect(checkOperations(kv(), []).verdict).toBe("ok");
  });

  it("a call at the moment of a return overlaps it", () => {
    const touching = [
      op(0, { f: "write", value: 1 }, true, 0, 5),
      op(1, { f: "read" }, { value: null }, 5, 6),
    ];
    expect(checkOperations(casRegister(), touching).verdict).toBe("ok");
    expect(
      checkOperations(casRegister(), [touching[0], { ...touching[1], call: 5.5 }]).verdict,
    ).toBe("illegal");
  });

  it("stops at the memory bound, the time bound, a signal, and a callback that says so", () => {
    const bounded = (options: Parameters<typeof checkOperations>[2]) =>
      checkOperations(set(), hard(60), options);
    expect(bounded({ memoryBytes: 1_000_000 })).toMatchObject({
      verdict: "unknown",
      reason: "memory",
    });
    expect(bounded({ timeoutMs: 0 })).toMatchObject({ verdict: "unknown", reason: "timeout" });
    const aborted = { signal: { aborted: true } };
    expect(bounded(aborted)).toMatchObject({ verdict: "unknown", reason: "cancelled" });
    let seen = 0;
    const result = bounded({
      progressEveryMs: 0,
      onProgress: ({ configurations, operations }) => {
        seen = configurations * operations;
        return false;
      },
    });
    expect(result).toMatchObject({ verdict: "unknown", reason: "cancelled" });
    expect(seen).toBeGreaterThan(0);
  });

  it("gives way while it works, so a signal can stop it", async () => {
    const stop = new AbortController();
    setTimeout(() => {
      stop.abort();
    }, 5);
    const options = { signal: stop.signal, memoryBytes: 4e9 };
    const result = await checkOperationsAsync(set(), hard(200), options);
    expect(result.reason).toBe("cancelled");
    expect((await checkOperationsAsync(casRegister(), stale)).verdict).toBe("illegal");
  });

  it("checks events in order, and refuses events that do not pair", () => {
    const events: CheckEvent<RegisterInput, RegisterOutput>[] = [
      { kind: "call", id: 1, process: 0, input: { f: "write", value: 1 } },
      { kind: "call", id: 2, process: 1, input: { f: "read" } },
      { kind: "return", id: 1, output: undefined },
      { kind: "return", id: 2, output: { value: 1 } },
    ];
    expect(checkEvents(casRegister(), events).verdict).toBe("ok");
    expect(checkEvents(casRegister(), events.slice(1, 2).concat(events.slice(3))).verdict).toBe(
      "illegal",
    );
    expect(() => checkEvents(casRegister(), events.slice(2))).toThrow("without a call");
  });
});
