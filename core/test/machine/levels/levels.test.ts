// D-86: which levels a build goes on with, and that a group goes by the one its first entry names.

import { describe, expect, test } from "vitest";
import { Partition } from "../../../src/delivery/partition.js";
import { UnappliableEntry } from "../../../src/machine/entry-intents.js";
import { levelProblem, NEWEST_LEVEL } from "../../../src/machine/levels/known.js";
import { macKey } from "../../../src/member/draws.js";
import { decodeIntent, encodeIntent, INTENTS } from "../../../src/wire/intents.js";
import { HostRig } from "../../support/host-rig.js";
import { BEGIN, INIT, levelWith, MachineRig, SETTINGS } from "../../support/machine-rig.js";

const { number, draft } = NEWEST_LEVEL;

describe("what was written at", () => {
  test("the own level and draft is gone on with", () => {
    expect(levelProblem(number, draft)).toBeUndefined();
  });

  test.each([
    ["a newer draft", number, draft + 1, "a newer version wrote it"],
    ["an older draft", number, draft - 1, "another version wrote it"],
    ["a newer level, frozen", number + 1, 0, `level ${number + 1}, and`],
    ["level 0", 0, 1, "another version wrote it"],
    ["no level", undefined, undefined, "No machine level stands in it"],
    ["no draft", number, undefined, "No machine level stands in it"],
    ["text", "1", "1", "No machine level stands in it"],
    ["half a level", 1.5, draft, "No machine level stands in it"],
  ])("%s is refused by name, with what to do", (_, level, itsDraft, says) => {
    const problem = levelProblem(level, itsDraft);
    expect(problem).toContain(says);
    expect(problem).toContain(`this version of Disheap writes level ${number}, draft ${draft}`);
    expect(problem).toMatch(
      /Start the version of Disheap that wrote it; .* do not move .* away\.$/,
    );
    expect(problem).not.toContain("damage");
  });
});

describe("an init entry of another level", () => {
  const others = [
    { ...INIT, draft: draft + 1, settings: SETTINGS },
    { ...INIT, level: number + 1, settings: SETTINGS },
  ];

  test.each(others)("stops before anything of the entry is applied (%#)", (other) => {
    const rig = new MachineRig();
    rig.apply({ stampMs: 5 }, []);
    expect(() => rig.apply({ stampMs: 6 }, [{ kind: "tick" }, other])).toThrow(UnappliableEntry);
    const { appliedIndex, nowMs, level } = rig.partition;
    expect([appliedIndex, nowMs, level]).toEqual([1, 5, undefined]);
  });

  test("is met by its level, whatever stands behind it", () => {
    const bytes = encodeIntent({ ...INIT, level: number + 1, settings: SETTINGS });
    const longer = new Uint8Array(bytes.length + 9);
    longer.set(bytes);
    longer[0] += 9;
    const rig = new HostRig({ nodes: 1 });
    rig.start();
    for (let passed = 0; passed < 40 && !rig.host.context.groups.get(0)?.isServing; passed += 1) {
      rig.pass(100);
      rig.settle();
    }
    rig.ask({ op: "topic.create", topic: "jobs", settings: { replicationFactor: 1 } });
    for (let passed = 0; passed < 40; passed += 1) {
      rig.pass(100);
      rig.settle();
    }
    const replica = rig.host.context.groups.get(1);
    if (!replica) throw new Error("the partition's group must be there");
    replica.queue.push({
      intent: longer,
      origin: { type: "none" },
      isEnqueue: false,
      rows: 1,
      leases: 0,
    });
    rig.pass(100);
    rig.settle();
    expect(replica.machineStoppedBecause).toContain(`It was written at level ${number + 1}`);
  });
});

describe("before the init entry", () => {
  test("entries without intents mean the same on all levels: index and time, and nothing in the hash", () => {
    const rig = new MachineRig();
    for (const stampMs of [5, 90_000, 90_000_000]) rig.apply({ stampMs }, []);
    expect([rig.partition.hash.hi, rig.partition.hash.lo]).toEqual([0, 0]);
    expect([rig.partition.appliedIndex, rig.partition.nowMs]).toEqual([3, 90_000_000]);
  });

  test("an older stamp does not count afterwards: with the same entries the hash is the same", () => {
    const [once, late] = [new MachineRig(), new MachineRig()];
    once.apply({ stampMs: 7 }, []);
    late.apply({ stampMs: 3 }, []);
    for (const rig of [once, late]) rig.init(9);
    expect(once.partition.hash).toEqual(late.partition.hash);
  });
});

test("a partition goes by the rules of the level that its entry names, and hashes it", () => {
  const asked: number[] = [];
  const small = levelWith({ grantBytesMax: 1 });
  const rig = new MachineRig(1, "MIN", small);
  const other = new Partition(1, "MIN", (level) => {
    asked.push(level);
    return small;
  });
  expect([rig.partition.level, other.level]).toEqual([undefined, undefined]);
  rig.init(1);
  expect(rig.partition.level).toEqual(small);
  const enqueue = { kind: "enqueue", priorityHi: 0, delayMs: 0, producer: undefined } as const;
  const payload = new Uint8Array(10);
  const more = { maxRetries: undefined, payload, priorityLo: 1 };
  rig.apply({ stampMs: 2 }, [
    { ...enqueue, ...more },
    { ...enqueue, ...more },
  ]);
  const who = { edge: 1, edgeIncarnation: 1, stream: 1, round: 1, n: 2, limit: 2 };
  const [granted] = rig.apply({ stampMs: 3 }, [
    { kind: "grant", ...who, visibilityMs: 1000, bound: undefined },
  ]);
  expect(granted).toMatchObject({ type: "granted", grantedInRound: 1 });
});

describe("a leader", () => {
  test("begins the meta group with its members, and takes no beginning from a request", () => {
    const rig = new HostRig({ nodes: 3 });
    rig.start();
    expect(rig.host.context.groups.get(0)?.machine).toMatchObject({ cluster: { isBegun: false } });
    const alone = new HostRig({ nodes: 1 });
    alone.start();
    for (let passed = 0; passed < 40; passed += 1) {
      alone.pass(100);
      alone.settle();
    }
    const replica = alone.host.context.groups.get(0);
    if (replica?.machine.kind !== "cluster") throw new Error("group 0 is the meta group");
    expect(replica.machine.cluster.isBegun).toBe(true);
    const { hi, lo } = replica.machine.cluster.hash;
    const intent = encodeIntent({ kind: "cluster.init", ...BEGIN, members: [4] });
    const replies: unknown[] = [];
    const { context } = alone.host;
    const send = context.send.bind(context);
    context.send = (peer, message) => {
      if (message.kind === "reply") replies.push(message.outcome);
      send(peer, message);
    };
    context.send(1, {
      kind: "request",
      group: 0,
      edgeIncarnation: context.incarnation,
      requestId: 999_999,
      attempt: 1,
      isOnce: false,
      action: { type: "propose", intent },
    });
    alone.turn({ kind: "tick" });
    alone.settle();
    expect(replies).toMatchObject([{ type: "refused", code: "INVALID_ARGUMENT" }]);
    expect([replica.machine.cluster.hash.hi, replica.machine.cluster.hash.lo]).toEqual([hi, lo]);
  });
});

describe("the key of lease tokens (D-15)", () => {
  test("every word of the process's key seed moves all of it, and so do group and term", () => {
    const base = macKey([1, 2, 3, 4], 5, 6);
    const others = [
      macKey([9, 2, 3, 4], 5, 6),
      macKey([1, 9, 3, 4], 5, 6),
      macKey([1, 2, 9, 4], 5, 6),
      macKey([1, 2, 3, 9], 5, 6),
      macKey([1, 2, 3, 4], 9, 6),
      macKey([1, 2, 3, 4], 5, 9),
    ];
    expect(base).toHaveLength(16);
    expect(new Set([base, ...others].map(String)).size).toBe(7);
    for (const other of others) {
      const same = other.filter((byte, i) => byte === base[i]).length;
      expect(same).toBeLessThan(5);
    }
  });

  test("is the one that the entry carries, all 128 bits of it, and not the entry's seed", () => {
    const macs = [0, 15].map((at) => {
      const rig = new MachineRig();
      const key = INIT.macKey.slice();
      key[at] ^= 1;
      rig.apply({ stampMs: 1 }, [{ ...INIT, macKey: key, settings: SETTINGS }]);
      return String(rig.partition.mac(1, 1, 1));
    });
    const seeds = [3, 4].map((seedLo) => {
      const rig = new MachineRig();
      rig.apply({ stampMs: 1, seedLo }, [{ ...INIT, settings: SETTINGS }]);
      return String(rig.partition.mac(1, 1, 1));
    });
    expect(new Set([...macs, ...seeds]).size).toBe(3);
  });
});

test("level and draft stand right behind the kind, in every init intent", () => {
  const other = { level: 0x0102, draft: 0x03040506 };
  for (const [intent, kind] of [
    [{ ...INIT, ...other, settings: SETTINGS }, INTENTS["partition.init"].tag],
    [{ kind: "cluster.init" as const, ...other, members: [1] }, INTENTS["cluster.init"].tag],
  ] as const) {
    const bytes = encodeIntent(intent);
    expect([...bytes.slice(4, 11)]).toEqual([kind, 2, 1, 6, 5, 4, 3]);
    expect(decodeIntent(bytes)).toMatchObject(other);
  }
});
