// A gRPC server that answers every Enqueue at once and does nothing else, in a process of its own: what is
// measured against it is the generator, the client library and gRPC. Says its port over the channel.

import { DisheapService, type EnqueueReq, type EnqueueResp } from "@disheap/proto";
import { type sendUnaryData, Server, ServerCredentials, type ServerUnaryCall } from "@grpc/grpc-js";
import { usageOfThisProcess } from "../cluster/process-usage.js";

const ANSWER: EnqueueResp = {
  messageId: "00000000000000000000000000",
  partitionId: 0,
  duplicate: false,
};

const server = new Server();
server.addService(
  { enqueue: DisheapService.enqueue },
  {
    enqueue: (
      _call: ServerUnaryCall<EnqueueReq, EnqueueResp>,
      callback: sendUnaryData<EnqueueResp>,
    ) => callback(null, ANSWER),
  },
);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.send?.({ port });
});
process.on("message", () => process.send?.(usageOfThisProcess()));
process.on("disconnect", () => process.exit(0));
