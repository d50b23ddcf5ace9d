// disheap topic create | ls | show | rm
import {
  type DisheapClient,
  DisheapConflictError,
  DisheapLeaseError,
  type TopicInfo,
} from "@disheap/client";
import { type Command, Option } from "commander";
import { CommandError, exitCodes } from "../exit-codes.js";
import { formatBytes, formatDuration } from "../format.js";
import { toJson, topicJson } from "../json.js";
import { parseBytes, parseDuration, parsePositive, parseTopicRetries } from "../parse.js";
import type { Shell } from "../shell.js";
import { renderPairs, renderTable } from "../table.js";
import { partitionTable } from "./partition-table.js";
import { uncountedText } from "./uncounted.js";

interface CreateOptions {
  mode: "min" | "max";
  partitions?: number;
  replicationFactor?: number;
  topK?: number;
  retention?: number;
  visibility?: number;
  maxRetries?: number;
  maxPayload?: number;
  compression?: boolean;
  dlq: boolean;
  dlqRetention?: number;
}

export function registerTopic(program: Command, shell: Shell): void {
  const topic = program.command("topic").description("create, list, show and remove topics");
  registerCreate(topic, shell);
  topic
    .command("ls")
    .alias("list")
    .description("list all topics")
    .addHelpText("after", "\nExamples:\n  $ disheap topic ls\n  $ disheap topic ls -o json")
    .action(async (_options: unknown, command: Command) => list(shell, command));
  topic
    .command("show")
    .argument("<topic>", "its name")
    .description("show the configuration of a topic, its counters and where its partitions live")
    .addHelpText(
      "after",
      "\nExamples:\n  $ disheap topic show jobs\n  $ disheap topic show jobs -o json",
    )
    .action(async (name: string, _options: unknown, command: Command) =>
      show(shell, name, command),
    );
  topic
    .command("rm")
    .argument("<topic>", "its name")
    .option("-f, --force", "yes, with all its messages")
    .description("remove a topic with all its messages")
    .addHelpText("after", "\nExample:\n  $ disheap topic rm jobs --force")
    .action(async (name: string, options: { force?: boolean }, command: Command) =>
      remove(shell, name, options.force ?? false, command),
    );
}

function registerCreate(topic: Command, shell: Shell): void {
  topic
    .command("create")
    .argument("<topic>", "its name: letters, digits, _ and -")
    .description("create a topic")
    .addOption(
      new Option("-m, --mode <mode>", "which priority comes first: the smallest or the largest")
        .choices(["min", "max"])
        .default("min"),
    )
    .option("-p, --partitions <n>", "how many partitions (default: 1)", parsePositive)
    .option("--replication-factor <n>", "how many replicas of each partition", parsePositive)
    .option(
      "--top-k <n>",
      "stored and shown, without effect in this version (default: 100)",
      parsePositive,
    )
    .option(
      "--retention <duration>",
      "stored and shown, without effect in this version (default: 24h)",
      parseDuration,
    )
    .option("--visibility <duration>", "how long a lease lasts (default: 30s)", parseDuration)
    .option(
      "--max-retries <n>",
      "retries before the dead letter queue (default: 3)",
      parseTopicRetries,
    )
    .option("--max-payload <size>", "largest payload (default: 1MiB)", parseBytes)
    .option("--compression", "stored and shown, without effect in this version")
    .option("--no-dlq", "keep retrying instead of moving to the dead letter queue")
    .option(
      "--dlq-retention <duration>",
      "stored and shown, without effect in this version (default: 7d)",
      parseDuration,
    )
    .addHelpText(
      "after",
      "\nExamples:\n  $ disheap topic create jobs\n" +
        "  $ disheap topic create bids --mode max --partitions 4 --visibility 1m",
    )
    .action(async (name: string, options: CreateOptions, command: Command) =>
      create(shell, name, options, command),
    );
}

async function create(
  shell: Shell,
  name: string,
  options: CreateOptions,
  command: Command,
): Promise<void> {
  if (!options.dlq && options.dlqRetention !== undefined) {
    const text = "--no-dlq and --dlq-retention exclude each other; give one of them.";
    throw new CommandError(text, "INVALID_ARGUMENT", exitCodes.usage);
  }
  const { dlqRetention } = options;
  const { heapId } = await shell.withClient(command, (client) =>
    createTopic(client, name, {
      mode: options.mode,
      partitions: options.partitions,
      replicationFactor: options.replicationFactor,
      topKBound: options.topK,
      retentionMs: options.retention,
      visibilityMs: options.visibility,
      maxRetries: options.maxRetries,
      maxPayloadBytes: options.maxPayload,
      compression: options.compression,
      deadLetters: dlqRetention === undefined ? options.dlq : { retentionMs: dlqRetention },
    }),
  );
  await shell.print(command, { topic: name, heap_id: heapId }, () => `Created topic ${name}.\n`);
}

async function createTopic(
  client: DisheapClient,
  name: string,
  options: Parameters<DisheapClient["createTopic"]>[1],
): ReturnType<DisheapClient["createTopic"]> {
  try {
    return await client.createTopic(name, options);
  } catch (error) {
    // One that is being removed still has its name, and topic show does not find it: the node says that.
    const isThere =
      error instanceof DisheapConflictError && error.message.includes("already exists");
    if (!isThere) throw error;
    const text = `Topic "${name}" already exists. Look at it: disheap topic show ${name}`;
    throw new CommandError(text, error.code);
  }
}

async function list(shell: Shell, command: Command): Promise<void> {
  const topics: TopicInfo[] = [];
  await shell.withClient(command, async (client) => {
    for await (const topic of client.listTopics({ pageSize: 1_000 })) topics.push(topic);
  });
  await shell.print(command, topics.map(topicJson), () => {
    if (topics.length === 0) return "No topics yet. Create one: disheap topic create jobs\n";
    const table = renderTable(
      [
        { title: "TOPIC" },
        { title: "MODE" },
        { title: "PARTITIONS", align: "right" },
        { title: "REPLICAS", align: "right" },
        { title: "MESSAGES", align: "right" },
        { title: "INFLIGHT", align: "right" },
        { title: "DLQ", align: "right" },
      ],
      topics.map(({ topic, mode, partitions, replicationFactor, stats }) => [
        topic,
        mode,
        `${partitions}`,
        `${replicationFactor}`,
        `${stats.messages}`,
        `${stats.inflight}`,
        { text: `${stats.deadLetters}`, style: stats.deadLetters > 0 ? "yellow" : undefined },
      ]),
      shell.paint,
    );
    return table + uncountedText(topics.map(({ topic, stats }) => [topic, stats] as const));
  });
}

async function show(shell: Shell, name: string, command: Command): Promise<void> {
  const topic = await shell.withClient(command, (client) => find(client, name));
  if (topic === undefined) {
    const text = `Topic "${name}" not found. List the topics there are: disheap topic ls`;
    throw new CommandError(text, "NOT_FOUND", exitCodes.notFound);
  }
  if (shell.isJson(command)) await shell.write(toJson(topicJson(topic)));
  else await shell.write(describe(topic, shell));
}

/** Topics come sorted by name, so the search may stop behind the place of `name`. */
async function find(client: DisheapClient, name: string): Promise<TopicInfo | undefined> {
  for await (const topic of client.listTopics({ pageSize: 1_000 })) {
    if (topic.topic === name) return topic;
    if (topic.topic > name) return undefined;
  }
  return undefined;
}

function describe(topic: TopicInfo, shell: Shell): string {
  const { stats } = topic;
  const first = topic.mode === "min" ? "smallest first" : "largest first";
  const deadLetters = topic.deadLetters
    ? `kept for ${formatDuration(topic.deadLetterRetentionMs)}`
    : "off: retried for ever";
  const pairs = renderPairs(
    [
      ["Topic", topic.topic],
      ["Mode", `${topic.mode} (${first})`],
      ["Partitions", `${topic.partitions}`],
      ["Replication factor", `${topic.replicationFactor}`],
      ["Top-K bound", `${topic.topKBound}`],
      ["Retention", formatDuration(topic.retentionMs)],
      ["Visibility", formatDuration(topic.visibilityMs)],
      ["Max retries", `${topic.maxRetries}`],
      ["Max payload", formatBytes(topic.maxPayloadBytes)],
      ["Compression", topic.compression ? "on" : "off"],
      ["Dead letters", deadLetters],
      ["Created", topic.createdAt?.toISOString() ?? "unknown"],
      [
        "Messages",
        `${stats.messages} (${stats.inflight} leased), ${stats.deadLetters} dead letters`,
      ],
    ],
    shell.paint,
  );
  const uncounted = uncountedText([[topic.topic, stats]]);
  return `${pairs}\n${partitionTable(stats.partitions, shell.paint)}${uncounted}`;
}

async function remove(
  shell: Shell,
  name: string,
  isForced: boolean,
  command: Command,
): Promise<void> {
  try {
    await shell.withClient(command, (client) => client.deleteTopic(name, { force: isForced }));
  } catch (error) {
    if (isForced || !(error instanceof DisheapLeaseError)) throw error;
    const text = `This removes topic "${name}" with all its messages. Repeat it with --force if you mean it.`;
    throw new CommandError(text, error.code);
  }
  await shell.print(command, { topic: name, deleted: true }, () => `Removed topic ${name}.\n`);
}
