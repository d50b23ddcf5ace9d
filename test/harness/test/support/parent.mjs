// Stands for a test that dies: it has a folder, a program that ends for nobody, a program with a child of its
// own, and, when told to, a real node. Says what they are, then ends as its argument has it, or waits.
import { Cluster, Program, temporaryFolder } from "@disheap/harness";
import { join } from "node:path";

const [end] = process.argv.slice(2);
const folder = temporaryFolder("disheap-harness-parent-");
const deaf = `for (const s of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(s, () => undefined);
  setInterval(() => undefined, 1000); console.log("up");`;
const start = (name, script, leadsGroup) =>
  new Program({
    name,
    command: [process.execPath, "-e", script],
    logFile: join(folder.path, `${name}.log`),
    leadsGroup,
  }).start();
const untilUp = async (program, pattern) => {
  for (;;) {
    const found = pattern.exec(program.log());
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
const alone = start("alone", deaf, false);
const head = start(
  "head",
  `const { spawn } = require("node:child_process");
   const child = spawn(process.execPath, ["-e", ${JSON.stringify(deaf)}], { stdio: "inherit" });
   console.log("child " + child.pid);`,
  true,
);
await untilUp(alone, /up/);
const pids = [alone.pid, head.pid, Number((await untilUp(head, /child (\d+)/))[1])];
if (end === "SIGKILL") {
  // Nothing of this process is left to end them, so only a node, which ends by itself.
  for (const pid of [-head.pid, alone.pid]) process.kill(pid, "SIGKILL");
  const alive = await Cluster.start({ nodes: 1, folder: folder.path });
  pids.splice(0, 3, alive.nodes[0].pid);
}
console.log(JSON.stringify({ folder: folder.path, pids }));
if (end === "throws") throw new Error("on purpose");
if (end === "rejects") void Promise.reject(new Error("on purpose"));
if (end === "exits") process.exit(4);
