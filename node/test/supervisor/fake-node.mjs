// Stands in for a node: says it is well, and does what its environment asks of it.
import { createServer } from "node:http";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const {
  STORAGE_PATH,
  NODE_ID,
  ENGINE_HTTP_BIND_ADDRESS,
  FAKE_STARTS,
  FAKE_FATAL,
  FAKE_DEAF,
  FAKE_FATAL_LATER,
  FAKE_SLOW,
  FAKE_LEADERLESS,
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
  // Slow, or a partition without a leader, for as long as the file that is named exists.
  const isSlow = () => FAKE_SLOW?.startsWith(`${NODE_ID}=`) && existsSync(FAKE_SLOW.slice(3));
  const health = () => ({
    ...(isSlow() ? { healthy: false, status: "starting" } : { healthy: true, status: "ok" }),
    is_leader: isLeader,
    leader: "x",
  });
  const groups = () => {
    const isLed = isLeader && !(FAKE_LEADERLESS !== undefined && existsSync(FAKE_LEADERLESS));
    return [{ topic: "jobs", partition: 2, state: isLed ? "Leader" : "Follower" }];
  };
  const raft = () => ({ node_id: NODE_ID, groups: groups() });
  const server = createServer((request, response) =>
    response.end(JSON.stringify(request.url === "/health" ? health() : raft())),
  );
  server.listen(Number(ENGINE_HTTP_BIND_ADDRESS.split(":")[1]), "127.0.0.1");
  process.on("SIGTERM", () => FAKE_DEAF !== NODE_ID && process.exit(0));
  process.on("disconnect", () => process.exit(0));
}
