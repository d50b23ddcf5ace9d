// The liveness phase: after healing, every group gets a leader (L1), every message that is due is delivered and
// acknowledged by fresh consumers (L2), leaders commit what they hold and all replicas agree (L4); deletions that
// were begun are done (L7), and counters speak of every partition (L8). A failure names what is stuck and what it
// waits for. Budgets are simulated time.

import { encodeMessageId, State } from "@disheap/core";
import { RuleBroken } from "../oracle/oracle.js";
import type { Recorder } from "../workload/recorder.js";
import { Consumer } from "../workload/consumer.js";
import type { ClientHub } from "../workload/client-hub.js";
import { decimal, payloadHash } from "../workload/values.js";
import type { World } from "../world/world.js";
import { isStopped, leaderOf, partitionOf, replicas, type PlacedReplica } from "./cluster-view.js";
import { CountersWhole } from "./counters-whole.js";
import { halfDeleted } from "./half-deleted.js";
import { uncommitted } from "./uncommitted.js";

const LEADER_BUDGET_MS = 30_000;
/** Copies are started well before the end of a run. */
const COPY_BUDGET_MS = 5_000;
const DRAIN_BUDGET_MS = 480_000;
/** Since a replica last came closer: over a network that reorders, an append after the other is taken. */
const AGREE_BUDGET_MS = 10_000;
const AGREE_LIMIT_MS = 240_000;
/** A partition that is closed has just got its leader, and a drive that failed begins again. */
const DELETION_BUDGET_MS = 20_000;
const COUNTERS_BUDGET_MS = 10_000;
/** A leader whose appends were lost on a link that stayed up asks after 20 s what its followers lack. */
const COMMIT_BUDGET_MS = 45_000;
const STEP_MS = 250;

const DRAIN_HABITS = {
  ack: 1_000_000,
  nack: 0,
  repeatAck: 0,
  extend: 0,
  staleSettle: 0,
  thinkMaxMs: 1,
  late: 0,
  backoffMaxMs: 0,
  otherNode: 0,
};

export class LivenessPhase {
  private readonly world: World;
  private readonly hub: ClientHub;
  private readonly recorder: Recorder;
  private readonly deleted: ReadonlySet<string>;

  constructor(world: World, hub: ClientHub, recorder: Recorder, deleted: ReadonlySet<string>) {
    this.world = world;
    this.hub = hub;
    this.recorder = recorder;
    this.deleted = deleted;
  }

  run(): void {
    this.waitFor("S5", COPY_BUDGET_MS, () => this.runningCopy());
    this.waitFor("L1", LEADER_BUDGET_MS, () => this.leaderless());
    this.waitFor("L7", DELETION_BUDGET_MS, () => halfDeleted(this.world));
    this.drain();
    const counters = new CountersWhole(this.hub);
    this.waitFor("L8", COUNTERS_BUDGET_MS, () => counters.problem());
    this.waitFor("L4", COMMIT_BUDGET_MS, uncommitted(this.world));
    this.agree();
    this.recordRemaining();
  }

  /** As long as replicas come closer they have time; what is wrong for good shows as standing still. */
  private agree(): void {
    const { queue } = this.world;
    const limitUs = queue.nowUs + AGREE_LIMIT_MS * 1000;
    let closest = Infinity;
    let sinceUs = queue.nowUs;
    for (let found = this.disagreement(); found !== undefined; found = this.disagreement()) {
      const behind = this.entriesBehind();
      if (behind < closest) sinceUs = queue.nowUs;
      closest = Math.min(closest, behind);
      if (queue.nowUs >= Math.min(limitUs, sinceUs + AGREE_BUDGET_MS * 1000)) {
        const message = `${found} (came no closer for ${(queue.nowUs - sinceUs) / 1_000_000} s)`;
        throw new RuleBroken({ rule: "L4", message });
      }
      this.advance(STEP_MS);
    }
  }

  /** Entries that replicas lack of what the furthest of their group has applied, together. */
  private entriesBehind(): number {
    let behind = 0;
    for (const views of replicas(this.world).values()) {
      const applied = views.map(({ replica }) => replica.raft.appliedIndex);
      const furthest = Math.max(...applied);
      for (const index of applied) behind += furthest - index;
    }
    return behind;
  }

  /** Runs the world until `problem` is undefined, or fails with what it says after the budget. */
  private waitFor(rule: string, budgetMs: number, problem: () => string | undefined): void {
    const { queue } = this.world;
    const endUs = queue.nowUs + budgetMs * 1000;
    for (;;) {
      const found = problem();
      if (found === undefined) return;
      if (queue.nowUs >= endUs) {
        throw new RuleBroken({ rule, message: `${found} (${budgetMs / 1000} s after healing)` });
      }
      this.advance(STEP_MS);
    }
  }

  private advance(ms: number): void {
    const { queue } = this.world;
    const untilUs = queue.nowUs + ms * 1000;
    while (queue.runNext(untilUs));
    queue.nowUs = Math.max(queue.nowUs, untilUs);
  }

  /** S5: of two processes on the same store the later one ends, with a sentence. */
  private runningCopy(): string | undefined {
    const { network, copies } = this.world;
    for (const { number, process, refusal = "" } of copies) {
      const member = `n${network.copyOf.get(number) ?? number}`;
      if (process) return `a process on a copy of the data directory of ${member} still runs`;
      if (!/\. .+\.$/.test(refusal)) return `the copy of ${member} ended saying "${refusal}"`;
    }
    return undefined;
  }

  private leaderless(): string | undefined {
    const groups = replicas(this.world);
    const expected = this.expectedGroups();
    for (const group of expected) {
      const views = groups.get(group) ?? [];
      if (leaderOf(views)) continue;
      const states = views.map(
        ({ node, replica: { raft: g } }) =>
          `n${node}: ${g.role} in term ${g.term}, log to ${g.log.lastIndex}, commit ${g.commitIndex}`,
      );
      return `group ${group} has no leader that serves; replicas: ${states.join("; ") || "none"}`;
    }
    return undefined;
  }

  /** The meta group and the groups of every topic that any node knows. */
  private expectedGroups(): Set<number> {
    const groups = new Set([0]);
    for (const node of this.world.nodes) {
      const machine = node.process?.host.context.groups.get(0)?.machine;
      if (machine?.kind !== "cluster") continue;
      for (const record of machine.cluster.topics.values()) {
        for (const place of record.partitions) groups.add(place.group);
      }
    }
    return groups;
  }

  private drain(): void {
    const { plan, queue } = this.world;
    const live = this.world.nodes.filter((n) => n.process).map((n) => n.number);
    let id = 10_000;
    for (const topic of plan.topics) {
      if (this.deleted.has(topic.topic)) continue;
      const node = live[id % live.length];
      id += 1;
      new Consumer(this.hub, this.recorder, {
        type: "consume",
        atMs: queue.nowUs / 1000,
        untilMs: queue.nowUs / 1000 + DRAIN_BUDGET_MS + 60_000,
        node,
        topic: topic.topic,
        id,
        credits: 40,
        refill: true,
        visibilityMs: 20_000,
        partitions: [],
        end: "cancel",
        habits: DRAIN_HABITS,
      }).start();
    }
    this.waitFor("L2", DRAIN_BUDGET_MS, () => this.undrained());
  }

  private undrained(): string | undefined {
    for (const [group, views] of replicas(this.world)) {
      const leader = leaderOf(views);
      if (group === 0) continue;
      if (!leader) return `group ${group} has lost its leader during the drain`;
      const { topic } = leader.replica.machine as { topic: string };
      if (this.deleted.has(topic)) continue;
      const stuck = this.stuckMessage(leader);
      if (stuck) return stuck;
    }
    return undefined;
  }

  private stuckMessage(leader: PlacedReplica): string | undefined {
    const partition = partitionOf(leader);
    if (!partition || partition.counts.totalMessages === 0) return undefined;
    const m = partition.messages;
    let found: string | undefined;
    m.forEach((slot) => {
      if (found !== undefined || m.state[slot] === State.dead) return;
      const id = encodeMessageId(
        m.enqueuedMs[slot],
        leader.replica.id,
        m.index[slot],
        m.offset[slot],
      );
      const what =
        m.state[slot] === State.ready
          ? "is ready and nobody gets it"
          : m.state[slot] === State.leased
            ? `is leased to n${m.edge[slot]} stream ${m.stream[slot]} until ${m.timeMs[slot]}`
            : `is delayed until ${m.timeMs[slot]}`;
      found =
        `message ${id} of group ${leader.replica.id} (leader n${leader.node}, group time ` +
        `${partition.nowMs}) ${what}`;
    });
    return found;
  }

  private disagreement(): string | undefined {
    for (const [group, all] of replicas(this.world)) {
      const views = all.filter((view) => !isStopped(view));
      const machines = views.map(({ node, replica }) => {
        const machine =
          replica.machine.kind === "cluster" ? replica.machine.cluster : replica.machine.partition;
        return { node, index: machine.appliedIndex, hash: `${machine.hash.hi}:${machine.hash.lo}` };
      });
      const first = machines[0];
      const other = machines.find((m) => m.index !== first.index || m.hash !== first.hash);
      if (other) {
        return (
          `group ${group}: n${first.node} stands at ${first.index} (${first.hash}), ` +
          `n${other.node} at ${other.index} (${other.hash})`
        );
      }
    }
    return undefined;
  }

  /** What is left is written down, so that the black-box checks can account for every message. */
  private recordRemaining(): void {
    for (const [group, views] of replicas(this.world)) {
      const leader = leaderOf(views);
      const partition = leader ? partitionOf(leader) : undefined;
      if (!leader || !partition || leader.replica.machine.kind !== "partition") continue;
      const { topic } = leader.replica.machine;
      // A topic that had a predecessor of its name: what remains says nothing of the predecessor's messages.
      if (this.deleted.has(topic)) continue;
      const m = partition.messages;
      m.forEach((slot) => {
        this.recorder.event("remaining", {
          topic,
          messageId: encodeMessageId(m.enqueuedMs[slot], group, m.index[slot], m.offset[slot]),
          state: m.state[slot] === State.dead ? "dlq" : "ready",
          attempts: m.attempts[slot],
          fence: m.fence[slot],
          priority: decimal(m.priorityHi[slot], m.priorityLo[slot]),
          payload: payloadHash(m.payloads.get(slot)),
        });
      });
    }
    for (const topic of this.world.plan.topics) {
      if (!this.deleted.has(topic.topic)) this.recorder.event("drained", { topic: topic.topic });
    }
  }
}
