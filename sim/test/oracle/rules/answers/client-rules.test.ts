import {
  encodeIntent,
  encodeLeaseToken,
  encodeMessageId,
  type ClientEffect,
  type ClientRequest,
  type ClientResult,
  type DeliveredItem,
  type MachineEvent,
  type TopicCounts,
} from "@disheap/core";
import { expect, test } from "vitest";
import { AnswerRules } from "../../../../src/oracle/rules/answers/answer-rules.js";
import { DeliveryRules } from "../../../../src/oracle/rules/streams/delivery-rules.js";
import { Ledger } from "../../../../src/oracle/rules/entries/ledger.js";
import { Reads } from "../../../../src/oracle/rules/answers/reads.js";
import { breaks, Entries, events, FakeWorld, handed, item, fakeRaft, SETTINGS } from "../states.js";

const { enqueued, granted, acked, nacked, released } = events;

const id = (index = 2, offset = 0): string => encodeMessageId(10, 1, index, offset);

class Stage {
  readonly world = new FakeWorld();
  readonly deliveries = new DeliveryRules();
  readonly ledger = new Ledger([this.deliveries]);
  readonly answers = new AnswerRules(this.ledger);
  private readonly entries = new Entries();

  constructor() {
    this.deliveries.reads(this.ledger);
    this.deliveries.attach(this.world);
    this.answers.attach(this.world);
    this.world.put(1, fakeRaft());
    this.ledger.entry(this.entries.init());
    const payload = { kind: "enqueue" as const, producer: undefined, maxRetries: 1, delayMs: 0 };
    const intent = { ...payload, priorityHi: 0, priorityLo: 7, payload: Uint8Array.of(1) };
    this.ledger.entry(
      this.entries.next(10, [enqueued(), enqueued({ offset: 1 })], [intent, intent]),
    );
  }

  happens(...list: MachineEvent[]): this {
    this.ledger.entry(this.entries.next(20, list));
    return this;
  }

  credits(credits: number): this {
    this.deliveries.creditsSent(1, 9, credits);
    return this;
  }

  handed(fields: Partial<DeliveredItem> = {}, node = 1): this {
    this.deliveries.clientEffect(node, handed(item(fields)));
    return this;
  }

  written(fields: Partial<DeliveredItem> = {}, node = 1): this {
    this.deliveries.itemWritten(node, 9, item(fields));
    return this;
  }

  returned(fields: Partial<DeliveredItem> = {}): this {
    this.deliveries.itemsReturned(1, 9, [item(fields)]);
    return this;
  }

  started(fence = 1): this {
    const token = { group: 1, index: 2, offset: 0, fence, mac: new Uint8Array(16) };
    this.deliveries.startedTold(1, 9, [encodeLeaseToken(token)]);
    return this;
  }

  ends(streamId = 9): this {
    this.deliveries.endedInOrder(1, streamId);
    return this;
  }

  /** Handed over and taken by the transport at once. */
  item(fields: Partial<DeliveredItem> = {}, node = 1): this {
    return this.handed(fields, node).written(fields, node);
  }

  release(offset = 0, fence = 1, node = 1): this {
    const intent = encodeIntent({ kind: "release.undelivered", index: 2, offset, fence });
    this.deliveries.sent(node, 2, {
      kind: "request",
      edgeIncarnation: 1,
      requestId: 5,
      attempt: 1,
      isOnce: false,
      group: 1,
      action: { type: "propose", intent },
    });
    return this;
  }

  request(request: ClientRequest, result: ClientResult): void {
    this.answers.readStarted(1, 1, request);
    this.answers.clientEffect(1, { kind: "client.reply", requestId: 1, result });
  }

  settle(op: "ack" | "nack", result: ClientResult, fence = 1, leaseToken = tokenOf(fence)): void {
    this.request({ op, topic: "t", messageId: id(), leaseToken }, result);
  }
}

function tokenOf(fence: number, mac = new Uint8Array(16)): string {
  return encodeLeaseToken({ group: 1, index: 2, offset: 0, fence, mac });
}

const second = { messageId: id(2, 1), fence: 1 };

test("Q16: items for credits, in grant order, until the end", () => {
  const stage = new Stage().credits(2).happens(granted(), granted({ offset: 1 }));
  stage.item().item(second);
  stage.deliveries.clientEffect(1, { kind: "stream.end", streamId: 9 });
});

test("Q16: more items than credits, another order, an item after the end", () => {
  const ready = (): Stage =>
    new Stage()
      .credits(1)
      .happens(granted())
      .happens(granted({ offset: 1 }));
  const error = breaks("Q16", () => ready().item().item(second));
  expect(error.message).toContain("stream 9 at n1 got 2 items for 1 credits");
  breaks("Q16", () => {
    const stage = ready().credits(1).item(second);
    stage.world.queue.nowUs += 1;
    stage.item();
  });
  breaks("Q16", () => {
    const stage = ready();
    stage.deliveries.clientEffect(1, { kind: "stream.end", streamId: 9 });
    stage.item();
  });
});

test("Q16: the sorted items of one round may leave in another order than granted", () => {
  const stage = new Stage()
    .credits(2)
    .happens(granted({ offset: 1 }))
    .happens(granted());
  stage.item().item(second);
});

test("Q16: given back as undelivered and delivered, in either order", () => {
  const leased = (): Stage => new Stage().credits(2).happens(granted());
  breaks("Q16", () => leased().happens(released()).item());
  breaks("Q16", () => leased().item().happens(released()));
});

test("Q16: an orderly end of a session gives back what was written and not started (D-94)", () => {
  const written = (): Stage => new Stage().credits(1).happens(granted()).item();
  written().ends().happens(released());
  written().ends().started().happens(released());
});

test("Q16: nothing else that was written goes back", () => {
  const written = (): Stage => new Stage().credits(1).happens(granted()).item();
  // No end, an end that comes later, one of another session.
  breaks("Q16", () => written().happens(released()));
  breaks("Q16", () => written().happens(released()).ends());
  breaks("Q16", () => written().ends(8).happens(released()));
  const started = breaks("Q16", () => written().started().ends().happens(released()));
  expect(started.message).toContain("a consumer had it");
  // Given back first, and written all the same.
  breaks("Q16", () =>
    new Stage().credits(1).happens(granted()).ends().handed().happens(released()).written(),
  );
});

test("Q16: what its carrier holds is settled in order, and counts as delivered only when written", () => {
  const two = (): Stage =>
    new Stage()
      .credits(1)
      .happens(granted())
      .happens(granted({ offset: 1 }))
      .handed()
      .handed(second);
  two()
    .written()
    .returned(second)
    .happens({ ...released(), offset: 1 });
  breaks("Q16", () => two().written(second));
  breaks("Q16", () => two().returned(second));
  breaks("Q16", () => two().returned().written());
  const error = breaks("Q16", () => two().written().written(second));
  expect(error.message).toContain("got 2 items for 1 credits");
});

test("Q16: what was not written is asked back by its edge, unless that died", () => {
  const back = (): Stage => new Stage().credits(1).happens(granted()).handed().returned();
  back().release().deliveries.finish();
  // A cancel in the turn of the delivery: its release leaves before the carrier is handed the item.
  new Stage().credits(1).happens(granted()).release().handed().returned().deliveries.finish();
  const error = breaks("Q16", () => back().deliveries.finish());
  expect(error.message).toContain("n1 never gave it back");
  breaks("Q16", () => back().release(0, 2).deliveries.finish());
  breaks("Q16", () => back().release(1).deliveries.finish());
  breaks("Q16", () => back().release(0, 1, 2).deliveries.finish());
  const died = back();
  died.world.hosts.delete(1);
  died.deliveries.finish();
});

test("Q3: nothing is written a whole lease after its grant", () => {
  const waits = (us: number): Stage => {
    const stage = new Stage().credits(1).happens(granted()).handed();
    stage.world.queue.nowUs += us;
    return stage.written();
  };
  // Granted at 20 until 2000.
  waits(1_970_000);
  breaks("Q3", () => waits(2_100_000));
});

test("Q3: an item without a committed grant, of another edge, or written twice", () => {
  const leased = (): Stage => new Stage().credits(2).happens(granted());
  breaks("Q3", () => new Stage().credits(1).item());
  breaks("Q3", () => leased().item({ fence: 2 }));
  breaks("Q3", () => leased().item().item());
  breaks("Q3", () =>
    new Stage()
      .credits(1)
      .happens(granted({ edge: 2 }))
      .item(),
  );
  breaks("Q3", () =>
    new Stage()
      .credits(1)
      .happens(granted({ edgeIncarnation: 2 }))
      .item(),
  );
});

test("Q2, Q6, Q9, Q10, Q13: an item shows the message as it is", () => {
  const leased = (): Stage => new Stage().credits(1).happens(granted());
  breaks("Q2", () => leased().item({ messageId: id(3) }));
  breaks("Q2", () => leased().item({ payload: Uint8Array.of(2) }));
  breaks("Q13", () => leased().item({ priorityLo: 8 }));
  breaks("Q13", () => leased().item({ enqueuedMs: 11 }));
  breaks("Q10", () => leased().item({ maxRetries: 2 }));
  breaks("Q9", () => leased().item({ attempts: 2 }));
  breaks("Q6", () => leased().item({ leaseDeadlineMs: 2001 }));
});

const enqueue = (priorityLo = 7): ClientRequest => ({
  op: "enqueue",
  topic: "t",
  payload: Uint8Array.of(1),
  priorityHi: 0,
  priorityLo,
});
const made = (messageId: string, duplicate = false): ClientResult => ({
  ok: true,
  op: "enqueue",
  messageId,
  duplicate,
  partitionId: 0,
});
const OK: ClientResult = { ok: true, op: "ack" };
const REFUSED: ClientResult = {
  ok: false,
  failure: { code: "FAILED_PRECONDITION", message: "the lease is not held" },
};

test("R12: an OK stands in the log", () => {
  new Stage().request(enqueue(), made(id()));
  new Stage().happens(granted(), acked()).settle("ack", OK);
  new Stage().happens(granted(), nacked()).settle("nack", OK);
  new Stage().happens(granted()).settle("ack", REFUSED);
  breaks("R12", () => new Stage().request(enqueue(), made(id(3))));
  breaks("R12", () => new Stage().happens(granted()).settle("ack", OK));
  breaks("R12", () => new Stage().happens(granted(), nacked()).settle("ack", OK));
  breaks("R12", () => new Stage().happens(granted(), nacked()).settle("nack", OK, 2));
});

test("Q13: a new message has the priority it was asked for with", () => {
  breaks("Q13", () => new Stage().request(enqueue(8), made(id())));
  new Stage().request(enqueue(8), made(id(), true));
});

test("Q4: a token that nobody was given gets no OK, also where the right one would", () => {
  const ready = (): Stage => {
    const stage = new Stage().happens(granted(), acked());
    stage.answers.clientEffect(1, handed(item({ leaseToken: tokenOf(1) })));
    return stage;
  };
  const forged = tokenOf(1, new Uint8Array(16).fill(1));
  const error = breaks("Q4", () => ready().settle("ack", OK, 1, forged));
  expect(error.message).toContain("OK for ack with a token nobody was given");
  ready().settle("ack", REFUSED, 1, forged);
  ready().settle("ack", OK);
});

test("Q5: a repeat of what succeeded is not refused", () => {
  const error = breaks("Q5", () => new Stage().happens(granted(), acked()).settle("ack", REFUSED));
  expect(error.message).toContain("lease 1: a repeat of the ack that succeeded was refused");
  new Stage().happens(granted(), nacked()).settle("ack", REFUSED);
});

function counts(totalEnqueues: number, totalAcks: number): TopicCounts {
  return {
    totalMessages: 0,
    inflightMessages: 0,
    dlqMessages: 0,
    totalEnqueues,
    totalPops: 0,
    totalAcks,
    totalNacks: 0,
    totalRetries: 0,
    totalTimeouts: 0,
    partitions: [],
  };
}

/** Two messages were enqueued and one acknowledged; then a read starts and is answered. */
function read(
  request: ClientRequest,
  result: ClientResult,
  meanwhile?: (rule: Reads) => void,
): void {
  const rule = new Reads();
  rule.attach(new FakeWorld());
  rule.readStarted(1, 1, enqueue());
  rule.readStarted(2, 1, enqueue());
  rule.replied(1, made(id()));
  rule.replied(2, made(id(3)));
  rule.readStarted(3, 1, { op: "ack", topic: "t", messageId: id(), leaseToken: "" });
  rule.replied(3, OK);
  rule.readStarted(4, 1, request);
  meanwhile?.(rule);
  rule.replied(4, result);
}

const stats = (totalEnqueues: number, totalAcks: number): ClientResult => ({
  ok: true,
  op: "stats",
  global: counts(0, 0),
  topics: new Map([["t", counts(totalEnqueues, totalAcks)]]),
});
const peeked = (ids: readonly string[], hasMore = false): ClientResult => ({
  ok: true,
  op: "peek",
  hasMore,
  items: ids.map((messageId) => ({
    messageId,
    partitionId: 0,
    payload: Uint8Array.of(1),
    priorityHi: 0,
    priorityLo: 7,
    enqueuedMs: 10,
    attempts: 0,
    maxRetries: 1,
    isLeased: false,
    inDlq: false,
  })),
});

test("R11: counters show what finished before the read started", () => {
  const request: ClientRequest = { op: "stats", topic: "t" };
  read(request, stats(2, 1));
  read(request, stats(3, 2));
  breaks("R11", () => read(request, stats(1, 1)));
  const error = breaks("R11", () => read(request, stats(2, 0)));
  expect(error.message).toContain("stats of t counts 0 acknowledgements; 1 had finished before");
  // What finishes while the read is under way may be in it or not.
  read(request, stats(2, 1), (rule) => {
    rule.readStarted(5, 1, enqueue());
    rule.replied(5, made(id(9)));
  });
});

test("R11: a list counts like stats; a topic that is being deleted is left out", () => {
  const request: ClientRequest = { op: "topic.list", pageSize: 0, pageToken: "" };
  const listed = (totalEnqueues: number): ClientResult => ({
    ok: true,
    op: "topic.list",
    nextPageToken: "",
    topics: [
      {
        topic: "t",
        heapId: "t-1",
        settings: SETTINGS,
        createdMs: 0,
        updatedMs: 0,
        counts: counts(totalEnqueues, 1),
      },
    ],
  });
  read(request, listed(2));
  breaks("R11", () => read(request, listed(0)));
  read(request, listed(0), (rule) =>
    rule.readStarted(6, 1, { op: "topic.delete", topic: "t", force: true, confirmationToken: "" }),
  );
});

test("R11: a complete peek lists what is there and nothing that is gone", () => {
  const request: ClientRequest = { op: "peek", topic: "t", limit: 50, includeDlq: true };
  read(request, peeked([id(3)]));
  read(request, peeked([], true));
  breaks("R11", () => read(request, peeked([id(), id(3)])));
  breaks("R11", () => read(request, peeked([])));
  read(request, peeked([]), (rule) =>
    rule.readStarted(7, 1, { op: "ack", topic: "t", messageId: id(3), leaseToken: "" }),
  );
});

test("replies to unknown requests and unsettled effects pass", () => {
  const effect: ClientEffect = { kind: "client.reply", requestId: 99, result: OK };
  const stage = new Stage();
  stage.answers.clientEffect(1, effect);
  stage.deliveries.clientEffect(1, effect);
  expect(stage.ledger.find(1, 2, 0)?.standing).toBe("ready");
});
