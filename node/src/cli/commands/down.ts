// disheap down: ends what `npm start` runs, when its terminal is not at hand.
import type { Command } from "commander";
import { resolve } from "node:path";
import { down, type Downed } from "../../supervisor/down.js";
import { CommandError } from "../exit-codes.js";
import type { Shell } from "../shell.js";

const help = `
It stops on this machine what npm start runs in the folder, and in those that npm start makes in it for
other ports or another number of nodes. What does not stop is killed.

Examples:
  $ disheap down
  $ disheap down --data DIR      the folder given to npm start -- --data DIR`;

export function registerDown(program: Command, shell: Shell): void {
  program
    .command("down")
    .option("--data <dir>", "the data folder of npm start", "data")
    .description("stop the nodes that npm start runs")
    .addHelpText("after", help)
    .action(async ({ data }: { data: string }, command: Command) => {
      const downed = await down(resolve(data));
      const left = downed.flatMap((one) => one.left);
      if (left.length > 0) {
        const text = `These processes do not end, even when killed: ${left.join(", ")}.`;
        throw new CommandError(text, "INTERNAL");
      }
      const folders = downed.map(({ dataDir, stopped, killed }) => ({ dataDir, stopped, killed }));
      await shell.print(command, { stopped: folders.map(toJson) }, () => textOf(data, downed));
    });
}

function toJson({ dataDir, stopped, killed }: Omit<Downed, "left">): Record<string, unknown> {
  return { data: dataDir, processes: stopped, killed };
}

function textOf(data: string, downed: readonly Downed[]): string {
  if (downed.length === 0) return `Nothing runs in ${data}.\n`;
  return downed
    .map(({ dataDir, stopped, killed }) => {
      const more = killed === 0 ? "" : `, ${killed} of which had to be killed`;
      const count = stopped === 1 ? "1 process" : `${stopped} processes`;
      return `Stopped what ran in ${dataDir}: ${count}${more}.\n`;
    })
    .join("");
}
