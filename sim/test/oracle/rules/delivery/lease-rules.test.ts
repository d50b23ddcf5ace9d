import type { MachineEvent, TopicSettings } from "@disheap/core";
import { expect, test } from "vitest";
import { LeaseRules } from "../../../../src/oracle/rules/delivery/lease-rules.js";
import { Ledger, type MessageRule } from "../../../../src/oracle/rules/entries/ledger.js";
import { RetryRules } from "../../../../src/oracle/rules/delivery/retry-rules.js";
import { TimerRules } from "../../../../src/oracle/rules/delivery/timer-rules.js";
import { breaks, Entries, events } from "../states.js";

const { enqueued, granted, acked, nacked, expired, ready } = events;
const { released, takenBack, extended, shortened } = events;

type Step = readonly [stampMs: number, ...events: MachineEvent[]];

function play(rules: MessageRule[], steps: readonly Step[], settings: Partial<TopicSettings> = {}) {
  const ledger = new Ledger(rules);
  const entries = new Entries();
  ledger.entry(entries.init(settings));
  for (const [stampMs, ...list] of steps) ledger.entry(entries.next(stampMs, list));
  return ledger;
}

const lease = (...steps: Step[]) => play([new LeaseRules()], steps);

test("Q3-Q6: a life of a message by the rules", () => {
  const ledger = lease(
    [0, enqueued()],
    [1, granted()],
    [2, extended(5000)],
    [3, shortened(1000)],
    [1000, expired({ notBeforeMs: 1000 })],
    [1001, granted({ fence: 2, attempts: 2, deadlineMs: 9000 })],
    [1002, released(2)],
    [1003, granted({ fence: 3, attempts: 2, deadlineMs: 9000 }), nacked({ fence: 3, attempts: 2 })],
    [1004, granted({ fence: 4, attempts: 3, deadlineMs: 9000 })],
    [1005, acked(4), { kind: "message.duplicate", index: 2, offset: 0 }],
  );
  const message = ledger.find(1, 2, 0);
  expect(message?.standing).toBe("acked");
  expect(message?.grants.map((g) => g.fence)).toEqual([1, 2, 3, 4]);
  expect([...(message?.acked.keys() ?? [])]).toEqual([4]);
  expect([...(message?.nacked.keys() ?? [])]).toEqual([3]);
  expect([...(message?.released.keys() ?? [])]).toEqual([2]);
  expect([...(message?.extended.keys() ?? [])]).toEqual([1]);
});

test("Q3: a grant while a lease is live", () => {
  const error = breaks("Q3", () =>
    lease([0, enqueued()], [1, granted()], [2, granted({ fence: 2 })]),
  );
  expect(error.message).toContain(
    "message 2.0 of group 1: granted while lease 1 is live until 2000",
  );
  expect(error.first?.text).toContain("entry 3 of group 1: message 2.0 granted, fence 1");
  expect(error.second?.text).toContain("fence 2");
});

test("Q4: fences grow by one, and only the live one settles or moves a lease", () => {
  const step: Step[] = [
    [0, enqueued()],
    [1, granted()],
    [2, released()],
  ];
  breaks("Q4", () => lease(...step, [3, granted({ fence: 1 })]));
  breaks("Q4", () => lease(...step, [3, granted({ fence: 3 })]));
  breaks("Q4", () => lease(...step, [3, acked()]));
  const second: Step[] = [...step, [3, granted({ fence: 2 })]];
  breaks("Q4", () => lease(...second, [4, acked(1)]));
  breaks("Q4", () => lease(...second, [4, nacked({ fence: 1 })]));
  breaks("Q4", () => lease(...second, [4, extended(9000, 1)]));
  breaks("Q4", () => lease(...second, [4, expired({ fence: 1 })]));
  breaks("Q4", () => lease(...second, [2000, acked(2)]));
});

test("Q5: nothing after an acknowledgement", () => {
  const step: Step[] = [
    [0, enqueued()],
    [1, granted()],
    [2, acked()],
  ];
  breaks("Q5", () => lease(...step, [3, granted({ fence: 2 })]));
  breaks("Q5", () => lease(...step, [3, expired()]));
});

test("Q6: an extension prolongs within 12 h of the grant, a shortening shortens", () => {
  const step: Step[] = [
    [0, enqueued()],
    [1, granted()],
  ];
  const twelveHours = 12 * 3_600_000;
  lease(...step, [2, extended(twelveHours + 1)]);
  breaks("Q6", () => lease(...step, [2, extended(1999)]));
  breaks("Q6", () => lease(...step, [2, extended(twelveHours + 2)]));
  breaks("Q6", () => lease(...step, [2, shortened(2001)]));
});

test("Q9, Q10: a lease is taken back late only after it expired, once; then its message may be dead", () => {
  const gone: Step[] = [
    [0, enqueued({ maxRetries: 0 })],
    [1, granted({ deadlineMs: 2000 })],
    [2000, expired({ outcome: "dead" })],
  ];
  const ledger = lease(...gone, [2001, takenBack()], [2002, granted({ fence: 2 })]);
  expect(ledger.find(1, 2, 0)?.standing).toBe("leased");
  breaks("Q10", () => lease(...gone, [2001, granted({ fence: 2 })]));
  breaks("Q9", () => lease(...gone, [2001, takenBack(), takenBack()]));
  const rejected: Step = [2, nacked({ outcome: "dead" })];
  breaks("Q9", () => lease([0, enqueued()], [1, granted()], rejected, [3, takenBack()]));
  breaks("Q9", () => lease([0, enqueued()], [1, granted()], [2, released()], [3, takenBack()]));
});

test("Q9: of a lease before the newest only the attempt comes back", () => {
  const twice: Step[] = [
    [0, enqueued()],
    [1, granted({ deadlineMs: 2000 })],
    [2000, expired()],
    [2001, granted({ fence: 2, attempts: 2, deadlineMs: 4000 })],
  ];
  const message = lease(...twice, [2002, takenBack(1)]).find(1, 2, 0);
  expect([message?.standing, message?.attempts]).toEqual(["leased", 1]);
  breaks("Q9", () => lease(...twice, [2002, takenBack(1)], [2003, takenBack(0)]));
});

test("Q2, Q10, Q11: unknown, dead and delayed messages are not granted", () => {
  breaks("Q2", () => lease([1, granted()]));
  breaks("Q2", () => lease([0, enqueued()], [1, enqueued()]));
  const dead: Step = [2, nacked({ outcome: "dead" })];
  breaks("Q10", () => lease([0, enqueued()], [1, granted()], dead, [3, granted({ fence: 2 })]));
  breaks("Q10", () => lease([0, enqueued()], [1, granted()], dead, [3, dead[1] as MachineEvent]));
  breaks("Q11", () => lease([0, enqueued({ notBeforeMs: 50 })], [49, granted()]));
  breaks("Q11", () => lease([0, enqueued()], [49, ready()]));
});

const retry = (settings: Partial<TopicSettings>, ...steps: Step[]) =>
  play([new RetryRules()], steps, settings);

test("Q9: attempts count grants and give back what was never delivered", () => {
  const step: Step[] = [
    [0, enqueued()],
    [1, granted()],
    [2, released()],
  ];
  retry({}, ...step, [3, granted({ attempts: 1 })], [4, nacked({ attempts: 1 })]);
  breaks("Q9", () => retry({}, ...step, [3, granted({ attempts: 2 })]));
  const late: Step[] = [
    [0, enqueued()],
    [1, granted()],
    [2, expired()],
  ];
  retry({}, ...late, [3, takenBack(0)]);
  breaks("Q9", () => retry({}, ...late, [3, takenBack(1)]));
  breaks("Q9", () => retry({}, [0, enqueued()], [1, granted({ attempts: 0 })]));
  breaks("Q9", () => retry({}, [0, enqueued()], [1, granted()], [2, expired({ attempts: 0 })]));
});

test("Q10: dead after too many deliveries, with dead letters on, and only then", () => {
  const twice: Step[] = [
    [0, enqueued({ maxRetries: 1 })],
    [1, granted(), nacked()],
    [2, granted({ attempts: 2 })],
  ];
  const failed = (outcome: "ready" | "delayed" | "dead"): Step => [
    3,
    expired({ attempts: 2, outcome }),
  ];
  retry({}, ...twice, failed("dead"));
  retry({ dlqEnabled: false }, ...twice, failed("delayed"));
  breaks("Q10", () => retry({}, ...twice, failed("delayed")));
  breaks("Q10", () => retry({ dlqEnabled: false }, ...twice, failed("dead")));
  breaks("Q10", () => retry({}, [0, enqueued()], [1, granted()], [2, nacked({ outcome: "dead" })]));
});

const timer = (...steps: Step[]) => play([new TimerRules()], steps);

test("Q7: a lease ends at the first stamp that reaches its deadline", () => {
  const step: Step[] = [
    [0, enqueued()],
    [1, granted({ deadlineMs: 2000 })],
  ];
  timer(...step, [1999], [2000, expired()]);
  breaks("Q7", () => timer(...step, [1999, expired()]));
  const error = breaks("Q7", () => timer(...step, [2000]));
  expect(error.message).toContain("its lease is still open after entry 4 with stamp 2000");
});

test("Q7: stamps never go back", () => {
  timer([5], [5], [6]);
  const error = breaks("Q7", () => timer([5], [4]));
  expect(error.message).toContain("went back from 5 (entry 2) to 4 (entry 3");
});

test("Q11: a delay ends at the first stamp that reaches its end", () => {
  const step: Step = [0, enqueued({ notBeforeMs: 40 })];
  timer(step, [39], [40, ready()]);
  breaks("Q11", () => timer(step, [39, ready()]));
  breaks("Q11", () => timer(step, [40]));
});
