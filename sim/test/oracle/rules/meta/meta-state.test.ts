import { ClusterMachine, type Intent } from "@disheap/core";
import { expect, test } from "vitest";
import { MetaState } from "../../../../src/oracle/rules/meta/meta-state.js";
import { BEGIN, breaks, FakeWorld, fakeRaft, SETTINGS, view } from "../states.js";

const NO_LISTENER = { topicCreated: () => undefined, topicDeleted: () => undefined };

/**
 * Two nodes that apply these meta entries; `change` may touch the second one's machine before, `between`
 * both machines after every entry.
 */
function play(
  intents: readonly Intent[],
  change: (machine: ClusterMachine) => void,
  between: (machine: ClusterMachine) => void = () => undefined,
): void {
  const world = new FakeWorld();
  const rule = new MetaState();
  rule.attach(world);
  for (const node of [1, 2]) {
    const cluster = new ClusterMachine(NO_LISTENER);
    const replica = { raft: fakeRaft({ id: 0 }), machine: { kind: "cluster" as const, cluster } };
    const context = { incarnation: 1, wallMs: 0, groups: new Map([[0, replica]]) };
    world.hosts.set(node, { isReady: true, context });
    if (node === 2) change(cluster);
    const init: Intent = { kind: "cluster.init", ...BEGIN, members: [1, 2, 3] };
    [init, ...intents].forEach((intent, i) => {
      const entry = view(i + 1, 1, 10 + i, [intent]);
      cluster.apply(entry, undefined);
      rule.applied(node, 0, entry);
      between(cluster);
    });
  }
}

const create = (topic: string): Intent => ({ kind: "topic.create", topic, settings: SETTINGS });

test("R4: the same meta entries make the same topics", () => {
  const intents = [
    create("b"),
    create("a"),
    { kind: "topic.deleting" as const, topic: "b", firstGroup: 1 },
  ];
  play(intents, () => undefined);
});

test("R4: a topic with other settings on one node is noticed", () => {
  const error = breaks("R4", () =>
    play([create("a"), create("b")], (cluster) => {
      cluster.apply = (entry, results) => {
        ClusterMachine.prototype.apply.call(cluster, entry, results);
        const record = cluster.topics.get("a");
        if (record) cluster.topics.set("a", { ...record, updatedMs: 1 });
      };
    }),
  );
  expect(error.message).toContain("after entry 2 of the meta group n1 and n2 know other topics");
});

const remove = (topic: string): Intent[] => [
  { kind: "topic.deleting", topic, firstGroup: 1 },
  { kind: "topic.deleted", topic, firstGroup: 1 },
];

test("D-10: a topic that is made again gets groups of its own", () => {
  play([create("a"), ...remove("a"), create("a"), create("b")], () => undefined);
});

test("D-10: a group id that is given out a second time is noticed", () => {
  const forget = (cluster: ClusterMachine): void => {
    (cluster as unknown as { nextGroup: number }).nextGroup = 1;
  };
  const error = breaks("R4", () =>
    play([create("a"), ...remove("a"), create("b")], () => undefined, forget),
  );
  expect(error.message).toContain("group id 1 was given out twice");
});
