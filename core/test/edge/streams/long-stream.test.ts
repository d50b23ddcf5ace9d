// rev-B14: a stream that lives for years. What was delivered in a round is counted in 32 bits on the wire;
// long before they are used up a new round begins, and nothing is lost or delivered beyond the credits.

import { expect, test } from "vitest";
import type { EdgeStream } from "../../../src/edge/streams/edge-stream.js";
import { HostRig } from "../../support/host-rig.js";

const STREAM = 7;

class Stage {
  readonly rig = new HostRig();

  constructor() {
    this.rig.start();
    this.pass(5_000);
    const settings = { partitions: 1, replicationFactor: 1, visibilityMs: 600_000 };
    this.rig.ask({ op: "topic.create", topic: "jobs", settings });
    this.pass(5_000);
  }

  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += 50) {
      this.rig.pass(50);
      this.rig.settle();
    }
  }

  enqueue(count: number): void {
    for (let i = 0; i < count; i += 1) {
      const message = { topic: "jobs", payload: Uint8Array.of(1), priorityHi: 0, priorityLo: i };
      this.rig.ask({ op: "enqueue", ...message });
    }
  }

  credits(credits: number): void {
    this.rig.turn({ kind: "stream.credits", streamId: STREAM, credits });
    this.rig.settle();
  }

  get delivered(): number {
    return this.rig.effects.filter((e) => e.kind === "stream.item").length;
  }

  /** As if so many more had been delivered: the edge and the machine both count. */
  age(count: number): { edge: EdgeStream; round: () => number } {
    const { current } = this.rig.host.streams as unknown as { current: Map<number, EdgeStream> };
    const edge = current.get(STREAM);
    const machine = this.rig.host.context.groups.get(1)?.machine;
    if (!edge || machine?.kind !== "partition") throw new Error("the stream must be open");
    edge.sources[0].received += count;
    const { streams } = machine.partition;
    const state = streams.find({
      edge: 1,
      edgeIncarnation: this.rig.host.context.incarnation,
      stream: edge.number,
    });
    if (!state) throw new Error("the machine must know the stream");
    streams.update(state, state.round, state.granted + count);
    return { edge, round: () => state.round };
  }
}

test.each([2 ** 31 - 8, 2 ** 32 - 13])("after %s deliveries a stream goes on", (before) => {
  const stage = new Stage();
  stage.enqueue(60);
  stage.rig.turn({ kind: "stream.filter", streamId: STREAM, topic: "jobs", partitionIds: [] });
  stage.credits(5);
  stage.pass(200);
  expect(stage.delivered).toBe(5);
  const { edge, round } = stage.age(before);
  for (let i = 0; i < 20; i += 1) {
    stage.credits(1);
    stage.pass(50);
    expect(stage.delivered).toBe(6 + i);
  }
  expect([round(), edge.sources[0].round]).toEqual([2, 2]);
  // Nothing of the old round is missed, and no credit is left over for the rest.
  stage.pass(3_000);
  expect(stage.delivered).toBe(25);
});
