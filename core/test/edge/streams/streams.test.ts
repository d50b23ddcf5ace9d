// What a node does with items that its carrier holds: one node, one stream, a carrier played by hand.

import { describe, expect, test } from "vitest";
import type { ClientEffect, ClientEvent } from "../../../src/contract/api.js";
import { HostRig } from "../../support/host-rig.js";

const STREAM = 77;
const VISIBILITY_MS = 4_000;

type ItemEffect = Extract<ClientEffect, { kind: "stream.item" }>;

class Stage {
  readonly rig = new HostRig();

  constructor(partitions: number) {
    this.rig.start();
    this.pass(5_000);
    const settings = { partitions, replicationFactor: 1, visibilityMs: VISIBILITY_MS };
    this.rig.ask({ op: "topic.create", topic: "jobs", settings });
    this.pass(5_000);
  }

  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += 50) {
      this.rig.pass(50);
      this.rig.settle();
    }
  }

  enqueue(count: number): this {
    for (let i = 0; i < count; i += 1) {
      const message = { topic: "jobs", payload: Uint8Array.of(1), priorityHi: 0, priorityLo: i };
      this.rig.ask({ op: "enqueue", ...message });
    }
    return this;
  }

  client(event: ClientEvent): void {
    this.rig.turn(event);
    this.rig.settle();
  }

  open(credits: number, streamId = STREAM): this {
    this.client({ kind: "stream.filter", streamId, topic: "jobs", partitionIds: [] });
    this.client({ kind: "stream.credits", streamId, credits });
    this.pass(200);
    return this;
  }

  tell(kind: "stream.written" | "stream.returned", count: number): void {
    this.client({ kind, streamId: STREAM, count });
  }

  items(streamId = STREAM): ItemEffect[] {
    return this.rig.effects.filter(
      (e): e is ItemEffect => e.kind === "stream.item" && e.streamId === streamId,
    );
  }

  attempts(streamId = STREAM): number[] {
    return this.items(streamId).map(({ item }) => item.attempts);
  }

  count(kind: ClientEffect["kind"]): number {
    return this.rig.effects.filter((e) => e.kind === kind).length;
  }
}

describe.each([1, 3])("with %i partitions", (partitions) => {
  test("what the carrier had not written when the client left is ready at once, its attempt unspent", () => {
    const stage = new Stage(partitions).enqueue(5).open(5);
    expect(stage.items()).toHaveLength(5);
    stage.tell("stream.written", 2);
    stage.client({ kind: "stream.cancel", streamId: STREAM });
    stage.open(5, 78);
    expect(stage.attempts(78)).toEqual([1, 1, 1]);
  });

  test("what is given back costs no credit and comes again", () => {
    const stage = new Stage(partitions).enqueue(2).open(2);
    stage.tell("stream.returned", 2);
    stage.pass(600);
    expect(stage.attempts()).toEqual([1, 1, 1, 1]);
    expect(stage.items().map(({ item }) => item.fence)).toEqual([1, 1, 2, 2]);
  });

  test("a carrier that gets nothing written is asked to give it back, and gets nothing until it drains", () => {
    const stage = new Stage(partitions).enqueue(3).open(4);
    stage.tell("stream.written", 1);
    stage.pass(VISIBILITY_MS / 2 + 100);
    expect(stage.count("stream.recall")).toBe(1);
    stage.tell("stream.returned", 2);
    stage.enqueue(1).pass(1_000);
    expect(stage.items()).toHaveLength(3);
    stage.client({ kind: "stream.drained", streamId: STREAM });
    stage.pass(600);
    expect(stage.attempts()).toEqual([1, 1, 1, 1, 1, 1]);
    expect(stage.count("stream.recall")).toBe(1);
  });

  test("a half-closed stream ends when what it was handed is written", () => {
    const stage = new Stage(partitions).enqueue(2).open(2);
    stage.client({ kind: "stream.half-close", streamId: STREAM });
    stage.pass(1_000);
    expect(stage.count("stream.end")).toBe(0);
    stage.tell("stream.written", 2);
    expect(stage.count("stream.end")).toBe(1);
  });

  test("what is settled after the end of the stream is released all the same, and then forgotten", () => {
    const stage = new Stage(partitions).enqueue(2).open(2);
    stage.client({ kind: "stream.filter", streamId: STREAM, topic: "none", partitionIds: [] });
    expect(stage.count("stream.end")).toBe(1);
    stage.tell("stream.written", 1);
    stage.tell("stream.returned", 1);
    stage.tell("stream.returned", 9);
    stage.open(2, 78);
    expect(stage.attempts(78)).toEqual([1]);
  });

  test("a new filter takes over the credits of what was not written for the old one", () => {
    const stage = new Stage(partitions).enqueue(2).open(2);
    stage.client({ kind: "stream.filter", streamId: STREAM, topic: "jobs", partitionIds: [] });
    expect(stage.count("stream.recall")).toBe(1);
    stage.tell("stream.returned", 2);
    stage.client({ kind: "stream.drained", streamId: STREAM });
    stage.pass(600);
    expect(stage.attempts()).toEqual([1, 1, 1, 1]);
  });

  test("an item says how long its lease lets it wait", () => {
    const stage = new Stage(partitions).enqueue(1).open(1);
    const [item] = stage.items();
    expect(item.leaseLeftMs).toBeGreaterThan(VISIBILITY_MS - 1_000);
    expect(item.leaseLeftMs).toBeLessThanOrEqual(VISIBILITY_MS);
  });
});
