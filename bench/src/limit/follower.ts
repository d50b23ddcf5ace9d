// A follower of the bare log: takes blocks, syncs what came as one batch, says how far it is. Arguments: its
// folder. Says its port over the channel, and its usage when asked.

import { Server, ServerCredentials } from "@grpc/grpc-js";
import { usageOfThisProcess } from "../cluster/process-usage.js";
import { NUMBER_BYTES } from "./block.js";
import { PIPE, type Frame, type ServerPipe, SERVER_OPTIONS } from "./pipe.js";
import { answerUsage, sayPort } from "./process-channel.js";
import { LimitStore } from "./store.js";

const store = await LimitStore.open(process.argv[2] ?? "follower");
let turns = 0;
let frames = 0;
let entries = 0;

function serve(pipe: ServerPipe): void {
  let came: Frame[] = [];
  let isWriting = false;
  let written = 0;
  const run = async (): Promise<void> => {
    if (isWriting || came.length === 0) return;
    isWriting = true;
    const blocks = came;
    came = [];
    await store.append(written, blocks);
    written += blocks.length;
    entries += blocks.length;
    turns += 1;
    frames += 1;
    const last = blocks.at(-1);
    if (last !== undefined) pipe.write(last.subarray(0, NUMBER_BYTES));
    isWriting = false;
    void run();
  };
  pipe.on("data", (block: Frame) => {
    came.push(block);
    void run();
  });
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
  entries,
}));
