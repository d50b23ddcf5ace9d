// disheap pop: how it is called, which options exclude each other, and its exit code.
import type { Command } from "commander";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.js";
import { parseDuration, parsePartitions, parsePositive } from "../parse.js";
import type { Shell } from "../shell.js";
import { MessagePrinter, type PrintFormat } from "./message-printer.js";
import { heldMax, type PopCommandOptions, Taker } from "./taker.js";

const help = `
It takes what is ready now and ends; --wait and --follow stay for more. With -o json every message is
one line.

Examples:
  $ disheap pop jobs
  $ disheap pop jobs -n 10 --wait 5s
  $ disheap pop jobs --follow -o json
  $ disheap pop jobs --raw > payload.bin
  $ disheap pop jobs --no-ack --visibility 1m    then: disheap ack jobs ID TOKEN`;

export function registerPop(program: Command, shell: Shell): void {
  program
    .command("pop")
    .argument("<topic>", "the topic")
    .option(
      "-n, --count <n>",
      "take at most n messages (default: 1; with --follow no limit)",
      parsePositive,
    )
    .option("--ack", "settle each message once it is printed", true)
    .option("--no-ack", "leave them leased: they come again when the lease ends")
    .option("-w, --wait <duration>", "wait this long for messages to come", parseDuration)
    .option(
      "--visibility <duration>",
      "how long the leases last (default: the topic's)",
      parseDuration,
    )
    .option("-F, --follow", "go on until Ctrl-C, through any outage")
    .option("--partitions <list>", "take from these only, like 0,2", parsePartitions)
    .option(
      "--raw",
      "print payloads only: one as it is, byte for byte; with --follow, with -n above 1 and on a terminal, a line feed after each",
    )
    .description("take the best messages")
    .addHelpText("after", help)
    .action(async (topic: string, options: PopCommandOptions, command: Command) => {
      shell.exitCode = await pop(shell, topic, options, command);
    });
}

async function pop(
  shell: Shell,
  topic: string,
  options: PopCommandOptions,
  command: Command,
): Promise<ExitCode> {
  check(options, shell.isJson(command));
  const format = formatOf(options, shell.isJson(command));
  const printer = new MessagePrinter(shell, format, !options.ack);
  const isEndless = options.follow === true;
  const isWaiting = isEndless || options.wait !== undefined;
  const taker = new Taker(shell, printer, options, shell.timeoutMs(command));
  await shell.withClient(
    command,
    async (client) => {
      // What follows outlives any outage: a wrong address or topic must show before it begins.
      if (isEndless) await client.stats(topic);
      await taker.run(client, topic);
    },
    { isWaiting },
  );
  if (taker.count > 0 || isEndless) return exitCodes.ok;
  const text =
    `${taker.isStopped ? "Nothing came from" : "Nothing is ready in"} ${topic}. ` +
    (isWaiting ? "" : "Wait for messages with --wait 10s. ") +
    `What is delayed or leased: disheap peek ${topic}`;
  if (shell.isJson(command)) throw new CommandError(text, "NOTHING_READY", exitCodes.nothingReady);
  shell.terminal.err(`${text}\n`);
  return exitCodes.nothingReady;
}

function formatOf({ raw, follow, count = 1 }: PopCommandOptions, isJson: boolean): PrintFormat {
  if (raw !== true) return isJson ? "json" : "text";
  return follow === true || count > 1 ? "raw lines" : "raw";
}

function check(options: PopCommandOptions, isJson: boolean): void {
  const refuse = (text: string): never => {
    throw new CommandError(text, "INVALID_ARGUMENT", exitCodes.usage);
  };
  if (options.raw === true && isJson) {
    refuse("--raw and -o json exclude each other; give one of them.");
  }
  if (options.follow === true && options.wait !== undefined) {
    refuse("--follow waits without end; leave out --wait.");
  }
  if (options.follow === true && !options.ack) {
    refuse("--follow settles what it prints; to look without taking, use: disheap peek TOPIC");
  }
  if (!options.ack && options.wait !== undefined && (options.count ?? 1) > heldMax) {
    refuse(`Without --ack at most ${heldMax} messages can be held; lower -n.`);
  }
}
