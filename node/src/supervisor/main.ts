// `npm start`: a cluster on this machine, from nothing to "here is what to type next".

import { dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { V8_FLAGS } from "../memory/v8-flags.js";
import { findBusyPorts } from "./free-ports.js";
import { HELP, parseOptions, type SupervisorOptions } from "./options.js";
import { watchParent } from "./parent.js";
import { readPidFile, runningOf } from "./pid-file.js";
import { StartFailure, Supervisor } from "./supervisor.js";
import { bannerText, failedStartText, paintFor } from "./text.js";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** One Ctrl-C arrives several times: from the terminal, and passed on by whoever started us. */
const SAME_SIGNAL_MS = 1_000;

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2), process.cwd());
  if (parsed.kind === "help") {
    console.log(HELP);
    return 0;
  }
  if (parsed.kind === "problems") {
    console.error(parsed.problems.join("\n"));
    return EXIT_USAGE;
  }
  const before = readPidFile(parsed.options.dataDir);
  const running = before === undefined ? [] : runningOf(before);
  if (running.length > 0) {
    const pids = running.map(({ pid }) => String(pid)).join(", ");
    console.error(
      `Disheap did not start. It runs already in ${parsed.options.dataDir} (processes ${pids}). ` +
        "Stop that first: npx disheap down --data DIR, or choose another folder with --data.",
    );
    return EXIT_FAILED;
  }
  const busy = await findBusyPorts(parsed.options.nodes);
  if (busy.length > 0) {
    console.error(
      `Disheap did not start. ${busy.join(" ")}\n` +
        "Stop what uses it (another Disheap?), or choose other ports: npm start -- --port-base 20000",
    );
    return EXIT_FAILED;
  }
  return run(parsed.options);
}

async function run(options: SupervisorOptions): Promise<number> {
  const paint = paintFor(process.stdout);
  const nodeMain = join(dirname(dirname(fileURLToPath(import.meta.url))), "main.js");
  const supervisor = new Supervisor(options, {
    nodeCommand: [process.execPath, ...V8_FLAGS, nodeMain],
    env: process.env,
    say: (text) => {
      console.log(`${new Date().toTimeString().slice(0, 8)}  ${text}`);
    },
    onGivenUp: () => {
      ended.end(EXIT_FAILED, "No node is left to run.");
    },
  });
  const ended = endOnSignal(supervisor);
  try {
    const count = String(options.nodes.length);
    console.log(`Starting ${count} ${count === "1" ? "node" : "nodes"} ...`);
    const started = await supervisor.start();
    const running = { ...started, pids: supervisor.pids() };
    console.log(bannerText(options, running, process.cwd(), paint));
  } catch (error) {
    await supervisor.stop();
    if (ended.code !== undefined) return ended.code;
    if (!(error instanceof StartFailure)) throw error;
    console.error(paint.bad(failedStartText(error.message, error.node, process.cwd())));
    return EXIT_FAILED;
  }
  return ended.promise;
}

interface Ended {
  promise: Promise<number>;
  code: number | undefined;
  end: (code: number, why: string | undefined) => void;
}

/** Ends everything on a signal, on the loss of whoever started us, and when nobody reads any more. */
function endOnSignal(supervisor: Supervisor): Readonly<Ended> {
  const ended: Ended = { promise: Promise.resolve(0), code: undefined, end: () => undefined };
  ended.promise = new Promise((resolve) => {
    let firstMs = 0;
    const end = (code: number, why: string | undefined): void => {
      if (ended.code !== undefined) {
        if (performance.now() - firstMs > SAME_SIGNAL_MS) supervisor.kill();
        return;
      }
      firstMs = performance.now();
      ended.code = code;
      if (why !== undefined) console.log(why);
      void supervisor.stop().then(() => {
        resolve(code);
      });
    };
    ended.end = end;
    process.on("SIGINT", () => {
      end(0, "\nStopping all nodes (Ctrl-C again kills them) ...");
    });
    for (const signal of ["SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        end(0, "Stopping all nodes ...");
      });
    }
    process.stdout.on("error", () => {
      end(EXIT_FAILED, undefined);
    });
    watchParent(() => {
      end(EXIT_FAILED, undefined);
    });
  });
  return ended;
}

process.exitCode = await main();
