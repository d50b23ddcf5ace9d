// Drives a subject end to end for a while and makes a row of it.

import { setTimeout as sleep } from "node:timers/promises";
import { costOf } from "../cluster/cost.js";
import { summaryOf } from "../histogram.js";
import { EndToEndLoad } from "../load/end-to-end-load.js";
import { errorText, nowMs, type Result } from "../workloads/workload.js";
import { readingOf, type Shape, type Subject } from "./subject.js";

const WARMUP_MS = 2_000;
export const SECONDS = 5;
/** A backlog that is not gone after this long is told and left. */
const DRAIN_MAX_MS = 15_000;

export interface Measurement {
  readonly name: string;
  readonly shape: Shape;
  readonly seconds: number;
  readonly warmupMs?: number;
  /** Called around the measured part. */
  readonly onBegin?: () => Promise<void>;
  readonly onEnd?: () => Promise<void>;
}

export async function measureEndToEnd(subject: Subject, plan: Measurement): Promise<Result> {
  const { name, shape, seconds, warmupMs = WARMUP_MS } = plan;
  const load = new EndToEndLoad(nowMs);
  for (let place = 0; place < shape.lanes; place += 1) {
    load.add(await subject.openLane(load.eventsOf(place), shape.window), shape.window);
  }
  load.start();
  await sleep(warmupMs);
  await plan.onBegin?.();
  const before = await readingOf(subject);
  load.beginPhase();
  await sleep(seconds * 1_000);
  const phase = load.endPhase();
  const after = await readingOf(subject);
  await plan.onEnd?.();
  const drainedMs = await drained(load);
  return {
    name,
    seconds: phase.elapsedMs / 1_000,
    messages: phase.settled,
    perSecond: (phase.settled * 1_000) / phase.elapsedMs,
    failed: load.failed,
    ...errorText(load.firstError),
    latency: summaryOf(phase.toSettled),
    parts: {
      "to enqueued": summaryOf(phase.toEnqueued),
      "to delivered": summaryOf(phase.toDelivered),
    },
    cost: costOf(before, after, phase.settled),
    behind: {
      enqueuedPerSecond: (phase.enqueued * 1_000) / phase.elapsedMs,
      messages: phase.behind,
      grewBy: phase.behind - phase.behindBefore,
      drainedMs,
      left: load.enqueued - load.settled,
    },
  };
}

/** How long the rest took; undefined when it was not gone in time. */
async function drained(load: EndToEndLoad): Promise<number | undefined> {
  const startMs = nowMs();
  const gaveUp = new AbortController();
  const isDrained = await Promise.race([
    load.stop().then(() => true),
    sleep(DRAIN_MAX_MS, false, { signal: gaveUp.signal }).catch(() => false),
  ]);
  gaveUp.abort();
  return isDrained ? nowMs() - startMs : undefined;
}
