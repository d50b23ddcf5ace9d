// Rules about counting, time, order and batches.
// The illegal stories are the known failures of queues in the field; each is named by its failure.
import { describe, expect, it } from "vitest";
import { checkDisheap } from "../../src/index.js";
import { record, Recorder } from "../support/recorder.js";
import { illegal, legal } from "../support/stories.js";

describe("Q9 attempts", () => {
  const counts = (attempts: number, fence: number) =>
    record()
      .enqueue("a")
      .pop("a", { grantedMs: 1000 })
      .pop("a", { attempts, fence, grantedMs: 90_000 });
  legal([
    ["each delivery counts one", () => counts(2, 2)],
    ["undelivered grants are taken back", () => counts(2, 4)],
    ["grants lost with the stream count", () => counts(3, 3)],
    [
      "a grant that nobody saw counted as expired, and was taken back later",
      () =>
        record()
          .enqueue("a")
          .pop("a", { attempts: 2, fence: 2, grantedMs: 1000 })
          .pop("a", { attempts: 2, fence: 3, grantedMs: 90_000 }),
    ],
    [
      "what its client gave back does not count",
      () =>
        record()
          .enqueue("a")
          .pop("a", { grantedMs: 1000 })
          .settle("release", "a")
          .pop("a", { attempts: 1, fence: 2, grantedMs: 1010 }),
    ],
    [
      "a give-back after the next delivery",
      () =>
        record()
          .enqueue("a")
          .pop("a", { grantedMs: 1000 })
          .pop("a", { attempts: 2, fence: 2, grantedMs: 90_000 })
          .settle("release", "a")
          .pop("a", { attempts: 2, fence: 3, grantedMs: 190_000 }),
    ],
    [
      "a replay starts anew",
      () => {
        const story = record().enqueue("a").pop("a", { grantedMs: 1000 });
        story.complete(story.invoke("dlq.replay", { topic: "t" }), "ok");
        return story.pop("a", { attempts: 1, fence: 2, grantedMs: 90_000 });
      },
    ],
  ]);
  illegal("Q9", [
    [
      "delivery count lost on restart",
      () => counts(1, 2),
      "a delivery was not counted",
      "pop a#1, pop a#2",
    ],
    [
      "a delivered lease was released as undelivered",
      () => counts(1, 3),
      "not counted",
      "pop a#1, pop a#3",
    ],
    [
      "one failure counted twice",
      () =>
        record()
          .enqueue("a")
          .pop("a", { attempts: 1, fence: 2, grantedMs: 1000 })
          .pop("a", { attempts: 3, fence: 3, grantedMs: 90_000 }),
      "it grew by 2 although only 1",
      "pop a#2, pop a#3",
    ],
    [
      "a give-back that counts twice",
      () =>
        record()
          .enqueue("a")
          .pop("a", { grantedMs: 1000 })
          .pop("a", { attempts: 2, fence: 2, grantedMs: 90_000 })
          .settle("release", "a")
          .settle("release", "a")
          .pop("a", { attempts: 1, fence: 3, grantedMs: 190_000 }),
      "a delivery was not counted",
      "pop a#2, pop a#3",
    ],
    [
      "attempts start at zero",
      () => record().enqueue("a").pop("a", { attempts: 0 }),
      "attempt 0",
      "pop a#1",
    ],
  ]);
});

describe("Q10 dead letters", () => {
  const last = (attempts: number, dlq = true) =>
    record()
      .topic({ dlq })
      .enqueue("a", { maxRetries: 1 })
      .pop("a", { attempts, fence: attempts, maxRetries: 1 });
  legal([
    ["the last allowed delivery", () => last(2)],
    ["no dead letters: retried for ever", () => last(9, false)],
    ["dead after all retries", () => last(2).nack("a", 2).remaining("a", "dlq", { attempts: 2 })],
    [
      "dead, and a grant before it that nobody saw was taken back after that",
      () => last(2).nack("a", 2).remaining("a", "dlq", { attempts: 1, fence: 2 }),
    ],
  ]);
  illegal("Q10", [
    [
      "delivery count lost: retried for ever",
      () => last(3),
      "should be among the dead letters",
      "pop a#3",
    ],
    [
      "dead too early",
      () => last(1).remaining("a", "dlq", { attempts: 1 }),
      "1 retries are allowed",
      "enqueue a, remaining a dlq",
    ],
    [
      "dead and alive",
      () => last(2).remaining("a", "dlq").remaining("a", "ready"),
      "both a dead",
      "remaining a dlq, remaining a ready",
    ],
    [
      "dead twice",
      () => last(2).remaining("a", "dlq").remaining("a", "dlq"),
      "twice",
      "remaining a dlq, remaining a dlq",
    ],
    [
      "another limit than asked for",
      () => record().enqueue("a", { maxRetries: 0 }).pop("a", { maxRetries: 3 }),
      "0 retries",
      "enqueue p-a?, pop a#1",
    ],
  ]);
});

describe("Q11 delay", () => {
  const delayed = (grantedMs: number) =>
    record().enqueue("a", { delayMs: 400 }).pop("a", { enqueuedMs: 100, grantedMs });
  const nacked = (grantedMs: number, second = 700) => {
    const story = record().enqueue("a").pop("a", { grantedMs: 1000 });
    return story.nack("a", 1, 700).nack("a", 1, second).pop("a", { fence: 2, grantedMs });
  };
  legal([
    ["at its time", () => delayed(500)],
    ["after the chosen backoff", () => nacked(1700)],
    [
      "a backoff with jitter may be zero",
      () =>
        record()
          .enqueue("a")
          .pop("a", { grantedMs: 1000 })
          .nack("a")
          .pop("a", { fence: 2, grantedMs: 1000 }),
    ],
    ["two nacks: either may be the one that counted", () => nacked(1300, 300)],
  ]);
  illegal("Q11", [
    [
      "delay ignored",
      () => delayed(101),
      "with a delay of 400 ms but granted at 101 ms",
      "enqueue p-a?, pop a#1",
    ],
    ["one tick early", () => delayed(499), "499 ms", "enqueue p-a?, pop a#1"],
    [
      "backoff ignored",
      () => nacked(1699),
      "granted again at 1699 ms already",
      "pop a#1, nack a#1?, pop a#2",
    ],
    [
      "only the first nack's backoff is kept",
      () =>
        record()
          .enqueue("a")
          .pop("a", { grantedMs: 1000 })
          .nack("a", 1, 0)
          .pop("a", { fence: 2, grantedMs: 1001 })
          .nack("a", 2, 500)
          .pop("a", { fence: 3, grantedMs: 1002 }),
      "nacked with a backoff of 500 ms, and granted again at 1002 ms",
      "pop a#2, nack a#2?, pop a#3",
    ],
  ]);
});

describe("Q13 kept", () => {
  const again = (options: object) =>
    record()
      .enqueue("a")
      .pop("a", { grantedMs: 1000 })
      .pop("a", { fence: 2, grantedMs: 90_000, ...options });
  legal([["nothing changed", () => again({}).remaining("a", "ready", { priority: "5" })]]);
  illegal("Q13", [
    [
      "requeue lost the priority",
      () => again({ priority: "0" }),
      "priority 5, then 0",
      "pop a#1, pop a#2",
    ],
    [
      "a retry took a fresh place in the line",
      () => again({ enqueuedMs: 200 }),
      "enqueued time",
      "pop a#1, pop a#2",
    ],
    [
      "a snapshot changed the priority",
      () => again({}).remaining("a", "ready", { priority: "-5" }),
      "from 5 to -5",
      "pop a#1, remaining a ready",
    ],
    [
      "another payload",
      () => again({ payload: "p-b" }),
      "payload p-a, then p-b",
      "pop a#1, pop a#2",
    ],
  ]);
});

/** Ids of one partition each: the characters of the group differ. */
const FIRST = "01HF7YB5SZ0000G00000001G00";
const OF_SAME = "01HF7YB6XZ0000G0000000G000";
const OF_NEXT = "01HF7YB6XZ000020000000G000";

/** A topic is deleted and another one gets its name; what is granted first waited behind `FIRST`, or beside it. */
const afterDeletion = (messageId: string) =>
  record()
    .enqueue(FIRST, { priority: "1" })
    .deleted()
    .enqueue(messageId, { priority: "2" })
    .pop(messageId, { priority: "2", enqueuedMs: 600, grantedMs: 700 })
    .pop(FIRST, { priority: "1", enqueuedMs: 100, grantedMs: 800 });

describe("Q14 order by the partition's time", () => {
  const pair = (mode: string, a: string, b: string, first: "a" | "b", aMs = 100, bMs = 100) => {
    const story = record().topic({ mode, partitions: 2 });
    story.enqueue("a", { priority: a }).enqueue("b", { priority: b });
    const pop = (name: "a" | "b", grantedMs: number) =>
      story.pop(
        name,
        name === "a"
          ? { priority: a, enqueuedMs: aMs, grantedMs }
          : { priority: b, enqueuedMs: bMs, grantedMs },
      );
    return first === "a" ? (pop("a", 500), pop("b", 600)) : (pop("b", 500), pop("a", 600));
  };
  /** Its first lease ran out, b was granted long after, and then it was granted again. */
  const expiredOnce = (maxRetries: number, isGivenBack: boolean) => {
    const story = record().topic({ maxRetries });
    story.enqueue("a", { priority: "1" }).enqueue("b", { priority: "2" });
    story.pop("a", { priority: "1", maxRetries, grantedMs: 500 });
    story.event("lease.expired", { topic: "t", messageId: "a", fence: 1, atMs: 40_000 });
    story.pop("b", { priority: "2", grantedMs: 400_000 });
    if (isGivenBack) story.settle("release", "a");
    const attempts = isGivenBack ? 1 : 2;
    return story.pop("a", { priority: "1", maxRetries, attempts, fence: 2, grantedMs: 400_001 });
  };
  legal([
    [
      "the lease ran out long after its deadline: time jumped, and the backoff runs from there",
      () => {
        const story = record().enqueue("a", { priority: "1" }).enqueue("b", { priority: "2" });
        story.pop("a", { priority: "1", grantedMs: 500 });
        story.pop("b", { priority: "2", grantedMs: 400_000 });
        return story.pop("a", { priority: "1", fence: 2, grantedMs: 400_001 });
      },
    ],
    [
      "a dead letter waits for nobody until its client gives its last lease back",
      () => expiredOnce(0, true),
    ],
    ["smaller first under MIN", () => pair("MIN", "1", "2", "a")],
    ["larger first under MAX", () => pair("MAX", "1", "2", "b")],
    ["equal priorities: earlier first", () => pair("MIN", "1", "1", "a", 100, 101)],
    ["the better one came after the grant", () => pair("MIN", "1", "2", "b", 550, 100)],
    ["the better one came in the same millisecond", () => pair("MIN", "1", "2", "b", 500, 100)],
    ["partitions of the same name, before and after a deletion", () => afterDeletion(OF_NEXT)],
    ["the int64 ends", () => pair("MAX", "-9223372036854775808", "9223372036854775807", "b")],
  ]);
  illegal("Q14", [
    [
      "worse first in a partition whose topic a client asked to delete",
      () => afterDeletion(OF_SAME),
      "was ready in the same partition",
      `enqueue ${FIRST}, pop ${OF_SAME}#1`,
    ],
    [
      "worse first",
      () => pair("MIN", "1", "2", "b"),
      "was ready in the same partition",
      "enqueue a, pop b#1",
    ],
    [
      "MAX compares like MIN",
      () => pair("MAX", "1", "2", "a"),
      "comes first under MAX",
      "enqueue b, pop a#1",
    ],
    [
      "MAX by negation breaks at the smallest int64",
      () => pair("MAX", "-9223372036854775808", "0", "a"),
      "comes first under MAX",
      "enqueue b, pop a#1",
    ],
    [
      "ties by something else than arrival",
      () => pair("MIN", "1", "1", "b", 100, 101),
      "was ready",
      "enqueue a, pop b#1",
    ],
    [
      "a retried message lost its place",
      () => expiredOnce(3, false),
      "was ready",
      "pop a#1, lease.expired a#1, pop b#1",
    ],
  ]);
});

it("a grant with an impossible stamp is accused by Q7 alone, not of the order it seems to break", () => {
  const story = record().enqueue("a").pop("a", { grantedMs: 9000 });
  story.enqueue("b", { priority: "1" }).pop("b", { priority: "1", grantedMs: 4000 });
  const rankBound = { k: 1, sMs: 0 };
  const rules = checkDisheap(story.lines, { rankBound }).guarantees.flatMap((one) => one.rules);
  expect(rules.filter((one) => one.violation !== undefined).map((one) => one.rule)).toEqual(["Q7"]);
});

describe("P2 order in real time", () => {
  const untimed = (options: object = {}) =>
    new Recorder().topic({ visibilityMs: null, ...options });
  const both = (first: "a" | "b", mode = "MIN") => {
    const story = untimed({ mode });
    story.enqueue("a", { priority: "1" }).enqueue("b", { priority: "2" });
    const pop = (name: "a" | "b") => story.pop(name, { priority: name === "a" ? "1" : "2" });
    return first === "a" ? (pop("a"), pop("b")) : (pop("b"), pop("a"));
  };
  legal([
    ["best first", () => both("a")],
    ["best first under MAX", () => both("b", "MAX")],
    [
      "the pop overlaps the better enqueue",
      () => {
        const story = untimed().enqueue("b", { priority: "2" });
        const credit = story.credit();
        story.enqueue("a", { priority: "1" }).deliver(credit, "b", { priority: "2" });
        return story.pop("a", { priority: "1" });
      },
    ],
    [
      "an unseen grant may have held the better one",
      () => {
        const story = untimed().enqueue("a", { priority: "1" }).enqueue("b", { priority: "2" });
        story.pop("b", { priority: "2" });
        return story.pop("a", { priority: "1", fence: 2, attempts: 2 });
      },
    ],
    [
      "several partitions promise no order between them",
      () => {
        const story = untimed({ partitions: 2 });
        story.enqueue("a", { priority: "1" }).enqueue("b", { priority: "2" }, { partition: 1 });
        story.pop("b", { priority: "2", partition: 1 });
        return story.pop("a", { priority: "1" });
      },
    ],
  ]);
  illegal("P2", [
    ["worse first", () => both("b"), "while a (priority 1", "enqueue a, pop b#1"],
    ["MAX compares like MIN", () => both("a", "MAX"), "while b (priority 2", "enqueue b, pop a#1"],
    [
      "a nacked message is not put back in its place",
      () => {
        const story = untimed().enqueue("a", { priority: "1" }).enqueue("b", { priority: "2" });
        story.pop("a", { priority: "1" }).nack("a", 1, 0).pop("b", { priority: "2" });
        return story.pop("a", { priority: "1", fence: 2 });
      },
      "while a (priority 1",
      "pop a#1, nack a#1, pop b#1",
    ],
    [
      "never granted though best",
      () => {
        const story = untimed().enqueue("a", { priority: "1" }).enqueue("b", { priority: "2" });
        story.pop("b", { priority: "2" }).remaining("a", "ready", { fence: 0 });
        return story;
      },
      "while a (priority 1",
      "enqueue a, pop b#1",
    ],
    [
      "two better ones relieve each other, each alone leaves a gap",
      () => {
        const story = untimed().enqueue("a", { priority: "1" }).enqueue("z", { priority: "9" });
        const worst = story.credit({ stream: "z" });
        const open = story.invoke("enqueue", { topic: "t", payload: "p-b", priority: "2" });
        story.complete(open, "ok", { messageId: "b", partition: 0, duplicate: false });
        story.pop("a", { priority: "1" }).deliver(worst, "z", { priority: "9" });
        return story.pop("b", { priority: "2" });
      },
      "b (priority 2)",
      "enqueue a, enqueue b, pop a#1, pop z#1, pop b#1",
    ],
  ]);
});

describe("T1 batches", () => {
  const batch = { batch: "x" };
  legal([
    ["all visible", () => record().enqueue("a", batch).enqueue("b", batch)],
    [
      "none visible",
      () => {
        const story = record();
        for (const payload of ["a", "b"]) {
          const id = story.invoke("enqueue", { topic: "t", payload, priority: "1", ...batch });
          story.complete(id, "fail", { code: "ABORTED" });
        }
        return story.drained();
      },
    ],
  ]);
  const open = (story: Recorder, payload: string) =>
    story.complete(
      story.invoke("enqueue", { topic: "t", payload, priority: "5", ...batch }),
      "info",
    );
  illegal("T1", [
    [
      "one member applied, the other refused",
      () => {
        const story = record().enqueue("a", batch);
        const id = story.invoke("enqueue", { topic: "t", payload: "p-b", priority: "5", ...batch });
        return story.complete(id, "fail", { code: "ABORTED" });
      },
      "torn",
      "enqueue a, enqueue p-b?, enqueue fail p-b",
    ],
    [
      "coordinator lost: one partition committed, the other forgot",
      () => {
        const story = open(open(record(), "p-a"), "p-b");
        return story.pop("a").ack("a").drained();
      },
      "payload p-b did not",
      "enqueue p-b?, pop a#1, drained",
    ],
    [
      "a prepared member was dropped by a checkpoint",
      () => open(record().enqueue("a", batch), "p-b").remaining("a", "ready").drained(),
      "p-b did not",
      "enqueue a, enqueue p-b?, drained",
    ],
  ]);
});
