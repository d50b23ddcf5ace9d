// One run: a world made from a plan, load and faults, healing, the liveness phase, and the judgement of
// the recorded history. Returns what happened; a broken rule is a result, not an exception.

import { checkDisheap, type HistoryLine } from "linearizability";
import { Oracle, RuleBroken, type Rule, type Seen } from "../oracle/oracle.js";
import { makeRules } from "../oracle/rules/index.js";
import { EventLog } from "../oracle/event-log.js";
import type { Plan } from "../plan/plan.js";
import { LeaseEnds } from "../workload/lease-ends.js";
import { ClientHub, type ClientWatcher } from "../workload/client-hub.js";
import { Recorder } from "../workload/recorder.js";
import { Workload } from "../workload/workload.js";
import { OutOfEvents } from "../world/event-queue.js";
import { World } from "../world/world.js";
import { FaultDriver } from "./fault-driver.js";
import { LivenessPhase } from "./liveness.js";

export interface Failure {
  readonly rule: string;
  readonly message: string;
  readonly first: Seen | undefined;
  readonly second: Seen | undefined;
  /** The last events about the same message, partition or term. */
  readonly recent: readonly string[];
}

export interface RunResult {
  readonly seed: string;
  readonly failure: Failure | undefined;
  readonly trace: string;
  readonly simulatedMs: number;
  readonly events: number;
  readonly clientOps: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly history: readonly HistoryLine[];
}

/** In place of a rule: the run used up its events, or the code itself threw. */
export const DID_NOT_END = "did not end";
export const CRASH = "crash";

export interface RunOptions {
  /** More events than this: the run fails as one that did not end. */
  readonly eventsMax?: number;
  readonly onTrace?: (label: string, hash: string) => void;
}

/** Topics must exist before the load of the plan begins to matter. */
const SETUP_BUDGET_MS = 30_000;

export function runPlan(plan: Plan, options: RunOptions = {}): RunResult {
  const log = new EventLog();
  const rules = makeRules();
  const oracle = new Oracle([log, new LeaseEnds(() => recorder), ...rules]);
  const world: World = new World(plan, {
    oracle,
    onClientEffect: (node, effect) => {
      hub.onEffect(node, effect, (said) => oracle.clientEffect(node, said));
    },
    onProcessGone: (node) => hub.onProcessGone(node),
    ...(options.onTrace ? { onTrace: options.onTrace } : {}),
  });
  world.queue.countMax = options.eventsMax ?? Infinity;
  const hub = new ClientHub(world, rules.filter(isWatcher));
  const recorder = new Recorder(() => world.queue.nowUs);
  oracle.attach(world);
  let failure: Failure | undefined;
  try {
    runAll(world, hub, recorder, oracle);
  } catch (error) {
    failure = failureOf(error, log);
  }
  return {
    seed: plan.seed,
    failure,
    trace: world.trace.text,
    simulatedMs: Math.round(world.queue.nowUs / 1000),
    events: world.queue.count,
    clientOps: recorder.operations,
    faults: faultCounts(world),
    history: recorder.lines,
  };
}

/** A rule that wants to see the clients' side too. */
export function isWatcher(rule: Rule): rule is Rule & ClientWatcher {
  return ["readStarted", "replied", "creditsSent", "itemWritten"].some((name) => name in rule);
}

function runAll(world: World, hub: ClientHub, recorder: Recorder, oracle: Oracle): void {
  const workload = new Workload(hub, recorder);
  const faults = new FaultDriver(world);
  for (const node of world.nodes) world.start(node.number);
  workload.start();
  faults.start();
  const { queue, plan } = world;
  while (queue.runNext(plan.durationMs * 1000));
  queue.nowUs = plan.durationMs * 1000;
  faults.healAll();
  const setUpByUs = queue.nowUs + SETUP_BUDGET_MS * 1000;
  while (!workload.isSetUp && queue.nowUs < setUpByUs && queue.runNext(setUpByUs));
  new LivenessPhase(world, hub, recorder, workload.deleted).run();
  oracle.finish();
  judge(recorder.lines);
}

/** The black-box monitors over the whole history. */
function judge(lines: readonly HistoryLine[]): void {
  const report = checkDisheap(lines);
  for (const { violation } of report.guarantees) {
    if (!violation) continue;
    const seen = violation.evidence.map(({ line }) => ({
      atUs: line.time ?? 0,
      node: 0,
      text: JSON.stringify(line),
    }));
    const [first, second] = [seen.at(0), seen.at(-1)];
    throw new RuleBroken({
      rule: violation.rule,
      message: violation.sentence,
      ...(first ? { first } : {}),
      ...(second ? { second } : {}),
    });
  }
}

function failureOf(error: unknown, log: EventLog): Failure {
  if (error instanceof RuleBroken) {
    const { rule, message, first, second, about } = error;
    return { rule, message, first, second, recent: log.recent(about, 20) };
  }
  const isEndless = error instanceof OutOfEvents;
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    rule: isEndless ? DID_NOT_END : CRASH,
    message: isEndless ? error.message : trace,
    first: undefined,
    second: undefined,
    recent: log.recent("", 20),
  };
}

function faultCounts(world: World): Map<string, number> {
  const counts = new Map(world.counts);
  const add = (from: ReadonlyMap<string, number>): void => {
    for (const [kind, n] of from) counts.set(kind, (counts.get(kind) ?? 0) + n);
  };
  add(world.network.counts);
  for (const node of world.nodes) add(node.disk.counts);
  return counts;
}
