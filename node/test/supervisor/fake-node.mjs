// Stands in for a node: says it is well, and does what its environment asks of it.
import { createServer } from "node:http";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const {
  STORAGE_PATH,
  NODE_ID,
  ENGINE_HTTP_BIND_ADDRESS,
  FAKE_STARTS,
  FAKE_FATAL,
  FAKE_DEAF,
  FAKE_FATAL_LATER,
} = process.env;
appendFileSync(FAKE_STARTS, `${NODE_ID} ${process.pid}\n`);
console.log(`fake ${NODE_ID}`);
if (FAKE_FATAL?.split(",").includes(NODE_ID)) {
  process.send({ kind: "fatal", message: "The chain is broken." }, () => process.exit(1));
} else if (
  FAKE_FATAL_LATER === NODE_ID &&
  readFileSync(FAKE_STARTS, "utf8").split("\n").length > 2
) {
  process.send({ kind: "fatal", message: "The disk is gone." }, () => process.exit(1));
} else {
  mkdirSync(STORAGE_PATH, { recursive: true });
  writeFileSync(join(STORAGE_PATH, "identity.json"), "{}");
  // The first that may start.
  const isLeader = NODE_ID === (FAKE_FATAL?.includes("n1") ? "n2" : "n1");
  const body = { healthy: true, is_leader: isLeader, leader: "x", status: "ok" };
  const server = createServer((_, response) => response.end(JSON.stringify(body)));
  server.listen(Number(ENGINE_HTTP_BIND_ADDRESS.split(":")[1]), "127.0.0.1");
  process.on("SIGTERM", () => FAKE_DEAF !== NODE_ID && process.exit(0));
  process.on("disconnect", () => process.exit(0));
}
