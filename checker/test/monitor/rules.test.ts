// Every rule against legal stories it must not accuse and illegal ones it must. The illegal stories
// are the known failures of queues in the field; the comment behind each names the failure.
import { describe, expect, it } from "vitest";
import { checkDisheap } from "../../src/index.js";
import { record, Recorder } from "../support/recorder.js";

function sentences(history: Recorder, rule: string): string[] {
  const rules = checkDisheap(history.lines).guarantees.flatMap((one) => one.rules);
  const found = rules.flatMap(({ violation }) => (violation === undefined ? [] : [violation]));
  return found.filter((one) => one.rule === rule).map((one) => one.sentence);
}

function all(history: Recorder): string[] {
  const rules = checkDisheap(history.lines).guarantees.flatMap((one) => one.rules);
  return rules.flatMap(({ violation }) => (violation === undefined ? [] : [violation.rule]));
}

type Story = readonly [name: string, build: () => Recorder];

function legal(stories: readonly Story[]): void {
  it.each(stories)("legal: %s", (_name, build) => {
    expect(all(build())).toEqual([]);
  });
}

function illegal(
  rule: string,
  stories: readonly (readonly [string, () => Recorder, string])[],
): void {
  it.each(stories)("illegal: %s", (_name, build, words) => {
    expect(sentences(build(), rule).join()).toContain(words);
  });
}

const unanswered = (story: Recorder, payload: string, priority = "5"): Recorder =>
  story.complete(story.invoke("enqueue", { topic: "t", payload, priority }), "info");

describe("Q1 no loss", () => {
  legal([
    [
      "acked, or dead, or still there",
      () => {
        const story = record().enqueue("a").enqueue("b").enqueue("c");
        story.pop("a").ack("a").pop("b");
        return story.remaining("b", "leased").remaining("c", "dlq").drained();
      },
    ],
    [
      "an ack of unknown outcome may have removed it",
      () => record().enqueue("a").pop("a").ack("a", 1, "info").drained(),
    ],
    ["not drained: absence proves nothing", () => record().enqueue("a")],
    [
      "a purge takes messages away",
      () => {
        const story = record().enqueue("a");
        return story.complete(story.invoke("purge", { topic: "t" }), "ok").drained();
      },
    ],
  ]);
  illegal("Q1", [
    [
      "acknowledged before it was synced, lost by a crash",
      () => record().enqueue("a").drained(),
      "was never delivered",
    ],
    [
      "delivered, consumer died, message gone",
      () => record().enqueue("a").pop("a").drained(),
      "was delivered but never acked",
    ],
    [
      "a refused ack took effect all the same",
      () => record().enqueue("a").pop("a").ack("a", 1, "fail").drained(),
      "lost",
    ],
    [
      "a nack dropped the message",
      () => record().enqueue("a").pop("a").nack("a").drained(),
      "lost",
    ],
  ]);
});

describe("Q2 no phantom", () => {
  legal([
    [
      "delivered while its enqueue is still open",
      () => {
        const story = record();
        const id = story.invoke("enqueue", { topic: "t", payload: "p-a", priority: "5" });
        story.pop("a");
        return story.complete(id, "ok", { messageId: "a", partition: 0, duplicate: false });
      },
    ],
    [
      "an enqueue of unknown outcome explains one message",
      () => unanswered(record(), "p-a").pop("a"),
    ],
    [
      "the message of a repeated enqueue carries the first payload",
      () => {
        const triple = { producer: "p", epoch: "0", sequence: "9" };
        const story = record();
        const lost = story.invoke("enqueue", {
          topic: "t",
          payload: "one",
          priority: "1",
          ...triple,
        });
        story.complete(lost, "info");
        story.enqueue("a", { payload: "two", priority: "2", ...triple }, { duplicate: true });
        return story.pop("a", { payload: "one", priority: "1" });
      },
    ],
  ]);
  illegal("Q2", [
    ["nobody enqueued it", () => record().pop("a"), "phantom"],
    [
      "another payload came back (index and log out of step)",
      () => record().enqueue("a").pop("a", { payload: "p-b" }),
      "delivered with payload p-b",
    ],
    [
      "a refused enqueue was delivered",
      () => {
        const story = record();
        const id = story.invoke("enqueue", { topic: "t", payload: "p-a", priority: "5" });
        return story.complete(id, "fail", { code: "RESOURCE_EXHAUSTED" }).pop("a");
      },
      "was refused",
    ],
    [
      "one unknown enqueue made two messages (applied twice after a restart)",
      () => unanswered(record(), "p-x").pop("a", { payload: "p-x" }).pop("b", { payload: "p-x" }),
      "message b of topic t",
    ],
    ["delivered before it was sent", () => record().pop("a").enqueue("a"), "before its enqueue"],
    ["two enqueues share an id", () => record().enqueue("a").enqueue("a"), "two enqueues"],
    [
      "delivered from another partition",
      () => record().topic({ partitions: 2 }).enqueue("a").pop("a", { partition: 1 }),
      "partition 1",
    ],
  ]);
});

describe("Q3 exclusive lease", () => {
  const two = (grantedMs: number) =>
    record().enqueue("a").pop("a", { grantedMs: 1000 }).pop("a", { fence: 2, grantedMs });
  legal([
    ["granted again after the lease ran out", () => two(31_000)],
    ["granted again after a disconnect cut the lease to the grace time", () => two(6000)],
    [
      "granted again after a nack",
      () =>
        record()
          .enqueue("a")
          .pop("a", { grantedMs: 1000 })
          .nack("a", 1, 0)
          .pop("a", { fence: 2, grantedMs: 1001 }),
    ],
    [
      "granted again after a nack of unknown outcome",
      () => {
        const story = record().enqueue("a").pop("a", { grantedMs: 1000 });
        story.settle("nack", "a", 1, {}, "info");
        return story.pop("a", { fence: 2, grantedMs: 1001 });
      },
    ],
    [
      "the cluster told when the lease ended",
      () => {
        const story = record().enqueue("a").pop("a", { grantedMs: 1000 });
        story.event("lease.expired", { topic: "t", messageId: "a", fence: 1, atMs: 2000 });
        return story.pop("a", { fence: 2, grantedMs: 2000 });
      },
    ],
  ]);
  illegal("Q3", [
    ["two consumers hold it (grant not seen by the new leader)", () => two(1500), "two consumers"],
    ["a deposed leader expired the lease by its own clock", () => two(5999), "two consumers"],
    [
      "granted again before the cluster ended the lease",
      () => {
        const story = record().enqueue("a").pop("a", { grantedMs: 1000 });
        story.event("lease.expired", { topic: "t", messageId: "a", fence: 1, atMs: 9000 });
        return story.pop("a", { fence: 2, grantedMs: 8000 });
      },
      "at least until 9000 ms",
    ],
    [
      "a refused nack freed the message",
      () => {
        const story = record().enqueue("a").pop("a", { grantedMs: 1000 });
        story.settle("nack", "a", 1, {}, "fail");
        return story.pop("a", { fence: 2, grantedMs: 1100 });
      },
      "two consumers",
    ],
  ]);
});

describe("Q4 fencing", () => {
  const twice = () => record().enqueue("a").pop("a", { grantedMs: 1000 });
  legal([
    [
      "a stale token is refused",
      () => twice().pop("a", { fence: 2, grantedMs: 40_000 }).ack("a", 1, "fail").ack("a", 2),
    ],
    [
      "a repeated nack is answered OK after the next grant",
      () => twice().nack("a", 1, 0).pop("a", { fence: 2, grantedMs: 40_000 }).nack("a", 1, 0),
    ],
    [
      "an older grant of another credit arrives late on the same stream",
      () => {
        const story = record().enqueue("a");
        const early = story.credit({ stream: "s" });
        story.pop("a", { fence: 2, grantedMs: 40_000, stream: "other" });
        return story.deliver(early, "a", { fence: 1, grantedMs: 1000 });
      },
    ],
  ]);
  illegal("Q4", [
    [
      "the fence was reset by a failover",
      () =>
        twice()
          .nack("a")
          .pop("a", { fence: 2, grantedMs: 40_000 })
          .nack("a", 2)
          .pop("a", { fence: 1, attempts: 1, grantedMs: 80_000 }),
      "same fence 1",
    ],
    [
      "the fence went back",
      () =>
        record()
          .enqueue("a")
          .pop("a", { fence: 5, attempts: 1, grantedMs: 1000 })
          .pop("a", { fence: 3, attempts: 2, grantedMs: 50_000 }),
      "went back",
    ],
    [
      "a nack with a stale token was accepted",
      () => twice().pop("a", { fence: 2, grantedMs: 40_000 }).nack("a", 1),
      "stale fence 1",
    ],
    [
      "an extend with a stale token was accepted",
      () => twice().pop("a", { fence: 2, grantedMs: 40_000 }).settle("extend", "a", 1),
      "stale fence 1",
    ],
    ["a made-up token was accepted", () => twice().ack("a", 77), "had not been delivered"],
  ]);
});

describe("Q5 no resurrection", () => {
  legal([
    [
      "an earlier grant arrives after the ack",
      () => {
        const story = record().enqueue("a");
        const early = story.credit({ stream: "s" });
        story.pop("a", { fence: 2, grantedMs: 40_000 }).ack("a", 2);
        return story.deliver(early, "a", { fence: 1, grantedMs: 1000 });
      },
    ],
    [
      "an ack of unknown outcome may not have happened",
      () =>
        record()
          .enqueue("a")
          .pop("a", { grantedMs: 1000 })
          .ack("a", 1, "info")
          .pop("a", { fence: 2, grantedMs: 40_000 }),
    ],
  ]);
  illegal("Q5", [
    [
      "an ack was buffered and lost when the stream closed",
      () =>
        record()
          .enqueue("a")
          .pop("a", { grantedMs: 1000 })
          .ack("a")
          .pop("a", { fence: 2, grantedMs: 40_000 }),
      "came back",
    ],
    [
      "a snapshot brought an acked message back",
      () => record().enqueue("a").pop("a").ack("a").remaining("a", "ready"),
      "still there (ready)",
    ],
    [
      "an acked message became a dead letter",
      () => record().enqueue("a").pop("a").ack("a").remaining("a", "dlq"),
      "still there (dlq)",
    ],
    [
      "two consumers acked it",
      () =>
        record()
          .enqueue("a")
          .pop("a", { grantedMs: 1 })
          .pop("a", { fence: 2, grantedMs: 40_000 })
          .ack("a", 1)
          .ack("a", 2),
      "acked twice",
    ],
    [
      "a fresh stream got it after the ack with its old fence",
      () =>
        record()
          .enqueue("a")
          .pop("a", { fence: 2, attempts: 1 })
          .ack("a", 2)
          .pop("a", { fence: 1, attempts: 1 }),
      "came back",
    ],
  ]);
});

describe("Q7 the queue's time", () => {
  const stamped = (grantedMs: number) => {
    const story = record().enqueue("a").pop("a", { enqueuedMs: 100, grantedMs });
    return story.enqueue("b").pop("b", { enqueuedMs: 500, grantedMs: 9000 });
  };
  legal([["stamps follow the order of calls", () => stamped(300)]]);
  illegal("Q7", [
    ["a later enqueue carries an earlier stamp", () => stamped(501), "later than the stamp"],
    ["group time stepped back at a leader change", () => stamped(4000), "later than the stamp"],
    ["a grant was stamped from the future", () => stamped(8_999), "later than the stamp"],
  ]);
});

describe("Q8 dedup", () => {
  const triple = (sequence: string, extra: object = {}) => ({
    producer: "p",
    epoch: "1",
    sequence,
    ...extra,
  });
  legal([
    [
      "a repeat gets the first id",
      () => record().enqueue("a", triple("1")).enqueue("a", triple("1"), { duplicate: true }),
    ],
    [
      "another epoch is another message",
      () =>
        record()
          .enqueue("a", triple("1"))
          .enqueue("b", { ...triple("1"), epoch: "2" }),
    ],
    [
      "lower sequences are accepted",
      () => record().enqueue("a", triple("2")).enqueue("b", triple("1")),
    ],
    [
      "a retry inside the client shows as a lone duplicate",
      () => record().enqueue("a", triple("1"), { duplicate: true }),
    ],
  ]);
  illegal("Q8", [
    [
      "dedup state lost on leader change",
      () => record().enqueue("a", triple("1")).enqueue("b", triple("1")),
      "made two messages: a and b",
    ],
    [
      "the repeat was recognised but answered with another id",
      () => record().enqueue("a", triple("1")).enqueue("b", triple("1"), { duplicate: true }),
      "a and b",
    ],
    [
      "both were told they were new",
      () => record().enqueue("a", triple("1")).enqueue("a", triple("1")),
      "both told that they were new",
    ],
  ]);
});

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
      "a replay starts anew",
      () => {
        const story = record().enqueue("a").pop("a", { grantedMs: 1000 });
        story.complete(story.invoke("dlq.replay", { topic: "t" }), "ok");
        return story.pop("a", { attempts: 1, fence: 2, grantedMs: 90_000 });
      },
    ],
  ]);
  illegal("Q9", [
    ["delivery count lost on restart", () => counts(1, 2), "a delivery was not counted"],
    ["a delivered lease was released as undelivered", () => counts(1, 3), "not counted"],
    [
      "one failure counted twice",
      () =>
        record()
          .enqueue("a")
          .pop("a", { attempts: 1, fence: 2, grantedMs: 1000 })
          .pop("a", { attempts: 3, fence: 3, grantedMs: 90_000 }),
      "it grew by 2 although only 1",
    ],
    ["attempts start at zero", () => record().enqueue("a").pop("a", { attempts: 0 }), "attempt 0"],
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
  ]);
  illegal("Q10", [
    ["delivery count lost: retried for ever", () => last(3), "should be among the dead letters"],
    [
      "dead too early",
      () => last(1).remaining("a", "dlq", { attempts: 1 }),
      "1 retries are allowed",
    ],
    ["dead and alive", () => last(2).remaining("a", "dlq").remaining("a", "ready"), "both a dead"],
    ["dead twice", () => last(2).remaining("a", "dlq").remaining("a", "dlq"), "twice"],
    [
      "another limit than asked for",
      () => record().enqueue("a", { maxRetries: 0 }).pop("a", { maxRetries: 3 }),
      "0 retries",
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
    ["delay ignored", () => delayed(101), "with a delay of 400 ms but granted at 101 ms"],
    ["one tick early", () => delayed(499), "499 ms"],
    ["backoff ignored", () => nacked(1699), "granted again at 1699 ms already"],
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
    ["requeue lost the priority", () => again({ priority: "0" }), "priority 5, then 0"],
    ["a retry took a fresh place in the line", () => again({ enqueuedMs: 200 }), "enqueued time"],
    [
      "a snapshot changed the priority",
      () => again({}).remaining("a", "ready", { priority: "-5" }),
      "from 5 to -5",
    ],
    ["another payload", () => again({ payload: "p-b" }), "payload p-a, then p-b"],
  ]);
});

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
  legal([
    ["smaller first under MIN", () => pair("MIN", "1", "2", "a")],
    ["larger first under MAX", () => pair("MAX", "1", "2", "b")],
    ["equal priorities: earlier first", () => pair("MIN", "1", "1", "a", 100, 101)],
    ["the better one came after the grant", () => pair("MIN", "1", "2", "b", 550, 100)],
    ["the better one came in the same millisecond", () => pair("MIN", "1", "2", "b", 500, 100)],
    ["the int64 ends", () => pair("MAX", "-9223372036854775808", "9223372036854775807", "b")],
  ]);
  illegal("Q14", [
    ["worse first", () => pair("MIN", "1", "2", "b"), "was ready in the same partition"],
    ["MAX compares like MIN", () => pair("MAX", "1", "2", "a"), "comes first under MAX"],
    [
      "MAX by negation breaks at the smallest int64",
      () => pair("MAX", "-9223372036854775808", "0", "a"),
      "comes first under MAX",
    ],
    [
      "ties by something else than arrival",
      () => pair("MIN", "1", "1", "b", 100, 101),
      "was ready",
    ],
    [
      "a retried message lost its place",
      () => {
        const story = record().enqueue("a", { priority: "1" }).enqueue("b", { priority: "2" });
        story.pop("a", { priority: "1", grantedMs: 500 });
        story.pop("b", { priority: "2", grantedMs: 400_000 });
        return story.pop("a", { priority: "1", fence: 2, grantedMs: 400_001 });
      },
      "was ready",
    ],
  ]);
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
    ["worse first", () => both("b"), "while a (priority 1"],
    ["MAX compares like MIN", () => both("a", "MAX"), "while b (priority 2"],
    [
      "a nacked message is not put back in its place",
      () => {
        const story = untimed().enqueue("a", { priority: "1" }).enqueue("b", { priority: "2" });
        story.pop("a", { priority: "1" }).nack("a", 1, 0).pop("b", { priority: "2" });
        return story.pop("a", { priority: "1", fence: 2 });
      },
      "while a (priority 1",
    ],
    [
      "never granted though best",
      () => {
        const story = untimed().enqueue("a", { priority: "1" }).enqueue("b", { priority: "2" });
        story.pop("b", { priority: "2" }).remaining("a", "ready", { fence: 0 });
        return story;
      },
      "while a (priority 1",
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
    ],
    [
      "coordinator lost: one partition committed, the other forgot",
      () => {
        const story = open(open(record(), "p-a"), "p-b");
        return story.pop("a").ack("a").drained();
      },
      "payload p-b did not",
    ],
    [
      "a prepared member was dropped by a checkpoint",
      () => open(record().enqueue("a", batch), "p-b").remaining("a", "ready").drained(),
      "p-b did not",
    ],
  ]);
});
