// L9: with a healthy majority of disks, calls are answered in bounded time while one disk stands still
// (rev-B1, D-90). Judged where a plan stalls a leader's disk and keeps everything else calm; the first
// seconds are for noticing the stall and for an election, and a node that began anew has as many.

import type { ClientRequest, ClientResult } from "@disheap/core";
import type { World } from "../../../world/world.js";
import { RuleBroken, type Rule } from "../../oracle.js";
import { seen, type HostView } from "../views/watched.js";

/** A leader that knows of a healthy majority hands over within one election timeout after it noticed. */
const HANDED_OVER_AFTER_MS = 3_500;
const ANSWER_MS = 2_500;
/** A node that began anew is not heard by a leader whose disk stands still: the others wait until they elect. */
const ELECTED_AFTER_MS = 9_000;

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

  private wereAllThere({ nodes }: World, sinceUs: number): boolean {
    return nodes.every(
      ({ number, process }) => process && (this.ready.get(number)?.atUs ?? Infinity) <= sinceUs,
    );
  }

  private isSettled(world: World, stalledMs: number): boolean {
    const nowMs = world.queue.nowUs / 1000;
    return world.nodes.every(({ number, process }) => {
      const readyMs = (this.ready.get(number)?.atUs ?? Infinity) / 1000;
      const waitMs = readyMs < stalledMs ? HANDED_OVER_AFTER_MS : ELECTED_AFTER_MS;
      return process !== undefined && nowMs >= Math.max(readyMs, stalledMs) + waitMs;
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
    if (!this.wereAllThere(world, call.atUs)) return;
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
    return world.plan.faults.some(
      (f) =>
        f.kind === "disk.stall-leader" &&
        f.topic === topic &&
        nowMs < f.untilMs &&
        this.isSettled(world, f.atMs),
    );
  }
}
