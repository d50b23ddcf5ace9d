// Clients around `QueueMachine`s: requests and answers take their time and get lost, streams break,
// credits are answered late, tokens are used late or twice. What the clients see is recorded as a
// Disheap history. Without a bug in the machine no rule may accuse any of it.
import type { HistoryLine } from "../../src/index.js";
import type { Bug, Grant } from "./queue-machine.js";
import { QueueMachine } from "./queue-machine.js";
import type { Random } from "./random.js";
import { Recorder } from "./recorder.js";

export const GRACE_MS = 60;

interface Request {
  op: number;
  /** Runs at the queue; its result is the completion. */
  apply: () => { type: "ok" | "fail"; value: object };
  result?: { type: "ok" | "fail"; value: object };
}

interface Stream {
  name: string;
  process: string;
  /** Pops waiting for a delivery, oldest first. */
  credits: number[];
  /** Credits the queue still has to answer. */
  owed: number;
  transit: Grant[];
}

export class QueueWorld {
  readonly recorder = new Recorder();
  readonly #random: Random;
  readonly #machines: QueueMachine[];
  readonly #visibilityMs: number;
  readonly #requests: Request[] = [];
  readonly #streams: Stream[] = [];
  readonly #held: { grant: Grant; process: string }[] = [];
  #sequence = 0;

  constructor(random: Random, bug?: Bug) {
    this.#random = random;
    const partitions = random.pick([1, 1, 2, 3]);
    const mode = random.pick(["MIN", "MAX"] as const);
    this.#visibilityMs = random.pick([80, 300, 2000]);
    this.#machines = Array.from(
      { length: partitions },
      (_, partition) => new QueueMachine(random, partition, mode, bug),
    );
    const visibility = random.chance(4, 5) ? { visibilityMs: this.#visibilityMs } : {};
    const topic = { topic: "t", mode, partitions, maxRetries: 2, dlq: true };
    this.recorder.event("topic", { ...topic, ...visibility });
  }

  run(steps: number): HistoryLine[] {
    for (let step = 0; step < steps; step += 1) this.#step();
    this.#drain();
    return this.recorder.lines;
  }

  #machineOf(grant: Grant): QueueMachine {
    return this.#machines[grant.partition];
  }

  #step(): void {
    const action = this.#random.below(16);
    if (action < 3) this.#enqueue();
    else if (action < 5) this.#credit();
    else if (action < 8) this.#grant();
    else if (action < 10) this.#deliver();
    else if (action < 12) this.#settle();
    else if (action < 15) this.#move();
    else if (this.#random.chance(1, 3)) this.#breakStream();
  }

  #send(f: string, value: object, process: string, apply: Request["apply"]): void {
    this.#requests.push({ op: this.recorder.invoke(f, value, process), apply });
  }

  #enqueue(): void {
    const random = this.#random;
    const repeat = random.chance(1, 5) && this.#sequence > 0;
    const sequence = repeat ? this.#sequence : (this.#sequence += 1);
    const idempotent = random.chance(1, 2);
    const triple = idempotent ? { producer: "p", epoch: "0", sequence: `${sequence}` } : {};
    const payload = `h${this.recorder.lines.length}`;
    const priority = BigInt(random.below(5) - 2);
    const delayMs = random.pick([0, 0, 0, 50]);
    const maxRetries = random.pick([0, 2, 5]);
    const machine = this.#machines[sequence % this.#machines.length];
    const value = { topic: "t", payload, priority: `${priority}`, delayMs, maxRetries, ...triple };
    const key = idempotent ? `${sequence}` : undefined;
    this.#send("enqueue", value, "producer", () => {
      const made = machine.enqueue(payload, priority, key, delayMs, maxRetries);
      return { type: "ok", value: made };
    });
  }

  #credit(): void {
    if (this.#streams.length < 3) {
      const number = this.recorder.lines.length;
      const process = `c${number % 3}`;
      this.#streams.push({ name: `s${number}`, process, credits: [], owed: 0, transit: [] });
    }
    const stream = this.#random.pick(this.#streams);
    for (let n = 1 + this.#random.below(3); n > 0; n -= 1) {
      stream.credits.push(this.recorder.credit({ stream: stream.name, process: stream.process }));
      stream.owed += 1;
    }
  }

  #grant(): void {
    if (this.#streams.length === 0) return;
    const stream = this.#random.pick(this.#streams);
    const machine = this.#random.pick(this.#machines);
    if (stream.owed === 0) return;
    machine.advance(20);
    const grant = machine.grant(this.#visibilityMs);
    if (grant === undefined) return;
    stream.transit.push(grant);
    // Now and then a credit is answered twice, as after a lost answer; the surplus goes back later.
    if (this.#random.chance(7, 8)) stream.owed -= 1;
  }

  #deliver(): void {
    const waiting = this.#streams.filter(({ transit }) => transit.length > 0);
    if (waiting.length === 0) return;
    const stream = this.#random.pick(waiting);
    const grant = stream.transit.shift();
    const credit = stream.credits.shift();
    if (grant === undefined) return;
    if (credit === undefined) {
      this.#machineOf(grant).release(grant.id, grant.fence);
      return;
    }
    const { id, fence, attempts, payload, partition, enqueuedMs, leaseEndMs, maxRetries } = grant;
    this.recorder.complete(credit, "ok", {
      ...{ topic: "t", messageId: id, partition, payload, priority: `${grant.priority}` },
      ...{ attempts, maxRetries, fence, enqueuedMs, deadlineMs: leaseEndMs },
    });
    this.#held.push({ grant, process: stream.process });
  }

  /** Acks, nacks and extends, now and then with a token that is old or was used before. */
  #settle(): void {
    if (this.#held.length === 0) return;
    const recent = this.#held.slice(-4);
    const { grant, process } = this.#random.pick(this.#random.chance(1, 6) ? this.#held : recent);
    const { id, fence } = grant;
    const kind = this.#random.pick(["ack", "ack", "nack", "extend"] as const);
    const option = kind === "extend" ? 30 : this.#random.pick([undefined, 0, 70]);
    const name = kind === "extend" ? "extensionMs" : "backoffMs";
    const extra = kind === "ack" || option === undefined ? {} : { [name]: option };
    this.#send(kind, { topic: "t", messageId: id, fence, ...extra }, process, () => {
      const machine = this.#machineOf(grant);
      machine.advance(20);
      return machine.settle(kind, id, fence, option)
        ? { type: "ok", value: {} }
        : { type: "fail", value: { code: "FAILED_PRECONDITION" } };
    });
  }

  /** One request goes on: it is applied, answered, or lost on one of the two ways. */
  #move(): void {
    if (this.#requests.length === 0) return;
    const at = this.#random.below(this.#requests.length);
    const request = this.#requests[at];
    const lost = this.#random.chance(1, 12);
    if (request.result === undefined && !lost) {
      for (const machine of this.#machines) machine.advance(5);
      request.result = request.apply();
      return;
    }
    this.#requests.splice(at, 1);
    const { result } = request;
    if (lost || result === undefined) this.recorder.complete(request.op, "info");
    else this.recorder.complete(request.op, result.type, result.value);
  }

  #breakStream(): void {
    if (this.#streams.length === 0) return;
    const at = this.#random.below(this.#streams.length);
    const [stream] = this.#streams.splice(at, 1);
    for (const credit of stream.credits) this.recorder.complete(credit, "info");
    for (const grant of stream.transit) {
      const machine = this.#machineOf(grant);
      if (this.#random.chance(1, 2)) machine.release(grant.id, grant.fence);
      else machine.shorten(grant.id, grant.fence, GRACE_MS);
    }
    for (const { grant, process } of this.#held) {
      if (process !== stream.process) continue;
      this.#machineOf(grant).shorten(grant.id, grant.fence, GRACE_MS);
    }
  }

  #drain(): void {
    while (this.#requests.length > 0) this.#move();
    while (this.#streams.length > 0) this.#breakStream();
    for (const machine of this.#machines) {
      for (const {
        id,
        dead,
        deadlineMs,
        attempts,
        fence,
        priority,
        payload,
      } of machine.items.values()) {
        const state = dead ? "dlq" : deadlineMs === undefined ? "ready" : "leased";
        this.recorder.remaining(id, state, { attempts, fence, payload, priority: `${priority}` });
      }
    }
    this.recorder.drained();
  }
}
