import { Partition, type Intent, type PeerMessage } from "@disheap/core";
import { expect, test } from "vitest";
import { Digests } from "../../../../src/oracle/rules/streams/digests.js";
import { breaks, FakeLog, FakeWorld, INIT, fakeRaft, SETTINGS, view } from "../states.js";

const STREAM = { edge: 1, edgeIncarnation: 1, stream: 1 };

/** Node 3 becomes leader in term 2 of a partition in which edge 1 holds message 2.0 since entry 3. */
function stage() {
  const world = new FakeWorld();
  const rule = new Digests();
  rule.attach(world);
  const partition = new Partition(1, "MIN");
  partition.apply(view(1, 1, 1, [{ ...INIT, settings: SETTINGS }]), undefined);
  const message = { priorityHi: 0, priorityLo: 1, payload: Uint8Array.of(1), delayMs: 0 };
  partition.apply(
    view(2, 1, 2, [{ kind: "enqueue", ...message, producer: undefined, maxRetries: undefined }]),
    undefined,
  );
  const share = { n: 1, limit: 1, visibilityMs: 1000, bound: undefined };
  partition.apply(view(3, 1, 3, [{ kind: "grant", ...STREAM, round: 1, ...share }]), undefined);
  const raft = fakeRaft({ term: 2, role: "leader", log: new FakeLog([1, 1, 1, 2]) });
  raft.appliedIndex = 3;
  const replicas = new Map([[1, { raft, machine: { kind: "partition" as const, partition } }]]);
  const host = { isReady: true, context: { incarnation: 1, wallMs: 0, groups: replicas } };
  world.hosts.set(3, host);
  rule.roleChanged(3, 1, 2, "leader");
  return { rule, raft, host, partition };
}

const digest = (fence: number): PeerMessage => ({
  kind: "digest",
  group: 1,
  edgeIncarnation: 1,
  stream: 0,
  isLast: true,
  leases: [{ index: 2, offset: 0, fence, stream: 1, round: 1, grantIndex: 3 }],
});

test("Q17: a new leader that names every inherited lease to its edge is right", () => {
  const { rule, raft, host } = stage();
  rule.afterTurn(3, host);
  rule.sent(3, 1, digest(1));
  raft.appliedIndex = 4;
  rule.afterTurn(3, host);
});

test("Q17: one that serves without having named a lease is noticed, with the lease", () => {
  const { rule, raft, host } = stage();
  raft.appliedIndex = 4;
  const { message } = breaks("Q17", () => rule.afterTurn(3, host));
  expect(message).toContain("message 2.0 of group 1: n3 began to lead in term 2");
});

test("Q17: naming another lease, or telling another edge, does not help", () => {
  for (const [to, fence] of [
    [1, 2],
    [2, 1],
  ] as const) {
    const { rule, raft, host } = stage();
    rule.sent(3, to, digest(fence));
    raft.appliedIndex = 4;
    breaks("Q17", () => rule.afterTurn(3, host));
  }
});

test("Q17: who lost the lead before it served owes nothing", () => {
  const { rule, raft, host } = stage();
  rule.roleChanged(3, 1, 2, "follower");
  raft.appliedIndex = 4;
  rule.afterTurn(3, host);
});

test("Q17: nobody is told of the leases of an edge's earlier life", () => {
  const { rule, raft, host, partition } = stage();
  const replaced = { edge: 1, edgeIncarnation: 2, graceMs: 500 };
  partition.apply(view(4, 2, 4, [{ kind: "edge.replaced", ...replaced }]), undefined);
  raft.appliedIndex = 4;
  rule.afterTurn(3, host);
});

test("Q17: an expired lease of an open stream is named as well; of a closed one the close tells", () => {
  const beginsAfter = (intents: readonly Intent[]): { serve: () => void; tell: () => void } => {
    const { rule, raft, host, partition } = stage();
    partition.apply(view(4, 1, 5_000, intents), undefined);
    raft.appliedIndex = 4;
    return { serve: () => rule.afterTurn(3, host), tell: () => rule.sent(3, 1, digest(1)) };
  };
  const named = beginsAfter([]);
  breaks("Q17", named.serve);
  named.tell();
  named.serve();
  beginsAfter([{ kind: "release.undelivered", index: 2, offset: 0, fence: 1 }]).serve();
  beginsAfter([{ kind: "stream.close", ...STREAM, graceMs: 0 }]).serve();
});

test("Q17: who has more to tell than fits a turn goes on until all is told", () => {
  const { rule, raft, host } = stage();
  const replica = host.context.groups.get(1);
  if (!replica) throw new Error("group 1 is there");
  raft.appliedIndex = 4;
  Object.assign(replica, { digests: [{ edge: 1 }] });
  rule.afterTurn(3, host);
  Object.assign(replica, { digests: [{ edge: 2 }] });
  breaks("Q17", () => rule.afterTurn(3, host));
});
