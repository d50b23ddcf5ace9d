// `npm run harness`: real nodes for a test in any language, driven by lines of JSON over the standard streams.
// Exit code 0 when the input was closed, 1 when the nodes did not get healthy, 2 for a bad command line.

import { createInterface } from "node:readline";
import { Cluster } from "./cluster.js";
import { type Answer, answerTo, viewOf } from "./command/commands.js";
import { type Options, readOptions, USAGE } from "./command/options.js";

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function say(answer: Answer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function serve({ nodes, env, isCuttable }: Options): Promise<number> {
  // From the start on, so that no line is lost.
  const lines = createInterface({ input: process.stdin });
  let cluster: Cluster;
  try {
    cluster = await Cluster.start({ nodes, env, network: isCuttable ? "cuttable" : "direct" });
  } catch (error) {
    say({ ok: false, error: textOf(error) });
    return 1;
  }
  say({ ok: true, nodes: cluster.nodes.map(viewOf) });
  for await (const line of lines) say(await answerTo(cluster, line));
  await cluster.close();
  return 0;
}

function main(): Promise<number> | number {
  let options: Options | undefined;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${textOf(error)}\n\n${USAGE}`);
    return 2;
  }
  if (options !== undefined) return serve(options);
  console.log(USAGE);
  return 0;
}

process.exit(await main());
