// The command tree: global options, the commands, and how a failure is reported.
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { readFileSync } from "node:fs";
import { registerCluster } from "./commands/cluster.js";
import { registerDown } from "./commands/down.js";
import { registerEnqueue } from "./commands/enqueue.js";
import { registerPeek } from "./commands/peek.js";
import { registerPop } from "./commands/pop.js";
import { registerSettle } from "./commands/settle.js";
import { registerStats } from "./commands/stats.js";
import { registerTopic } from "./commands/topic.js";
import { defaultEndpoints } from "./addresses.js";
import { type ExitCode, exitCodeHelp, exitCodes, failureOf, OutputError } from "./exit-codes.js";
import { toJson } from "./json.js";
import { parseDuration, parseList } from "./parse.js";
import { Shell } from "./shell.js";
import { paintFor, type Terminal } from "./terminal.js";
import { asksForJson, isHelp, usageFailure, usageHint } from "./usage.js";

const examples = `
Examples:
  $ disheap topic create jobs --partitions 3
  $ disheap enqueue jobs "send the report" --priority 5
  $ disheap enqueue jobs "wake the pager" --priority 1
  $ disheap pop jobs -n 2
  $ disheap peek jobs -n 5
  $ disheap stats jobs -o json
  $ disheap cluster status

With -o json a failure is one line of JSON on standard error: {"error":{"code":"...","message":"..."}}

Environment:
  DISHEAP_ENDPOINTS  like --endpoints
  DISHEAP_HTTP       like --http
  DISHEAP_API_KEY    sent with every call when set
  NO_COLOR           no colours

${exitCodeHelp}`;

/** Runs one command line (without node and script name) and says how it ended. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const shell = new Shell(terminal);
  // Known before the arguments are: what is wrong with them is told in this form too.
  const isJson = asksForJson(args);
  const program = createProgram(shell, isJson);
  try {
    await program.parseAsync([...args], { from: "user" });
    return shell.exitCode;
  } catch (error) {
    if (isHelp(error)) return exitCodes.ok;
    if (error instanceof OutputError && error.isReaderGone) return exitCodes.ok;
    // Commander has printed what is wrong with the arguments, for people.
    if (error instanceof CommanderError && !isJson) {
      terminal.err(usageHint(error));
      return exitCodes.usage;
    }
    const failure = error instanceof CommanderError ? usageFailure(error) : failureOf(error);
    const { code, message, exitCode } = failure;
    const paint = paintFor(terminal.env, terminal.isErrTty);
    const text = `${paint("red", "error:")} ${message}\n`;
    terminal.err(isJson ? toJson({ error: { code, message } }, 0) : text);
    return exitCode;
  }
}

function createProgram(shell: Shell, isJson: boolean): Command {
  const { terminal, paint } = shell;
  const program = new Command("disheap")
    .description("Work with a Disheap cluster: topics, messages, state.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "explain a command")
    .exitOverride()
    .showHelpAfterError("(--help shows how it is used)")
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: (title) => paint("bold", title),
    })
    .configureOutput({
      writeOut: (text) => void terminal.out(text),
      writeErr: (text) => {
        if (!isJson) terminal.err(text);
      },
      getOutHelpWidth: () => terminal.columns,
      getErrHelpWidth: () => terminal.columns,
      // Colours are decided once, by our own rule.
      getOutHasColors: () => true,
      getErrHasColors: () => true,
    })
    .addOption(
      new Option("-o, --output <format>", "text for people, json for programs")
        .choices(["text", "json"])
        .default("text"),
    )
    .option(
      "--endpoints <list>",
      `gRPC addresses, commas between (default: ${defaultEndpoints.join(",")})`,
      parseList,
    )
    .option(
      "--http <list>",
      "HTTP addresses for cluster status (default: those beside the endpoints)",
      parseList,
    )
    .addOption(new Option("--endpoint <list>").argParser(parseList).hideHelp())
    .option("--timeout <duration>", "how long to keep trying (default: 10s)", parseTimeout)
    .addHelpText("after", examples);
  registerTopic(program, shell);
  registerEnqueue(program, shell);
  registerPop(program, shell);
  registerSettle(program, shell);
  registerPeek(program, shell);
  registerStats(program, shell);
  registerCluster(program, shell);
  registerDown(program, shell);
  return program;
}

function parseTimeout(text: string): number {
  const ms = parseDuration(text);
  if (ms > 0) return ms;
  throw new InvalidArgumentError("It must be above 0, like 10s.");
}

function version(): string {
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
