import { describe, expect, test } from "vitest";
import { ClusterMachine } from "../../src/cluster/cluster.js";
import type { TopicRecord } from "../../src/cluster/cluster-state.js";
import type { IntentResult } from "../../src/machine/results.js";
import { eachEntry, encodeBlock, EntryKind } from "../../src/wire/blocks.js";
import { encodeIntent, type Intent } from "../../src/wire/intents.js";
import { BEGIN, SETTINGS } from "../support/machine-rig.js";

class ClusterRig {
  readonly created: string[] = [];
  readonly deleted: string[] = [];
  readonly machine: ClusterMachine;
  index = 0;

  /** `members` as the first entry names them; none: there is no such entry. */
  constructor(members: readonly number[] = [1, 2, 3]) {
    this.machine = new ClusterMachine({
      topicCreated: (r) => this.created.push(r.topic),
      topicDeleted: (r) => this.deleted.push(r.topic),
    });
    if (members.length > 0) this.apply(0, { kind: "cluster.init", ...BEGIN, members });
  }

  apply(stampMs: number, ...intents: Intent[]): IntentResult[] {
    this.index += 1;
    const kind = intents.length === 0 ? EntryKind.noop : EntryKind.command;
    const entry = { kind, stampMs, seedHi: 0, seedLo: 0, intents: intents.map(encodeIntent) };
    const block = encodeBlock(0, this.index, 1, 1, [entry]);
    const results: IntentResult[] = [];
    eachEntry(block, this.index, this.index, (view) => this.machine.apply(view, results));
    return results;
  }

  record(topic: string): TopicRecord {
    const record = this.machine.topics.get(topic);
    if (!record) throw new Error(`topic ${topic} must exist`);
    return record;
  }
}

function create(topic: string, partitions = 1): Intent {
  return { kind: "topic.create", topic, settings: { ...SETTINGS, partitions } };
}

const deleting = (topic: string, firstGroup: number): Intent => ({
  kind: "topic.deleting",
  topic,
  firstGroup,
});
const deleted = (topic: string, firstGroup: number): Intent => ({
  kind: "topic.deleted",
  topic,
  firstGroup,
});

describe("topics", () => {
  test("get groups counted from 1, with the entry's index as incarnation (D-50)", () => {
    const rig = new ClusterRig();
    rig.apply(1000);
    rig.apply(1001, create("a", 2), create("b"));
    const places = (topic: string): unknown[] =>
      rig.record(topic).partitions.map((p) => [p.partition, p.group, p.incarnation, p.voters]);
    expect(places("a")).toEqual([
      [0, 1, 3, [2, 3, 1]],
      [1, 2, 3, [3, 1, 2]],
    ]);
    expect(places("b")).toEqual([[0, 3, 3, [1, 2, 3]]]);
    expect(rig.created).toEqual(["a", "b"]);
  });

  test("a group id is never used again, not by the same name either (D-10)", () => {
    const rig = new ClusterRig();
    const [first] = rig.apply(5000, create("a", 3));
    expect(first).toEqual({ type: "created", heapId: "a-5" });
    rig.apply(6000, deleting("a", 1));
    rig.apply(7000, deleted("a", 1));
    rig.apply(8000, create("a"));
    expect(rig.record("a").partitions).toMatchObject([{ group: 4, incarnation: 5 }]);
    expect(rig.record("a").heapId).toBe("a-8");
    expect(rig.deleted).toEqual(["a"]);
  });

  test("exist once: a second creation is refused and takes no group", () => {
    const rig = new ClusterRig();
    rig.apply(1, create("a"));
    const [again] = rig.apply(2, create("a", 5));
    expect(again).toMatchObject({ type: "refused", code: "ALREADY_EXISTS" });
    rig.apply(3, create("b"));
    expect(rig.record("b").partitions[0].group).toBe(2);
  });

  test("are closed before they go; what is not there is not found", () => {
    const rig = new ClusterRig();
    rig.apply(1, create("a"));
    const [unknown] = rig.apply(2, deleting("b", 1));
    expect(unknown).toMatchObject({ type: "refused", code: "NOT_FOUND" });
    const [open] = rig.apply(3, deleted("a", 1));
    expect(open).toMatchObject({ type: "refused", code: "FAILED_PRECONDITION" });
    expect(rig.deleted).toEqual([]);
  });

  test("late steps of an earlier deletion leave the next topic of that name alone (rev-A1)", () => {
    const rig = new ClusterRig();
    rig.apply(1, create("a"), deleting("a", 1), deleted("a", 1), create("a"));
    const late = rig.apply(2, deleting("a", 1), deleted("a", 1));
    expect(late).toMatchObject([{ code: "NOT_FOUND" }, { code: "NOT_FOUND" }]);
    expect(rig.record("a")).toMatchObject({ isDeleting: false, partitions: [{ group: 2 }] });
    // The other way round: the steps of two deletions of the same topic.
    expect(rig.apply(3, deleting("a", 2), deleting("a", 2))).toMatchObject([
      { type: "settled" },
      { type: "settled" },
    ]);
    expect(rig.apply(4, deleted("a", 2), deleted("a", 2))).toMatchObject([
      { type: "settled" },
      { code: "NOT_FOUND" },
    ]);
  });

  test("the last group id is given out, and what would need more is refused (rev-A5)", () => {
    const rig = new ClusterRig();
    (rig.machine as unknown as { nextGroup: number }).nextGroup = 2 ** 24 - 2;
    const [two, three] = rig.apply(1, create("a", 2), create("b", 1));
    expect(two).toMatchObject({ type: "created" });
    expect(three).toMatchObject({ type: "refused", code: "RESOURCE_EXHAUSTED" });
    expect(rig.record("a").partitions.at(-1)?.group).toBe(2 ** 24 - 1);
    expect(rig.apply(2, create("c", 0))).toMatchObject([{ code: "INVALID_ARGUMENT" }]);
  });

  test("are listed by name", () => {
    const rig = new ClusterRig();
    rig.apply(1, create("b"), create("a"), create("B"));
    expect(rig.machine.sortedTopics().map((t) => t.topic)).toEqual(["B", "a", "b"]);
  });
});

describe("the first entry", () => {
  test("names the members that partitions are placed on, whatever their numbers (D-87)", () => {
    const rig = new ClusterRig([7, 40, 9]);
    rig.apply(1, create("a", 2));
    expect(rig.record("a").partitions.map((p) => p.voters)).toEqual([
      [40, 9, 7],
      [9, 7, 40],
    ]);
  });

  test("counts once: another one changes nothing", () => {
    const rig = new ClusterRig();
    const hash = [rig.machine.hash.hi, rig.machine.hash.lo];
    rig.apply(1, { kind: "cluster.init", ...BEGIN, members: [5] });
    expect([rig.machine.hash.hi, rig.machine.hash.lo]).toEqual(hash);
    rig.apply(2, create("a"));
    expect(rig.record("a").partitions[0].voters).toEqual([2, 3, 1]);
  });

  test("is in the hash: members in another order, or one more, are another cluster", () => {
    const lists = [[1, 2, 3], [2, 1, 3], [1, 2, 3, 4], [1]];
    const hashes = lists.map((members) => new ClusterRig(members).machine.hash);
    expect(new Set(hashes.map((h) => h.hi)).size).toBe(lists.length);
    expect(new Set(hashes.map((h) => h.lo)).size).toBe(lists.length);
  });

  test("comes before everything: nothing is made without it, and one of no cluster is refused", () => {
    const rig = new ClusterRig([]);
    expect(rig.apply(1, create("a"), { kind: "tick" })).toMatchObject([
      { type: "refused", code: "FAILED_PRECONDITION" },
      { type: "refused", code: "FAILED_PRECONDITION" },
    ]);
    for (const members of [[], [1, 2, 1], [0, 1]]) {
      const wrong = rig.apply(2, { kind: "cluster.init", ...BEGIN, members });
      expect(wrong).toMatchObject([{ type: "refused", code: "INVALID_ARGUMENT" }]);
    }
    expect([rig.machine.isBegun, rig.machine.hash.hi, rig.machine.hash.lo]).toEqual([false, 0, 0]);
  });
});

describe("the log decides", () => {
  test("entries follow each other and stamps never go back", () => {
    const rig = new ClusterRig();
    rig.apply(1000);
    expect(() => rig.apply(999)).toThrow(/^Q7/);
    rig.index = 5;
    expect(() => rig.apply(1000)).toThrow(/^R4/);
  });

  test("replicas that applied the same have the same hash, others not", () => {
    const [a, b, c] = [new ClusterRig(), new ClusterRig(), new ClusterRig()];
    for (const rig of [a, b]) rig.apply(1, create("t"), create("u", 2));
    c.apply(1, create("t"), create("u", 3));
    const hash = (rig: ClusterRig): number[] => [rig.machine.hash.hi, rig.machine.hash.lo];
    expect(hash(a)).toEqual(hash(b));
    expect(hash(a)).not.toEqual(hash(c));
    const before = hash(b);
    b.apply(2, deleting("t", 1));
    expect(hash(b)).not.toEqual(before);
  });

  test("an intent of a partition does not belong here", () => {
    const rig = new ClusterRig();
    const [result] = rig.apply(1, { kind: "partition.close" });
    expect(result).toMatchObject({ type: "refused", code: "INVALID_ARGUMENT" });
  });
});

test("no heap id returns: a topic's second is above those of all that were deleted (D-99)", () => {
  const rig = new ClusterRig();
  rig.apply(5_400, create("a"), create("b"));
  expect(rig.record("a")).toMatchObject({ heapId: "a-5", createdMs: 5_400 });
  const again = (stampMs: number, topic: string): void => {
    const { group } = rig.record(topic).partitions[0];
    rig.apply(stampMs, deleting(topic, group), deleted(topic, group), create(topic));
  };
  again(5_500, "a");
  expect(rig.record("a")).toMatchObject({ heapId: "a-6", createdMs: 6_000 });
  again(5_600, "a");
  expect(rig.record("a").heapId).toBe("a-7");
  again(9_100, "b");
  expect(rig.record("b").heapId).toBe("b-9");
  again(12_000, "a");
  expect(rig.record("a").heapId).toBe("a-12");
});

test("the second that heap ids stay above is part of the state hash", () => {
  const hashAfter = (createdMs: number): string => {
    const rig = new ClusterRig();
    rig.apply(createdMs, create("a"));
    rig.apply(9_000, deleting("a", 1), deleted("a", 1));
    return `${rig.machine.hash.hi}:${rig.machine.hash.lo}`;
  };
  expect(hashAfter(5_100)).toBe(hashAfter(5_900));
  expect(hashAfter(5_100)).not.toBe(hashAfter(6_100));
});
