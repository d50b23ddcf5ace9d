// A world without faults for tests of the host: nodes up, a client hub, and a way to let time pass.

import type { ClientEffect, ClientRequest, ClientResult } from "@disheap/core";
import { Oracle } from "../../src/oracle/oracle.js";
import { makeRules } from "../../src/oracle/rules/index.js";
import { expandPlan } from "../../src/plan/expand.js";
import type { Plan } from "../../src/plan/plan.js";
import { isWatcher } from "../../src/run/run-plan.js";
import { ClientHub } from "../../src/workload/client-hub.js";
import { World } from "../../src/world/world.js";

export interface QuietWorld {
  readonly world: World;
  readonly hub: ClientHub;
  advance(ms: number): void;
  ask(node: number, request: ClientRequest, withinMs?: number): ClientResult | undefined;
}

export function quietWorld(
  nodes: number,
  more: Partial<Plan> = {},
  withRules = true,
  /** Hears every effect first, and may say what it means to the rules. */
  heard?: (node: number, effect: ClientEffect, say: (said: ClientEffect) => void) => void,
): QuietWorld {
  const base = expandPlan("quiet");
  const plan: Plan = {
    ...base,
    limits: {},
    sessions: { share: 0, breaks: 0 },
    turnCostUs: 10,
    eventCostUs: 1,
    network: { ...base.network, streamModel: true, latencyMaxUs: 400 },
    topics: [],
    operations: [],
    faults: [],
    ...more,
    nodes,
  };
  const rules = withRules ? makeRules() : [];
  const oracle = new Oracle(rules);
  const world: World = new World(plan, {
    oracle,
    onClientEffect: (node, effect) => {
      const say = (said: ClientEffect): void => oracle.clientEffect(node, said);
      heard?.(node, effect, say);
      hub.onEffect(node, effect, say);
    },
    onProcessGone: (node) => hub.onProcessGone(node),
  });
  const hub = new ClientHub(world, rules.filter(isWatcher));
  oracle.attach(world);
  for (const node of world.nodes) world.start(node.number);
  const advance = (ms: number): void => {
    const untilUs = world.queue.nowUs + ms * 1000;
    while (world.queue.runNext(untilUs));
    world.queue.nowUs = Math.max(world.queue.nowUs, untilUs);
  };
  return {
    world,
    hub,
    advance,
    ask: (node, request, withinMs = 5_000) => {
      let answer: ClientResult | undefined;
      let isDone = false;
      hub.request(node, request, (result) => {
        answer = result;
        isDone = true;
      });
      for (let waited = 0; waited < withinMs && !isDone; waited += 10) advance(10);
      return answer;
    },
  };
}

export function createTopic(
  q: QuietWorld,
  topic: string,
  partitions: number,
): ClientResult | undefined {
  return q.ask(1, {
    op: "topic.create",
    topic,
    settings: { mode: "MIN", partitions, replicationFactor: 3, visibilityMs: 10_000 },
  });
}
