// The bare replicated log as a subject: one leader and two followers in processes of their own, and a client
// with one pipe for its producer and one for its consumer.

import { fileURLToPath } from "node:url";
import { Program, temporaryFolder, type TemporaryFolder, within } from "@disheap/harness";
import type { ServerUsage } from "../cluster/cost.js";
import type { Subject } from "../lanes/subject.js";
import type { Lane, LaneEvents } from "../load/end-to-end-load.js";
import { prefetchOf } from "../load/prefetch.js";
import { PAYLOAD_BYTES } from "../workloads/workload.js";
import { openPipe, type Frame } from "./pipe.js";
import { ASK_USAGE, type LimitMessage } from "./process-channel.js";
import { eachRecord, Outbox, Said } from "./records.js";

const FOLLOWERS = 2;
const START_MAX_MS = 20_000;

/** The built program, also where this file runs from its source. */
const mainOf = (role: "leader" | "follower"): string =>
  fileURLToPath(new URL(`../../dist/limit/${role}.js`, import.meta.url));

export class LimitSubject implements Subject {
  private readonly programs: LimitProgram[] = [];
  private readonly folder: TemporaryFolder;
  private readonly closers: (() => void)[] = [];
  private address = "";

  private constructor(folder: TemporaryFolder) {
    this.folder = folder;
  }

  static async start(): Promise<LimitSubject> {
    const subject = new LimitSubject(temporaryFolder("disheap-bench-limit-"));
    try {
      const followers: string[] = [];
      for (let i = 1; i <= FOLLOWERS; i += 1) {
        followers.push(await subject.run(`follower ${i}`, "follower", []));
      }
      subject.address = await subject.run("leader", "leader", followers);
    } catch (error) {
      await subject.close();
      throw error;
    }
    return subject;
  }

  openLane(events: LaneEvents, window: number): Promise<Lane> {
    const producer = openPipe(this.address);
    const consumer = openPipe(this.address);
    this.closers.push(producer.close, consumer.close);
    return Promise.resolve(laneOver(producer.pipe, consumer.pipe, { events, window }));
  }

  usage(): Promise<readonly ServerUsage[]> {
    return Promise.all(this.programs.map((program) => program.usage()));
  }

  async close(): Promise<void> {
    for (const close of this.closers) close();
    await Promise.all(this.programs.map(({ program }) => program.kill()));
    this.folder.remove();
  }

  private run(name: string, role: "leader" | "follower", args: readonly string[]): Promise<string> {
    const path = `${this.folder.path}/${name.replace(" ", "-")}`;
    const command = [process.execPath, mainOf(role), path, ...args];
    const started = new LimitProgram(new Program({ name, command, logFile: `${path}.log` }));
    this.programs.push(started);
    return started.start();
  }
}

/** A process of the log, and its answers over the channel. */
class LimitProgram {
  readonly program: Program;
  private onMessage: (message: LimitMessage) => void = () => undefined;

  constructor(program: Program) {
    this.program = program;
    program.onMessage((message) => this.onMessage(message as LimitMessage));
  }

  async start(): Promise<string> {
    const answer = this.next();
    this.program.start();
    const died = this.program.ended(START_MAX_MS).then((): never => {
      throw new Error(`the bare log's ${this.program.name} ended: ${this.program.lastWords(8)}`);
    });
    // After the start its end is seen elsewhere.
    died.catch(() => undefined);
    const message = await Promise.race([answer, died]);
    if (message.kind !== "limit.port") throw new Error("the bare log says its port first");
    return `127.0.0.1:${message.port}`;
  }

  async usage(): Promise<ServerUsage> {
    const answer = this.next();
    this.program.send(ASK_USAGE);
    const message = await within(`usage of the ${this.program.name}`, START_MAX_MS, answer);
    if (message.kind !== "limit.usage") throw new Error("the bare log answers with its usage");
    return { name: this.program.name, ...message.usage };
  }

  private next(): Promise<LimitMessage> {
    return new Promise((resolve) => {
      this.onMessage = resolve;
    });
  }
}

interface Pipe {
  write(frame: Frame): unknown;
  on(event: "data", listener: (frame: Frame) => void): unknown;
}

export function laneOver(
  producer: Pipe,
  consumer: Pipe,
  { events, window }: { readonly events: LaneEvents; readonly window: number },
): Lane {
  const payload = Buffer.alloc(PAYLOAD_BYTES, 0x78);
  const toProducer = new Outbox((frame) => producer.write(frame));
  const toConsumer = new Outbox((frame) => consumer.write(frame));
  producer.on("data", (frame) => eachRecord(frame, ({ number }) => events.enqueued(number)));
  consumer.on("data", (frame) => {
    let taken = 0;
    eachRecord(frame, ({ kind, number }) => {
      if (kind === Said.acked) events.settled(number);
      if (kind !== Said.delivered) return;
      events.delivered(number);
      toConsumer.say(Said.ack, number);
      taken += 1;
    });
    if (taken > 0) toConsumer.say(Said.credits, taken);
  });
  toConsumer.say(Said.credits, prefetchOf(window));
  return { enqueue: (number) => toProducer.say(Said.enqueue, number, payload) };
}
