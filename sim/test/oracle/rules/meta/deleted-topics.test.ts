import { ClusterMachine, type Intent, type TopicRecord } from "@disheap/core";
import { expect, test } from "vitest";
import { DeletedTopics } from "../../../../src/oracle/rules/meta/deleted-topics.js";
import { BEGIN, breaks, FakeWorld, fakeRaft, SETTINGS, view } from "../states.js";

const NO_LISTENER = { topicCreated: () => undefined, topicDeleted: () => undefined };

/** One node that applies these meta entries; its topics may be changed after the last of them. */
function play(
  intents: readonly Intent[],
  change: (topics: Map<string, TopicRecord>) => void = () => undefined,
): void {
  const world = new FakeWorld();
  const rule = new DeletedTopics();
  rule.attach(world);
  const cluster = new ClusterMachine(NO_LISTENER);
  const replica = { raft: fakeRaft({ id: 0 }), machine: { kind: "cluster" as const, cluster } };
  const context = { incarnation: 1, wallMs: 0, groups: new Map([[0, replica]]) };
  world.hosts.set(1, { isReady: true, context });
  const init: Intent = { kind: "cluster.init", ...BEGIN, members: [1, 2, 3] };
  [init, ...intents].forEach((intent, i) => {
    const entry = view(i + 1, 1, 10 + i, [intent]);
    cluster.apply(entry, undefined);
    if (i === intents.length) change(cluster.topics);
    rule.applied(1, 0, entry);
  });
}

const create: Intent = { kind: "topic.create", topic: "a", settings: SETTINGS };
const closing = (firstGroup: number): Intent => ({
  kind: "topic.deleting",
  topic: "a",
  firstGroup,
});
const removal = (firstGroup: number): Intent => ({ kind: "topic.deleted", topic: "a", firstGroup });
const mark = (isDeleting: boolean) => (topics: Map<string, TopicRecord>) => {
  for (const record of topics.values()) record.isDeleting = isDeleting;
};

test("Q21: deletions, late steps that mean nothing, and a successor of the same name are fine", () => {
  const late = [closing(1), removal(1)];
  play([create, closing(1), removal(1), create, ...late, closing(2), ...late, removal(2)]);
});

test("Q21: a late first step that closes the next topic of that name is noticed", () => {
  const intents = [create, closing(1), removal(1), create, closing(1)];
  const error = breaks("Q21", () => play(intents, mark(true)));
  expect(error.message).toBe(
    'entry 6 of the meta group closes topic "a" with first group 2, which no deletion in it means',
  );
  expect(error.second?.text).toContain('topic.deleting of "a" with first group 1');
});

test("Q21: a topic that goes without its last step, or opens again, is noticed", () => {
  const again = [create, closing(1), closing(1)];
  const gone = breaks("Q21", () => play(again, (topics) => topics.clear()));
  expect(gone.message).toContain("removes topic");
  const opened = breaks("Q21", () => play(again, mark(false)));
  expect(opened.message).toContain("opens again topic");
});
