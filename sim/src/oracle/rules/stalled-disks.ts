// L9: with a healthy majority of disks, calls are answered in bounded time while one disk stands still
// (rev-B1, D-90). Judged where a plan stalls a leader's disk and keeps everything else calm; the first
// seconds are for noticing the stall and for an election, and a node that began anew has as many.

import type { ClientRequest, ClientResult } from "@disheap/core";
import type { World } from "../../world/world.js";
import { RuleBroken, type Rule } from "../oracle.js";
import { seen, type HostView } from "./watched.js";

const SETTLED_AFTER_MS = 6_000;
const ANSWER_MS = 4_000;

export class StalledDisks implements Rule {
  private world: World | undefined;
  private readonly open = new Map<number, { readonly node: number; readonly atUs: number }>();

  /** Since when each node is ready in its present life. */
  private readonly ready = new Map<
    number,
    { readonly incarnation: number; readonly atUs: number }
  >();

  attach(world: World): void {
    this.world = world;
  }

  afterTurn(node: number, { isReady, context }: HostView): void {
    const { incarnation } = context;
    if (!isReady) this.ready.delete(node);
    else if (this.ready.get(node)?.incarnation !== incarnation)
      this.ready.set(node, { incarnation, atUs: this.world?.queue.nowUs ?? 0 });
  }

  private isSettled(world: World): boolean {
    return world.nodes.every(({ number, process }) => {
      const atUs = this.ready.get(number)?.atUs ?? Infinity;
      return process !== undefined && world.queue.nowUs >= atUs + SETTLED_AFTER_MS * 1000;
    });
  }

  readStarted(requestId: number, node: number, request: ClientRequest): void {
    const { world } = this;
    if (!world || request.op !== "enqueue" || !this.isJudged(world, request.topic)) return;
    this.open.set(requestId, { node, atUs: world.queue.nowUs });
  }

  replied(requestId: number, result: ClientResult): void {
    const call = this.open.get(requestId);
    const { world } = this;
    if (!call || !world) return;
    this.open.delete(requestId);
    const tookMs = (world.queue.nowUs - call.atUs) / 1000;
    const isLost = !result.ok && result.failure.code === "UNAVAILABLE";
    if (!isLost && tookMs <= ANSWER_MS) return;
    const what = isLost ? "is not answered" : `took ${tookMs} ms`;
    const message = `an enqueue through n${call.node} ${what} while one leader's disk stands still and all else is well`;
    throw new RuleBroken({
      rule: "L9",
      message,
      first: seen(call, "the call"),
      second: seen({ atUs: world.queue.nowUs, node: call.node }, JSON.stringify(result)),
    });
  }

  private isJudged(world: World, topic: string): boolean {
    const nowMs = world.queue.nowUs / 1000;
    const isIn = world.plan.faults.some(
      (f) =>
        f.kind === "disk.stall-leader" &&
        f.topic === topic &&
        nowMs >= f.atMs + SETTLED_AFTER_MS &&
        nowMs < f.untilMs,
    );
    return isIn && this.isSettled(world);
  }
}
