import { describe, expect, test } from "vitest";
import { State } from "../../src/delivery/message-store.js";
import { Partition } from "../../src/delivery/partition.js";
import { encodeMessageId } from "../../src/lib/ulid.js";
import { eachEntry, encodeBlock, EntryKind } from "../../src/wire/blocks.js";
import { encodeIntent, type EnqueueIntent, type Intent } from "../../src/wire/intents.js";
import { INIT, MachineRig, SETTINGS } from "../support/machine-rig.js";

function enqueue(more: Partial<EnqueueIntent> = {}): EnqueueIntent {
  return {
    kind: "enqueue",
    priorityHi: 0,
    priorityLo: 5,
    payload: Uint8Array.of(1, 2, 3),
    producer: undefined,
    maxRetries: undefined,
    delayMs: 0,
    ...more,
  };
}

function grant(n: number, visibilityMs = 1000): Intent {
  return {
    kind: "grant",
    edge: 1,
    edgeIncarnation: 1,
    stream: 1,
    round: 1,
    n,
    limit: n,
    visibilityMs,
    bound: undefined,
  };
}

describe("the log decides", () => {
  test("an entry must follow the one before it, and stamps never go back (R4, Q7)", () => {
    const rig = new MachineRig();
    rig.init(1000);
    expect(() => rig.apply({ stampMs: 999 }, [])).toThrow(/^Q7/);
    const gap = new MachineRig();
    gap.index = 1;
    expect(() => gap.apply({ stampMs: 1 }, [])).toThrow(/^R4/);
    rig.index = 1;
    rig.apply({ stampMs: 1000 }, []);
    expect(rig.partition.nowMs).toBe(1000);
  });

  test("an id is the entry's stamp and place, and the result says so (D-10)", () => {
    const rig = new MachineRig(9);
    rig.init(1000);
    const results = rig.apply({ stampMs: 1700 }, [enqueue(), { kind: "tick" }, enqueue()]);
    expect(results).toEqual([
      { type: "enqueued", index: 2, offset: 0, stampMs: 1700, isDuplicate: false },
      { type: "none" },
      { type: "enqueued", index: 2, offset: 2, stampMs: 1700, isDuplicate: false },
    ]);
    const ids = [0, 2].map((offset) => encodeMessageId(1700, 9, 2, offset));
    expect(ids[0] < ids[1]).toBe(true);
  });

  test("nothing is decided before the configuration is in the log", () => {
    const rig = new MachineRig();
    const [enqueued, granted] = rig.apply({ stampMs: 1 }, [enqueue(), grant(1)]);
    expect(enqueued).toMatchObject({ type: "refused", code: "NOT_FOUND" });
    expect(granted).toMatchObject({ type: "granted", slots: [], isClosed: false });
  });

  test("of two configurations the first one counts, with the MAC key of its entry", () => {
    const rig = new MachineRig();
    rig.init(1, { maxRetries: 7 });
    const mac = rig.partition.mac(1, 1, 1);
    const macKey = new Uint8Array(16);
    rig.apply({ stampMs: 2 }, [{ ...INIT, macKey, settings: { ...SETTINGS, maxRetries: 1 } }]);
    expect(rig.partition.settings?.maxRetries).toBe(7);
    expect(rig.partition.mac(1, 1, 1)).toEqual(mac);
    const other = new MachineRig();
    other.apply({ stampMs: 1 }, [{ ...INIT, macKey, settings: SETTINGS }]);
    expect(other.partition.mac(1, 1, 1)).not.toEqual(mac);
  });

  test("a MAC is over group, index, offset and fence (D-15)", () => {
    const rig = new MachineRig(1);
    rig.init(1);
    const base = rig.partition.mac(5, 6, 7);
    const others = [
      rig.partition.mac(4, 6, 7),
      rig.partition.mac(5, 7, 7),
      rig.partition.mac(5, 6, 8),
    ];
    const elsewhere = new MachineRig(2);
    elsewhere.init(1);
    for (const mac of [...others, elsewhere.partition.mac(5, 6, 7)]) expect(mac).not.toEqual(base);
  });

  test("an intent of the meta group does not belong here", () => {
    const rig = new MachineRig();
    rig.init(1);
    const [result] = rig.apply({ stampMs: 2 }, [
      { kind: "topic.deleted", topic: "t", firstGroup: 1 },
    ]);
    expect(result).toMatchObject({ type: "refused", code: "INVALID_ARGUMENT" });
  });
});

test("who asks for results and who listens changes nothing (R4)", () => {
  const quiet = new Partition(1, "MIN");
  const rig = new MachineRig(1, "MIN");
  const entries: Intent[][] = [
    [{ ...INIT, settings: SETTINGS }],
    [enqueue(), enqueue({ priorityLo: 4, delayMs: 10 }), grant(1, 5)],
    [{ kind: "tick" }],
  ];
  entries.forEach((intents, i) => {
    const stampMs = 1000 + i * 100;
    rig.apply({ stampMs }, intents);
    const encoded = intents.map(encodeIntent);
    const entry = { kind: EntryKind.command, stampMs, seedHi: 1, seedLo: 2, intents: encoded };
    const block = encodeBlock(1, i + 1, 1, 1, [entry]);
    eachEntry(block, i + 1, i + 1, (view) => quiet.apply(view, undefined));
    expect([quiet.hash.hi, quiet.hash.lo]).toEqual([rig.partition.hash.hi, rig.partition.hash.lo]);
  });
});

test("a message keeps its payload when the block it came in is gone", () => {
  const p = new Partition(1, "MIN");
  const intents = [
    { ...INIT, settings: SETTINGS },
    enqueue({ payload: Uint8Array.of(7, 8, 9) }),
  ].map(encodeIntent);
  const entry = { kind: EntryKind.command, stampMs: 1, seedHi: 0, seedLo: 0, intents };
  const block = encodeBlock(1, 1, 1, 1, [entry]);
  eachEntry(block, 1, 1, (view) => p.apply(view, undefined));
  block.bytes.fill(0);
  expect(p.messages.payloads.get(p.messages.find(1, 1))).toEqual(Uint8Array.of(7, 8, 9));
});

describe("timers (D-19)", () => {
  test("10,000 due at once fire 4,096 per entry, best first, and none twice", () => {
    const rig = new MachineRig();
    rig.init(1);
    const count = 10_000;
    const intents: Intent[] = [];
    // Later ones are due earlier, so that slot order and time order differ.
    for (let i = 0; i < count; i += 1) intents.push(enqueue({ delayMs: count - i }));
    rig.apply({ stampMs: 1000 }, intents);
    const due: number[] = [];
    for (const expected of [4096, 4096, count - 8192, 0]) {
      rig.events.length = 0;
      rig.apply({ stampMs: 20_000 }, [{ kind: "tick" }]);
      expect(rig.events).toHaveLength(expected);
      for (const e of rig.events) due.push(e.offset);
    }
    expect(due).toEqual(Array.from({ length: count }, (_, i) => count - 1 - i));
    expect(rig.partition.ready.size).toBe(count);
  });

  test("a lease behind 4,096 others is dead all the same once its time has come", () => {
    const rig = new MachineRig();
    rig.init(1);
    const intents: Intent[] = [enqueue({ priorityLo: 1 }), grant(1, 5000)];
    for (let i = 0; i < 5000; i += 1) intents.push(enqueue({ delayMs: 100 }));
    rig.apply({ stampMs: 1000 }, intents);
    const token = rig.token(2, 0, 1);
    const results = rig.apply({ stampMs: 6000 }, [
      { kind: "ack", token },
      { kind: "extend", token, extensionMs: 1000 },
    ]);
    for (const r of results) expect(r).toMatchObject({ code: "FAILED_PRECONDITION" });
    expect(rig.partition.counts.inflightMessages).toBe(1);
    rig.apply({ stampMs: 6000 }, [{ kind: "tick" }]);
    expect(rig.partition.counts.inflightMessages).toBe(0);
  });

  test("nextTimerMs is the earliest deadline, delay or retry", () => {
    const rig = new MachineRig();
    rig.init(1);
    expect(rig.partition.nextTimerMs).toBe(Infinity);
    rig.apply({ stampMs: 1000 }, [enqueue({ delayMs: 700 })]);
    expect(rig.partition.nextTimerMs).toBe(1700);
    rig.apply({ stampMs: 1001 }, [enqueue(), grant(1, 100)]);
    expect(rig.partition.nextTimerMs).toBe(1101);
    const token = rig.token(3, 0, 1);
    rig.apply({ stampMs: 1002 }, [{ kind: "extend", token, extensionMs: 2000 }]);
    expect(rig.partition.nextTimerMs).toBe(1700);
  });
});

test("slots are used again, and a message in a used slot is a new one", () => {
  const rig = new MachineRig();
  rig.init(1);
  for (let i = 0; i < 50; i += 1) {
    rig.apply({ stampMs: 1000 + i }, [
      enqueue({
        producer: { producerId: "p", epochHi: 0, epochLo: 1, sequenceHi: 0, sequenceLo: i },
      }),
      { ...grant(1), round: i + 1 } as Intent,
    ]);
    rig.apply({ stampMs: 1000 + i }, [{ kind: "ack", token: rig.token(rig.index, 0, 1) }]);
  }
  expect(rig.partition.messages.slotEnd).toBe(1);
  expect(rig.partition.counts).toMatchObject({ totalMessages: 0, totalAcks: 50, totalPops: 50 });
  rig.apply({ stampMs: 2000 }, [enqueue()]);
  const slot = rig.partition.messages.find(rig.index, 0);
  const { messages } = rig.partition;
  const { attempts, fence } = messages;
  expect([attempts[slot], fence[slot], messages.producers.get(slot)]).toEqual([0, 0, undefined]);
});

test("a message that was delivered as often as its fence can count becomes a dead letter", () => {
  for (const end of ["nack", "release", "expiry"] as const) {
    const rig = new MachineRig();
    rig.init(1);
    rig.apply({ stampMs: 1000 }, [enqueue({})]);
    const { index } = rig;
    const { messages } = rig.partition;
    const slot = messages.find(index, 0);
    messages.fence[slot] = 2 ** 32 - 2;
    rig.apply({ stampMs: 1001 }, [grant(1)]);
    const token = rig.token(index, 0, 2 ** 32 - 1);
    if (end === "nack") rig.apply({ stampMs: 1002 }, [{ kind: "nack", token, backoffMs: 0 }]);
    else if (end === "release") rig.apply({ stampMs: 1002 }, [{ kind: "release", token }]);
    rig.apply({ stampMs: 90_000_000 }, [{ kind: "tick" }]);
    expect([end, messages.state[slot]]).toEqual([end, State.dead]);
  }
});
