// L14: while one partition of a stream commits nothing and all else is well, a stream with open credits is given
// what its other partitions have ready, in bounded time (rev-B2). Seen from the consumer's side, with a look at
// what is ready; judged where a plan mutes the leader of a topic's first partition and keeps everything else calm.

import type { ClientEffect, ClientEvent } from "@disheap/core";
import { servingReplica } from "../../../run/cluster-view.js";
import type { World } from "../../../world/world.js";
import { RuleBroken, type Rule } from "../../oracle.js";
import { seen } from "../views/watched.js";

/** A round that waits in vain takes a second, and the question before it a part of one. */
const SERVED_WITHIN_US = 4_000_000;

interface Stream {
  readonly node: number;
  /** Of its node: a stream ends with it, also when all nodes fall at once and no turn shows it. */
  readonly life: number;
  readonly topic: string;
  readonly partitions: readonly number[];
  credits: number;
  /** Since when it could have been given something; undefined: it could not. */
  sinceUs: number | undefined;
}

export class StarvedStreams implements Rule {
  private world: World | undefined;
  private readonly streams = new Map<number, Stream>();

  attach(world: World): void {
    this.world = world;
  }

  streamTold(node: number, event: ClientEvent): void {
    if (event.kind === "stream.filter") {
      const { topic, partitionIds, streamId } = event;
      const { world } = this;
      if (!world?.plan.faults.some((f) => f.kind === "net.mute" && f.topic === topic)) return;
      const before = this.streams.get(streamId)?.credits ?? 0;
      const partitions = partitionIds;
      const life = world.node(node).incarnations;
      const credits = before;
      this.streams.set(streamId, { node, life, topic, partitions, credits, sinceUs: undefined });
    } else if (event.kind === "stream.credits") {
      const stream = this.streams.get(event.streamId);
      if (stream) stream.credits += event.credits;
    } else if (event.kind === "stream.cancel" || event.kind === "stream.half-close") {
      this.streams.delete(event.streamId);
    }
  }

  itemWritten(_node: number, streamId: number): void {
    const stream = this.streams.get(streamId);
    if (!stream) return;
    stream.credits -= 1;
    stream.sinceUs = undefined;
  }

  clientEffect(_node: number, effect: ClientEffect): void {
    if (effect.kind === "stream.end") this.streams.delete(effect.streamId);
  }

  afterTurn(): void {
    const { world } = this;
    if (!world || this.streams.size === 0) return;
    const { nowUs } = world.queue;
    for (const [id, stream] of this.streams) {
      if (world.node(stream.node).incarnations !== stream.life) this.streams.delete(id);
      else if (stream.credits === 0 || !isMuted(world, stream) || !readyElsewhere(world, stream))
        stream.sinceUs = undefined;
      else {
        stream.sinceUs ??= nowUs;
        if (nowUs - stream.sinceUs > SERVED_WITHIN_US) this.fail(world, id, stream);
      }
    }
  }

  private fail(world: World, id: number, { node, topic, credits, sinceUs = 0 }: Stream): never {
    const { nowUs } = world.queue;
    const message =
      `stream ${id} at n${node} has ${credits} credits open and gets nothing, though partitions of "${topic}" ` +
      "that work have messages ready: it waits for the one that commits nothing";
    throw new RuleBroken({
      rule: "L14",
      message,
      first: seen({ atUs: sinceUs, node }, `stream ${id} could have been given a message`),
      second: seen({ atUs: nowUs, node }, "it still has none"),
    });
  }
}

function isMuted({ plan, queue }: World, { topic }: Stream): boolean {
  const nowMs = queue.nowUs / 1000;
  return plan.faults.some(
    (f) => f.kind === "net.mute" && f.topic === topic && f.atMs <= nowMs && nowMs < f.untilMs,
  );
}

/** A partition beside the first one serves, and has something that the stream may have. */
function readyElsewhere(world: World, { topic, partitions }: Stream): boolean {
  const count = world.plan.topics.find((t) => t.topic === topic)?.partitions ?? 0;
  for (let partition = 1; partition < count; partition += 1) {
    if (partitions.length > 0 && !partitions.includes(partition)) continue;
    const machine = servingReplica(world, topic, partition)?.replica.machine;
    if (machine?.kind === "partition" && machine.partition.ready.size > 0) return true;
  }
  return false;
}
