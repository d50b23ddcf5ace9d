// Rules about what is delivered, to whom, and under which token.
// The illegal stories are the known failures of queues in the field; each is named by its failure.
import { describe } from "vitest";
import type { Recorder } from "../support/recorder.js";
import { record } from "../support/recorder.js";
import { illegal, legal } from "../support/stories.js";

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
      "enqueue a, drained",
    ],
    [
      "delivered, consumer died, message gone",
      () => record().enqueue("a").pop("a").drained(),
      "was delivered but never acked",
      "enqueue a, pop a#1, drained",
    ],
    [
      "a refused ack took effect all the same",
      () => record().enqueue("a").pop("a").ack("a", 1, "fail").drained(),
      "lost",
      "enqueue a, pop a#1, drained",
    ],
    [
      "a nack dropped the message",
      () => record().enqueue("a").pop("a").nack("a").drained(),
      "lost",
      "enqueue a, pop a#1, drained",
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
    ["nobody enqueued it", () => record().pop("a"), "phantom", "pop a#1"],
    [
      "another payload came back (index and log out of step)",
      () => record().enqueue("a").pop("a", { payload: "p-b" }),
      "delivered with payload p-b",
      "enqueue p-a?, pop a#1",
    ],
    [
      "a refused enqueue was delivered",
      () => {
        const story = record();
        const id = story.invoke("enqueue", { topic: "t", payload: "p-a", priority: "5" });
        return story.complete(id, "fail", { code: "RESOURCE_EXHAUSTED" }).pop("a");
      },
      "was refused",
      "enqueue fail p-a, pop a#1",
    ],
    [
      "one unknown enqueue made two messages (applied twice after a restart)",
      () => unanswered(record(), "p-x").pop("a", { payload: "p-x" }).pop("b", { payload: "p-x" }),
      "message b of topic t with payload p-x and priority 5 is a phantom: the one enqueue like it",
      "enqueue p-x?, pop a#1, pop b#1",
    ],
    [
      "delivered before it was sent",
      () => record().pop("a").enqueue("a"),
      "before its enqueue",
      "pop a#1, enqueue p-a?",
    ],
    [
      "two enqueues share an id",
      () => record().enqueue("a").enqueue("a"),
      "two enqueues",
      "enqueue a, enqueue a",
    ],
    [
      "delivered from another partition",
      () => record().topic({ partitions: 2 }).enqueue("a").pop("a", { partition: 1 }),
      "partition 1",
      "enqueue a, pop a#1",
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
    [
      "two consumers hold it (grant not seen by the new leader)",
      () => two(1500),
      "two consumers",
      "pop a#1, pop a#2",
    ],
    [
      "a deposed leader expired the lease by its own clock",
      () => two(5999),
      "two consumers",
      "pop a#1, pop a#2",
    ],
    [
      "granted again before the cluster ended the lease",
      () => {
        const story = record().enqueue("a").pop("a", { grantedMs: 1000 });
        story.event("lease.expired", { topic: "t", messageId: "a", fence: 1, atMs: 9000 });
        return story.pop("a", { fence: 2, grantedMs: 8000 });
      },
      "at least until 9000 ms",
      "pop a#1, lease.expired a#1, pop a#2",
    ],
    [
      "a refused nack freed the message",
      () => {
        const story = record().enqueue("a").pop("a", { grantedMs: 1000 });
        story.settle("nack", "a", 1, {}, "fail");
        return story.pop("a", { fence: 2, grantedMs: 1100 });
      },
      "two consumers",
      "pop a#1, pop a#2",
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
      "pop a#1, pop a#1",
    ],
    [
      "the fence went back",
      () =>
        record()
          .enqueue("a")
          .pop("a", { fence: 5, attempts: 1, grantedMs: 1000 })
          .pop("a", { fence: 3, attempts: 2, grantedMs: 50_000 }),
      "went back",
      "pop a#5, pop a#3",
    ],
    [
      "a nack with a stale token was accepted",
      () => twice().pop("a", { fence: 2, grantedMs: 40_000 }).nack("a", 1),
      "stale fence 1",
      "pop a#2, nack a#1",
    ],
    [
      "an extend with a stale token was accepted",
      () => twice().pop("a", { fence: 2, grantedMs: 40_000 }).settle("extend", "a", 1),
      "stale fence 1",
      "pop a#2, extend a#1",
    ],
    [
      "a made-up token was accepted",
      () => twice().ack("a", 77),
      "had not been delivered",
      "ack a#77?, ack a#77",
    ],
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
      "ack a#1, pop a#2",
    ],
    [
      "a snapshot brought an acked message back",
      () => record().enqueue("a").pop("a").ack("a").remaining("a", "ready"),
      "still there (ready)",
      "ack a#1, remaining a ready",
    ],
    [
      "an acked message became a dead letter",
      () => record().enqueue("a").pop("a").ack("a").remaining("a", "dlq"),
      "still there (dlq)",
      "ack a#1, remaining a dlq",
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
      "ack a#1, ack a#2",
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
      "ack a#2, pop a#1",
    ],
  ]);
});

describe("Q7 the queue's time", () => {
  /** b is asked for after a has arrived, but granted earlier. */
  const back = () => {
    const story = record().enqueue("a").enqueue("b").pop("a", { grantedMs: 9000 });
    return story.pop("b", { grantedMs: 4000 });
  };
  const stamped = (grantedMs: number) => {
    const story = record().enqueue("a").pop("a", { enqueuedMs: 100, grantedMs });
    return story.enqueue("b").pop("b", { enqueuedMs: 500, grantedMs: 9000 });
  };
  legal([["stamps follow the order of calls", () => stamped(300)]]);
  illegal("Q7", [
    [
      "a later enqueue carries an earlier stamp",
      () => stamped(501),
      "called afterwards (enqueue)",
      "pop a#1, enqueue p-b?",
    ],
    [
      "group time stepped back at a leader change",
      back,
      "called afterwards (pop)",
      "pop a#1, pop?",
    ],
    [
      "a message was granted before its own enqueue (two clocks in one log)",
      () => record().enqueue("a").pop("a", { enqueuedMs: 700, grantedMs: 300 }),
      "was granted at 300 ms, before it was enqueued at 700 ms",
      "pop a#1",
    ],
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
    [
      "a topic that was deleted remembers nothing for the next one of its name",
      () => record().enqueue("a", triple("1")).deleted().enqueue("b", triple("1")),
    ],
  ]);
  illegal("Q8", [
    [
      "dedup state lost on leader change",
      () => record().enqueue("a", triple("1")).enqueue("b", triple("1")),
      "made two messages: a and b",
      "enqueue a, enqueue b",
    ],
    [
      "the repeat was recognised but answered with another id",
      () => record().enqueue("a", triple("1")).enqueue("b", triple("1"), { duplicate: true }),
      "a and b",
      "enqueue a, enqueue b",
    ],
    [
      "both messages were made before the topic was deleted",
      () => record().enqueue("a", triple("1")).enqueue("b", triple("1")).deleted(),
      "made two messages: a and b",
      "enqueue a, enqueue b",
    ],
    [
      "both were told they were new",
      () => record().enqueue("a", triple("1")).enqueue("a", triple("1")),
      "both told that they were new",
      "enqueue a, enqueue a",
    ],
  ]);
});
