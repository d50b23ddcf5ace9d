// `node tools/run.mjs FILE ARGS...`: builds, stops on a compile error, then becomes FILE.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { build } from "./build.mjs";
import { root } from "./rooms.mjs";

const [file, ...args] = process.argv.slice(2);
const code = build();
if (code !== 0) process.exit(code);
const child = spawn(process.execPath, [join(root, file), ...args], {
  cwd: process.env.INIT_CWD ?? root,
  stdio: "inherit",
});
// A signal to the group reaches the child by itself; one sent to this process alone is passed on.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (exitCode, signal) => process.exit(exitCode ?? (signal === "SIGINT" ? 130 : 143)));
