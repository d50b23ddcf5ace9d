// disheap enqueue
import { type Command, Option } from "commander";
import { readFile } from "node:fs/promises";
import { CommandError, exitCodes } from "../exit-codes.js";
import { parseCount, parseDuration, parsePriority } from "../parse.js";
import type { Shell } from "../shell.js";

interface EnqueueOptions {
  priority: bigint;
  key?: string;
  delay?: number;
  maxRetries?: number;
  file?: string;
}

const help = `
Examples:
  $ disheap enqueue jobs "wake the pager" --priority 1
  $ disheap enqueue jobs "not before lunch" --delay 2h --key customer-7
  $ disheap enqueue jobs --file report.bin --priority 9
  $ generate-report | disheap enqueue jobs -
  $ disheap enqueue jobs -- "--a payload that starts with dashes"`;

export function registerEnqueue(program: Command, shell: Shell): void {
  program
    .command("enqueue")
    .argument("<topic>", "the topic")
    .argument("[payload]", "the message as text, or - for standard input; or use --file")
    .addOption(
      new Option("-p, --priority <n>", "any 64-bit integer")
        .argParser(parsePriority)
        .default(0n, "0"),
    )
    .option("-k, --key <key>", "messages of one key share a partition")
    .option("-d, --delay <duration>", "not delivered before this long from now", parseDuration)
    .option("--max-retries <n>", "0: the first failure is the last", parseCount)
    .option("-f, --file <path>", "take the payload from a file, or from standard input with -")
    .description("add a message")
    .addHelpText("after", help)
    .action(
      async (topic: string, text: string | undefined, options: EnqueueOptions, command: Command) =>
        enqueue(shell, topic, text, options, command),
    );
}

async function enqueue(
  shell: Shell,
  topic: string,
  text: string | undefined,
  options: EnqueueOptions,
  command: Command,
): Promise<void> {
  const payload = await payloadOf(shell, text, options.file);
  const { priority } = options;
  const result = await shell.withClient(command, (client) =>
    client.enqueue(topic, payload, {
      priority,
      partitionKey: options.key,
      delayMs: options.delay,
      maxRetries: options.maxRetries,
    }),
  );
  const { messageId, partition, duplicate } = result;
  await shell.print(
    command,
    { message_id: messageId, topic, partition_id: partition, priority, duplicate },
    () => `Enqueued ${messageId} to ${topic}, partition ${partition}, priority ${priority}.\n`,
  );
}

async function payloadOf(
  shell: Shell,
  text: string | undefined,
  file: string | undefined,
): Promise<Uint8Array | string> {
  if ((text === undefined) === (file === undefined)) {
    const message =
      "Give the payload once: as the second argument, or with --file PATH (in both, - is standard input).";
    throw new CommandError(message, "INVALID_ARGUMENT", exitCodes.usage);
  }
  if ((file ?? text) === "-") return shell.terminal.readStdin();
  if (file === undefined) return text ?? "";
  try {
    return await readFile(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const text = `Cannot read ${file}: ${reason}. Name a file that is there, or - for standard input.`;
    throw new CommandError(text, "INVALID_ARGUMENT", exitCodes.usage);
  }
}
