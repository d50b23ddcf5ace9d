// The other end of `frames`: a process with the shipped link to the bench that answers every frame with 64
// bytes. Arguments: the addresses of the bench and of itself. Says when it listens, and its usage when asked.

import { createGrpcNetwork } from "@disheap/io/grpc";
import { usageOfThisProcess } from "../cluster/process-usage.js";
import { linkMembers, NO_CARD } from "./link.js";

const ANSWER = new Uint8Array(64);
const [bench = "", self = ""] = process.argv.slice(2);

const network = createGrpcNetwork({
  node: "peer",
  members: linkMembers(bench, self),
  listen: self,
  secret: "",
  isLoopback: true,
  push: (event) => {
    if (event.kind === "peer.hello") network.answer(event.call, undefined);
    if (event.kind === "peer.frame") network.send(event.peer, ANSWER);
  },
  log: () => undefined,
});
network.start((problem) => {
  if (problem !== undefined) throw new Error(problem);
  network.introduce(NO_CARD);
  process.send?.("listens");
});
process.on("message", () => process.send?.(usageOfThisProcess()));
process.on("disconnect", () => process.exit(0));
