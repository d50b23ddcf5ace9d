// The process of a bare node: the API's Enqueue over grpc-js in front, the peer links and the store of a
// real node behind. Arguments: member number, folder, peer addresses. Says its port over the channel once
// all links are up, and its usage whenever it is asked.

import { createGrpcNetwork } from "@disheap/io/grpc";
import { createLevelDisk } from "@disheap/io/level";
import { DisheapService, type EnqueueReq, type EnqueueResp } from "@disheap/proto";
import { type sendUnaryData, Server, ServerCredentials, type ServerUnaryCall } from "@grpc/grpc-js";
import { join } from "node:path";
import type { ServerUsage } from "../cluster/cost.js";
import { usageOfThisProcess } from "../cluster/process-usage.js";
import { BareNode } from "./bare-node.js";

/** A producer's messages go to one partition in blocks of this many (contract section 10). */
const BLOCK_SEQUENCES = 64n;
const ANSWER: EnqueueResp = {
  messageId: "00000000000000000000000000",
  partitionId: 0,
  duplicate: false,
};

const [selfText = "1", folder = ".", ...addresses] = process.argv.slice(2);
const self = Number(selfText);
const members = addresses.map((address, index) => ({ name: `bare${index + 1}`, address }));
let syncs = 0;
let writtenBytes = 0;
let turns = 0;
let frames = 0;
let linksUp = 0;

const disk = createLevelDisk({
  directory: join(folder, `bare${self}`),
  push: (event) => {
    if (event.kind === "disk.failed") throw new Error(event.message);
    if (event.kind === "disk.opened") joinOthers();
    node.push(event);
  },
});
const network = createGrpcNetwork({
  node: `bare${self}`,
  members,
  listen: addresses[self - 1] ?? "127.0.0.1:0",
  secret: "",
  isLoopback: true,
  push: (event) => {
    if (event.kind === "peer.hello") network.answer(event.call, undefined);
    if (event.kind === "peer.up") linksUp += 1;
    node.push(event);
    if (linksUp === members.length - 1) listen();
  },
  log: () => undefined,
});
const node = new BareNode({
  self,
  members: members.map((_, index) => index + 1),
  send: (peer, frame) => {
    frames += 1;
    network.send(peer, frame);
  },
  write: (ops) => {
    syncs += 1;
    for (const op of ops) writtenBytes += op.key.length + (op.type === "put" ? op.value.length : 0);
    disk.write(syncs, ops, true);
  },
  wake: () =>
    setImmediate(() => {
      turns += 1;
      node.run();
    }),
});

function enqueue(
  call: ServerUnaryCall<EnqueueReq, EnqueueResp>,
  callback: sendUnaryData<EnqueueResp>,
): void {
  const block = (call.request.sequence ?? 0n) / BLOCK_SEQUENCES;
  const leader = Number(block % BigInt(members.length)) + 1;
  node.enqueue(leader, call.request.payload, () => callback(null, ANSWER));
}

let isListening = false;
function listen(): void {
  if (isListening) return;
  isListening = true;
  const server = new Server({ "grpc.enable_channelz": 0 });
  server.addService({ enqueue: DisheapService.enqueue }, { enqueue });
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) throw error;
    process.send?.({ port });
  });
}

/** Not before its store is open: the first frame of another node is a copy to write. */
function joinOthers(): void {
  network.start((problem) => {
    if (problem !== undefined) throw new Error(problem);
    // Nobody here has an identity to show; without a card nobody is dialled.
    network.introduce(new Uint8Array(0));
  });
}

disk.open(0);
process.on("message", () => {
  const usage: ServerUsage = { ...usageOfThisProcess(), syncs, writtenBytes, turns, frames };
  process.send?.(usage);
});
process.on("disconnect", () => process.exit(0));
