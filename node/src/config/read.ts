// Collects the settings as text from the command line and the environment, with the name each came
// from, so that a later complaint can point at what the operator wrote.

import { parseArgs } from "node:util";
import { OPTION_KEYS, optionOf, type OptionKey } from "./options.js";

interface Setting {
  readonly text: string;
  /** "--port" or "ENGINE_BIND_ADDRESS": what to change. */
  readonly source: string;
}

export type Settings = ReadonlyMap<OptionKey, Setting>;

interface ReadResult {
  readonly settings: Settings;
  readonly problems: readonly string[];
  readonly wantsHelp: boolean;
}

export function readSettings(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ReadResult {
  const problems: string[] = [];
  const settings = new Map<OptionKey, Setting>();
  const wantsHelp = readFlags(argv, settings, problems);
  for (const key of OPTION_KEYS) {
    const name = optionOf(key).env;
    if (name === undefined) continue;
    const text = env[name]?.trim();
    if (text !== undefined && text !== "") settings.set(key, { text, source: name });
  }
  return { settings, problems, wantsHelp };
}

function readFlags(
  argv: readonly string[],
  settings: Map<OptionKey, Setting>,
  problems: string[],
): boolean {
  const byFlag = new Map<string, OptionKey>();
  const options: Record<string, { type: "string" | "boolean" }> = { help: { type: "boolean" } };
  for (const key of OPTION_KEYS) {
    const option = optionOf(key);
    if (option.flag === undefined) continue;
    byFlag.set(option.flag, key);
    options[option.flag] = { type: option.isSwitch === true ? "boolean" : "string" };
  }
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true });
  let wantsHelp = false;
  /** A switch that stood alone: the next word may be its value, as in "--enable-health false". */
  let openSwitch: OptionKey | undefined;
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      if (openSwitch !== undefined && /^(true|false)$/i.test(token.value)) {
        settings.set(openSwitch, {
          text: token.value,
          source: `--${optionOf(openSwitch).flag ?? ""}`,
        });
      } else {
        problems.push(`"${token.value}" is not a flag. Give settings as --name value; see --help.`);
      }
      openSwitch = undefined;
      continue;
    }
    openSwitch = undefined;
    if (token.name === "help") {
      wantsHelp = true;
      continue;
    }
    const key = byFlag.get(token.name);
    const source = token.rawName;
    if (key === undefined) {
      problems.push(`${source} is unknown. Remove it; --help lists the flags.`);
    } else if (token.value === undefined && optionOf(key).isSwitch !== true) {
      problems.push(`${source} has no value. Write ${source} VALUE.`);
    } else {
      settings.set(key, { text: token.value ?? "true", source });
      if (token.value === undefined) openSwitch = key;
    }
  }
  return wantsHelp;
}
