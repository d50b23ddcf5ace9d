// disheap ack | nack | extend: for leases taken with `pop --no-ack`.
import type { Command } from "commander";
import { parseDuration } from "../parse.js";
import type { Shell } from "../shell.js";

interface NackCommandOptions {
  backoff?: number;
  reason?: string;
}

/** ID and TOKEN are what `pop` has printed. */
const help = (line: string): string => `
Examples:
  $ disheap pop jobs --no-ack      prints ID and TOKEN
  $ disheap ${line}`;

export function registerSettle(program: Command, shell: Shell): void {
  program
    .command("ack")
    .argument("<topic>", "the topic")
    .argument("<message-id>", "as printed by pop")
    .argument("<lease-token>", "as printed by pop --no-ack")
    .description("settle a leased message: it is done")
    .addHelpText("after", help("ack jobs ID TOKEN"))
    .action(
      async (topic: string, id: string, token: string, _options: unknown, command: Command) => {
        await shell.withClient(command, (client) => client.ack(topic, id, token));
        await shell.print(
          command,
          { topic, message_id: id, acked: true },
          () => `Settled ${id}.\n`,
        );
      },
    );
  program
    .command("nack")
    .argument("<topic>", "the topic")
    .argument("<message-id>", "as printed by pop")
    .argument("<lease-token>", "as printed by pop --no-ack")
    .option("--backoff <duration>", "when it may be tried again, exactly", parseDuration)
    .option("--reason <text>", "sent along; nodes do not keep it in this version")
    .description("give a leased message back: it is tried again later")
    .addHelpText("after", help('nack jobs ID TOKEN --backoff 30s --reason "no network"'))
    .action(
      async (
        topic: string,
        id: string,
        token: string,
        options: NackCommandOptions,
        command: Command,
      ) => {
        const { backoff, reason } = options;
        await shell.withClient(command, (client) =>
          client.nack(topic, id, token, { backoffMs: backoff, reason }),
        );
        await shell.print(
          command,
          { topic, message_id: id, nacked: true },
          () => `Gave back ${id}.\n`,
        );
      },
    );
  program
    .command("extend")
    .argument("<topic>", "the topic")
    .argument("<lease-token>", "as printed by pop --no-ack")
    .argument("<duration>", "added to the end of the lease", parseDuration)
    .description("make a lease last longer")
    .addHelpText("after", help("extend jobs TOKEN 30s"))
    .action(
      async (topic: string, token: string, ms: number, _options: unknown, command: Command) => {
        await shell.withClient(command, (client) => client.extend(topic, token, ms));
        await shell.print(command, { topic, extended_ms: ms }, () => "Extended the lease.\n");
      },
    );
}
