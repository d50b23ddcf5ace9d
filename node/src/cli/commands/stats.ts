// disheap stats
import type { StatsResult, TopicStats } from "@disheap/client";
import type { Command } from "commander";
import { CommandError, exitCodes } from "../exit-codes.js";
import { statsJson } from "../json.js";
import { parseCount } from "../parse.js";
import type { Shell } from "../shell.js";
import { type Cell, renderTable } from "../table.js";
import { partitionTable } from "./partition-table.js";
import { uncountedText } from "./uncounted.js";

const help = `
Examples:
  $ disheap stats
  $ disheap stats jobs -o json`;

export function registerStats(program: Command, shell: Shell): void {
  program
    .command("stats")
    .argument("[topic]", "one topic; all without it")
    .option("--partition <n>", "below the topic, list this partition only", parseCount)
    .description("show counters")
    .addHelpText("after", help)
    .action(
      async (topic: string | undefined, options: { partition?: number }, command: Command) => {
        const { partition } = options;
        if (partition !== undefined && topic === undefined) {
          const text = `--partition needs a topic: disheap stats TOPIC --partition ${partition}`;
          throw new CommandError(text, "INVALID_ARGUMENT", exitCodes.usage);
        }
        const stats = await shell.withClient(command, (client) =>
          client.stats(topic, { partition }),
        );
        await shell.print(command, toPlain(stats), () => toText(stats, topic, shell));
      },
    );
}

/** The form of the HTTP interface's /stats. */
function toPlain({ global, topics }: StatsResult): Record<string, unknown> {
  const byTopic = [...topics].map(([name, stats]) => [name, statsJson(stats)] as const);
  return { global_stats: statsJson(global), topic_stats: Object.fromEntries(byTopic) };
}

function toText({ global, topics }: StatsResult, topic: string | undefined, shell: Shell): string {
  const rows = [...topics].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, s]) => row(name, s));
  if (topic === undefined) rows.push(row("(all)", global));
  const titles = "MESSAGES INFLIGHT DLQ ENQUEUES POPS ACKS NACKS RETRIES TIMEOUTS".split(" ");
  const counters = titles.map((title) => ({ title, align: "right" as const }));
  const table = renderTable([{ title: "TOPIC" }, ...counters], rows, shell.paint);
  const one = topic === undefined ? undefined : topics.get(topic);
  const uncounted = uncountedText(topics);
  if (one === undefined || one.partitions.length === 0) return table + uncounted;
  return `${table}\n${partitionTable(one.partitions, shell.paint)}${uncounted}`;
}

function row(name: string, stats: TopicStats): (Cell | string)[] {
  const { messages, inflight, deadLetters, enqueues, pops, acks, nacks, retries, timeouts } = stats;
  return [
    name,
    ...[messages, inflight, deadLetters, enqueues, pops, acks, nacks, retries, timeouts].map(
      String,
    ),
  ];
}
