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

const countDefault = 10;
const countMax = 1_000;
/** Of a payload, where the output is not cut by the width of a terminal. */
const charactersMax = 1_000;

const help = `
One answer carries about 1 MiB of payloads of a partition and 2 MiB in all; if large payloads fill it, fewer
messages are shown than -n says, and a line says so.

Examples:
  $ disheap peek jobs
  $ disheap peek jobs -n 100 --dlq -o json`;

export function registerPeek(program: Command, shell: Shell): void {
  program
    .command("peek")
    .argument("<topic>", "the topic")
    .option("-n, --count <n>", "show at most n messages, up to 1000 (default: 10)", parsePeekCount)
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
  await shell.print(command, { topic, items: items.map(peekedJson), has_more: hasMore }, () => {
    if (items.length === 0) return `${topic} is empty.\n`;
    const more = hasMore ? moreText(topic, items.length, options.count ?? countDefault) : "";
    const room = Math.min(charactersMax, Math.max(20, shell.terminal.columns - 72));
    const payloads = items.map(({ payload }) => payloadLine(payload, room));
    const isCut = items.some(
      ({ payload }, row) => payloadLine(payload, room + 1) !== payloads[row],
    );
    const note = isCut ? `Payloads are cut at …; whole: disheap peek ${topic} -o json\n` : "";
    return table(items, payloads, shell) + note + more;
  });
}

/** Why there are fewer rows than messages, and what can be done about it. */
function moreText(topic: string, shown: number, count: number): string {
  if (shown < count) {
    return (
      "There are more, but one answer is limited by size: about 1 MiB of payloads of a partition, 2 MiB in " +
      "all. To see the rest, take it for a while, which counts as a delivery: " +
      `disheap pop ${topic} -n ${count} --no-ack\n`
    );
  }
  const hint = count < countMax ? "; raise -n to see them" : ", beyond the 1000 that can be shown";
  return `There are more${hint}.\n`;
}

function table(items: readonly PeekedMessage[], payloads: readonly string[], shell: Shell): string {
  return renderTable(
    [
      { title: "PRIORITY", align: "right" },
      { title: "STATE" },
      { title: "ATTEMPTS", align: "right" },
      { title: "PARTITION", align: "right" },
      { title: "MESSAGE ID" },
      { title: "PAYLOAD" },
    ],
    items.map((item, row) => [
      `${item.priority}`,
      stateOf(item),
      `${item.attempts}`,
      `${item.partition}`,
      item.id,
      payloads[row] ?? "",
    ]),
    shell.paint,
  );
}

function stateOf(item: PeekedMessage): Cell {
  if (item.isDeadLetter) return { text: "dead letter", style: "red" };
  if (item.isLeased) return { text: "leased", style: "yellow" };
  return { text: "queued" };
}
