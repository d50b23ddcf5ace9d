// Each invariant of the meta group's state is seen to fire: transitions that no entry asks for.

import { expect, test } from "vitest";
import { ClusterState, type TopicRecord } from "../../src/cluster/cluster-state.js";
import { BEGIN, SETTINGS } from "../support/machine-rig.js";

class Inside extends ClusterState {
  constructor() {
    super();
    this.begin(BEGIN.level, BEGIN.draft, [1, 2, 3]);
  }

  add(topic: string): TopicRecord {
    return this.addTopic(topic, SETTINGS, 1);
  }

  close(record: TopicRecord): void {
    this.beginDeleting(record);
  }

  remove(record: TopicRecord): void {
    this.removeTopic(record);
  }

  set(fields: Record<string, unknown>): void {
    Object.assign(this, fields);
  }
}

test("topics come and go", () => {
  const state = new Inside();
  const [a, b] = [state.add("a"), state.add("b")];
  for (const record of [a, b]) {
    state.close(record);
    state.remove(record);
  }
  expect([state.groupCount, state.deleting.size]).toEqual([0, 0]);
});

test("CLU1: a topic has one record", () => {
  const state = new Inside();
  const record = state.add("a");
  expect(() => state.add("a")).toThrow(/^CLU1/);
  state.close(record);
  state.topics.delete("a");
  expect(() => state.remove(record)).toThrow(/^CLU1/);
});

test("CLU2: only a topic that is being deleted is removed", () => {
  const state = new Inside();
  const record = state.add("a");
  expect(() => state.remove(record)).toThrow(/^CLU2/);
});

test("CLU3: no topics, no groups", () => {
  const state = new Inside();
  const record = state.add("a");
  state.close(record);
  state.groupCount += 1;
  expect(() => state.remove(record)).toThrow(/^CLU3/);
});

test("R4: ids that are used up are not given out", () => {
  const state = new Inside();
  state.set({ nextGroup: 2 ** 24 });
  expect(() => state.add("a")).toThrow(/^R4/);
});

test("D-99: a second that cannot be told from a deleted topic's is none", () => {
  const state = new Inside();
  state.set({ deletedSeconds: 2 ** 53 });
  expect(() => state.add("a")).toThrow(/^D-99/);
});
