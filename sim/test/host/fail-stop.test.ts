import { expect, test } from "vitest";
import { Host } from "@disheap/core";
import { createTopic, quietWorld } from "./quiet-world.js";
import { replicas } from "../../src/run/cluster-view.js";

test("D-40: a broken invariant in one of eight groups stops that replica; the other seven go on", () => {
  const q = quietWorld(3, {}, false);
  q.advance(2_000);
  createTopic(q, "jobs", 8);
  q.advance(1_000);
  const victim = q.world.host(2)?.context.groups.get(5);
  expect(victim).toBeDefined();
  if (!victim) return;
  // The commit index cannot lie beyond the log: the next apply finds it out.
  victim.raft.commitIndex = victim.raft.log.lastIndex + 7;
  victim.raft.durableIndex = victim.raft.log.lastIndex + 7;
  let stopped: string | undefined;
  try {
    q.advance(500);
  } catch (error) {
    stopped = (error as Error).message;
  }
  // The simulator's observer reports it as a failed run; the host has stopped the replica by then.
  expect(stopped).toMatch(/n2 stopped group 5/);
  expect(victim.stoppedBecause).toMatch(/^LOG1|^R4|^R12/);
  const others = [...(q.world.host(2)?.context.groups.values() ?? [])].filter((s) => s.id !== 5);
  expect(others.filter((s) => s.stoppedBecause !== undefined)).toEqual([]);
  q.advance(6_000);
  for (const [group, views] of replicas(q.world)) {
    expect(
      views.some((v) => v.replica.isServing),
      `group ${group}`,
    ).toBe(true);
  }
});

test("D-70: frames of another cluster on the same addresses are dropped and counted", () => {
  const ours = quietWorld(3, {}, false);
  ours.advance(2_000);
  const host = ours.world.host(1);
  if (!host) throw new Error("n1 is up");
  const { config } = host.context;
  const foreign = new Host({ ...config, node: "n2" });
  foreign.context.incarnation = 9;
  const founders = config.members.map(({ name }, i) => {
    return { id: i + 1, name, storeId: `store of ${name}`, machine: name };
  });
  foreign.context.join({ cluster: { hi: 1, lo: 2 }, attempt: 1, bornMs: 0, founders });
  foreign.context.send(1, { kind: "beat", round: 1, isStalled: false, items: [] });
  const [{ frame }] = foreign.context.takeFrames();
  const before = host.status().metrics;
  host.step({ kind: "peer.frame", peer: 2, frame });
  const after = host.status().metrics;
  expect(after.framesRefused).toBe(before.framesRefused + 1);
  // A frame of incarnation 9 would have replaced the real n2.
  ours.advance(1_000);
  expect(ours.ask(2, { op: "topic.list", pageSize: 0, pageToken: "" })).toMatchObject({ ok: true });
});

test("a frame that names another sender than its link is refused, also the node's own", () => {
  const q = quietWorld(3, {}, false);
  q.advance(2_000);
  const [n1, n2] = [q.world.host(1), q.world.host(2)];
  if (!n1 || !n2) throw new Error("both are up");
  n2.context.send(1, { kind: "beat", round: 1, isStalled: false, items: [] });
  const [{ frame }] = n2.context.takeFrames();
  const before = n1.status().metrics.framesRefused;
  n1.step({ kind: "peer.frame", peer: 3, frame });
  expect(n1.status().metrics.framesRefused).toBe(before + 1);
  n1.context.send(2, { kind: "beat", round: 1, isStalled: false, items: [] });
  const [own] = n1.context.takeFrames();
  n1.step({ kind: "peer.frame", peer: 2, frame: own.frame });
  n1.step({ kind: "peer.frame", peer: 1, frame: own.frame });
  expect(n1.status().metrics.framesRefused).toBe(before + 3);
});
