// The real-process test: `node test/cluster/dist/main.js [--json] [--seed N] [--messages N] [--kills N]`.
// Its last line with --json is one object with at least {passed, failed}; exit code 1 on a failure. The
// history goes to reports/out/; after a failure the data folders stay, and their path is printed.

import { fileURLToPath } from "node:url";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { Cluster, temporaryFolder } from "@disheap/harness";
import { Recorder } from "./recorder.js";
import { type Check, run } from "./run.js";

const HISTORY = new URL("../../../reports/out/process-test.jsonl", import.meta.url);

interface Options {
  readonly help: boolean;
  readonly json: boolean;
  readonly keep: boolean;
  readonly seed: number;
  readonly messages: number;
  readonly kills: number;
}

const USAGE =
  "node test/cluster/dist/main.js [--json] [--keep] [--seed N] [--messages N] [--kills N]";
const HELP = `${USAGE}

Three real nodes under load, whose leaders are killed one after another: nothing acknowledged may be lost, and the
recorded history in reports/out/process-test.jsonl is judged. The last line is "N passed, M failed".

  --messages N  how many messages are sent (default: 2000)
  --kills N     how many leaders are killed (default: 5)
  --seed N      of what is drawn, such as when and whom to kill (default: another one each time)
  --keep        leave the data folders and logs; after a failure they are left anyway
  --json        the last line is one JSON object
  --help        this text

Exit codes: 0 all checks passed, 1 a check failed, 2 a command line that cannot be used.`;

function refuse(text: string): never {
  console.error(`${text}\n${USAGE}`);
  process.exit(2);
}

function parse() {
  return parseArgs({
    options: {
      help: { type: "boolean", short: "h", default: false },
      json: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      messages: { type: "string", default: "2000" },
      kills: { type: "string", default: "5" },
    },
  }).values;
}

function readOptions(): Options {
  let values: ReturnType<typeof parse>;
  try {
    values = parse();
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  return {
    help: values.help,
    json: values.json,
    keep: values.keep,
    seed: count("--seed", values.seed),
    messages: count("--messages", values.messages),
    kills: count("--kills", values.kills),
  };
}

function count(flag: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) refuse(`${flag} wants a whole number, not "${text}".`);
  return Number(text);
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const startMs = performance.now();
  const say = (text: string): void => {
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    console.log(`${seconds.padStart(5)} s  ${text.replaceAll("\n", "\n         ")}`);
  };
  const folder = temporaryFolder("disheap-cluster-");
  const history = fileURLToPath(HISTORY);
  const recorder = new Recorder();
  const checks: Check[] = [];
  let cluster: Cluster | undefined;
  say(`seed ${String(options.seed)}, data in ${folder.path}`);
  try {
    cluster = await Cluster.start({ folder: folder.path });
    say("three nodes are healthy");
    checks.push(...(await run({ ...options, say }, cluster, recorder)));
    const exits = await cluster.stop();
    checks.push({
      name: "every node stops cleanly on SIGTERM",
      ok: [...exits.values()].every(({ code }) => code === 0),
      detail: [...exits].map(([name, { code }]) => `${name} ${String(code)}`).join(", "),
    });
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    checks.push({ name: "the run itself", ok: false, detail });
  } finally {
    await cluster?.close();
    recorder.write(history);
  }
  for (const { name, ok, detail } of checks) say(`${ok ? "ok  " : "FAIL"} ${name}: ${detail}`);
  const failed = checks.filter(({ ok }) => !ok).length;
  say(`history: ${history}`);
  if (failed > 0 || options.keep) {
    folder.keep();
    say(`data folders and logs are kept in ${folder.path}`);
  } else folder.remove();
  const passed = checks.length - failed;
  const wallMs = Math.round(performance.now() - startMs);
  const { seed, messages, kills } = options;
  const result = { passed, failed, seed, messages, kills, wallMs, history };
  console.log(
    options.json ? JSON.stringify(result) : `${String(passed)} passed, ${String(failed)} failed`,
  );
  return failed === 0 ? 0 : 1;
}

// Not by an empty event loop: after a failed run its clients may still be busy.
process.exit(await main());
