// `node test/harness/dist/wait-for-health.js URL... [--seconds N]`: ends with 0 once every node at these
// addresses (http://HOST:PORT) is healthy, and with 1 when one is not in time. For scripts that start nodes
// in another way, such as in containers.

import { parseArgs } from "node:util";
import { askHealth } from "./health.js";
import { until } from "./until.js";

const SECONDS = "30";

async function wait(url: string, maxMs: number): Promise<string | undefined> {
  let last = "no answer";
  try {
    await until(`${url} is healthy`, maxMs, async () => {
      const health = await askHealth(url);
      last = health === undefined ? "no answer" : JSON.stringify(health);
      return health?.healthy === true;
    });
    return undefined;
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)} (${last}).`;
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string", default: SECONDS } },
});
const maxMs = Number(values.seconds) * 1_000;
if (positionals.length === 0 || !(maxMs > 0)) {
  console.error("Give the HTTP addresses of the nodes, as http://127.0.0.1:8080, and --seconds N.");
  process.exit(2);
}
const problems = await Promise.all(positionals.map((url) => wait(url, maxMs)));
const said = problems.filter((problem) => problem !== undefined);
for (const problem of said) console.error(problem);
process.exit(said.length === 0 ? 0 : 1);
