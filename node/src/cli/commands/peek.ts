// disheap peek
import type { PeekedMessage } from "@disheap/client";
import type { Command } from "commander";
import { payloadLine } from "../format.js";
import { peekedJson } from "../json.js";
import { parseCount, parsePeekCount } from "../parse.js";
import type { Shell } from "../shell.js";
import { type Cell, renderTable } from "../table.js";

interface PeekCommandOptions {
  count?: number;
  partition?: number;
  dlq?: boolean;
}

const help = `
Examples:
  $ disheap peek jobs
  $ disheap peek jobs -n 100 --dlq -o json`;

export function registerPeek(program: Command, shell: Shell): void {
  program
    .command("peek")
    .argument("<topic>", "the topic")
    .option("-n, --count <n>", "at most so many, up to 1000 (default: 10)", parsePeekCount)
    .option("--partition <n>", "look at one partition only", parseCount)
    .option("--dlq", "show dead letters too")
    .description("look at the best messages and change nothing")
    .addHelpText("after", help)
    .action(async (topic: string, options: PeekCommandOptions, command: Command) =>
      peek(shell, topic, options, command),
    );
}

async function peek(
  shell: Shell,
  topic: string,
  options: PeekCommandOptions,
  command: Command,
): Promise<void> {
  const { items, hasMore } = await shell.withClient(command, (client) =>
    client.peek(topic, {
      limit: options.count,
      partition: options.partition,
      includeDeadLetters: options.dlq,
    }),
  );
  shell.print(command, { topic, items: items.map(peekedJson), has_more: hasMore }, () => {
    if (items.length === 0) return `${topic} is empty.\n`;
    const canRaise = (options.count ?? 0) < 1_000;
    const hint = canRaise ? "; raise -n to see them" : ", beyond the 1000 that can be shown";
    const more = hasMore ? `There are more${hint}.\n` : "";
    return table(items, shell) + more;
  });
}

function table(items: readonly PeekedMessage[], shell: Shell): string {
  const room = Math.max(20, shell.terminal.columns - 72);
  return renderTable(
    [
      { title: "PRIORITY", align: "right" },
      { title: "STATE" },
      { title: "ATTEMPTS", align: "right" },
      { title: "PARTITION", align: "right" },
      { title: "MESSAGE ID" },
      { title: "PAYLOAD" },
    ],
    items.map((item) => [
      `${item.priority}`,
      stateOf(item),
      `${item.attempts}`,
      `${item.partition}`,
      item.id,
      payloadLine(item.payload, room),
    ]),
    shell.paint,
  );
}

function stateOf(item: PeekedMessage): Cell {
  if (item.isDeadLetter) return { text: "dead letter", style: "red" };
  if (item.isLeased) return { text: "leased", style: "yellow" };
  return { text: "queued" };
}
