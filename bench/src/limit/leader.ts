// The leader of the bare log: everything that clients say is a record in a block, each block goes to both
// followers and to its own disk, and what a majority synced is answered. One block at a time goes to the
// disk, the next one fills meanwhile. No priorities, ids, leases, checks: first in, first out.
// Arguments: its folder and the addresses of its followers.

import { Server, ServerCredentials } from "@grpc/grpc-js";
import { usageOfThisProcess } from "../cluster/process-usage.js";
import { blockOf, numberOfBlock } from "./block.js";
import { Commits } from "./commits.js";
import { openPipe, PIPE, type Frame, type ServerPipe, SERVER_OPTIONS } from "./pipe.js";
import { answerUsage, sayPort } from "./process-channel.js";
import { eachRecord, Outbox, payloadOfRecord, Said, type RecordView } from "./records.js";
import { LimitStore } from "./store.js";

/** What a lease of one message would weigh in the log. */
const GRANT_BYTES = 24;
const SELF = 0;

const [folder = "leader", ...followers] = process.argv.slice(2);
const store = await LimitStore.open(folder);
const commits = new Commits(followers.length + 1);
const pipes = followers.map((address, i) => {
  const { pipe } = openPipe(address);
  pipe.on("data", (frame: Frame) => commits.synced(i + 1, numberOfBlock(frame)));
  return pipe;
});
let records: Frame[] = [];
let waiters: (() => void)[] = [];
let block = 0;
let isWriting = false;
let isScheduled = false;
let turns = 0;
let frames = 0;

function propose(record: Frame, done: () => void): void {
  records.push(record);
  waiters.push(done);
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(() => void turn());
}

async function turn(): Promise<void> {
  isScheduled = false;
  if (isWriting || records.length === 0) return;
  turns += 1;
  block += 1;
  const bytes = blockOf(block, records);
  commits.wait(block, waiters);
  records = [];
  waiters = [];
  for (const pipe of pipes) pipe.write(bytes);
  frames += pipes.length;
  isWriting = true;
  await store.append(block, [bytes]);
  isWriting = false;
  commits.synced(SELF, block);
  void turn();
}

interface Ready {
  readonly number: number;
  readonly payload: Frame;
}

/** The queue: what is committed, and who takes it. */
const ready: Ready[] = [];
let consumer: Outbox | undefined;
let credits = 0;

function handOut(): void {
  const to = consumer;
  const count = Math.min(credits, ready.length);
  if (to === undefined || count === 0) return;
  credits -= count;
  const items = ready.splice(0, count);
  propose(Buffer.alloc(GRANT_BYTES * count), () => {
    for (const { number, payload } of items) to.say(Said.delivered, number, payload);
  });
}

function serve(pipe: ServerPipe): void {
  const outbox = new Outbox((frame) => pipe.write(frame));
  const take = (frame: Frame, record: RecordView): void => {
    const { kind, number, from, to } = record;
    if (kind === Said.credits) {
      consumer = outbox;
      credits += number;
      handOut();
    } else if (kind === Said.ack) {
      propose(frame.subarray(from, to), () => outbox.say(Said.acked, number));
    } else {
      const payload = payloadOfRecord(frame, record);
      propose(frame.subarray(from, to), () => {
        outbox.say(Said.enqueued, number);
        ready.push({ number, payload });
        handOut();
      });
    }
  };
  pipe.on("data", (frame: Frame) => eachRecord(frame, (record) => take(frame, record)));
  pipe.on("end", () => pipe.end());
  pipe.on("error", () => undefined);
}

const server = new Server(SERVER_OPTIONS);
server.addService(PIPE, { pipe: serve });
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), sayPort);
answerUsage(() => ({
  ...usageOfThisProcess(),
  syncs: store.syncs,
  writtenBytes: store.writtenBytes,
  turns,
  frames,
  entries: block,
}));
