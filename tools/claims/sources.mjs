// What users are told, and where it is read: a document, what a command prints for --help, or the comments
// above what a package exports. Each has a table of its own name in docs/internals/claims.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../rooms.mjs";
import { ofDocstrings } from "./docstrings.mjs";
import { ofHelp, ofMarkdown } from "./sentences.mjs";

const LIMIT_MS = 60_000;

/** What a built command prints for --help; one that fails is not built or has none. */
async function printed(file, ...args) {
  const child = spawn(process.execPath, [join(root, file), ...args, "--help"], {
    cwd: root,
    env: { PATH: process.env.PATH, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: LIMIT_MS,
  });
  let out = "";
  let errors = "";
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (errors += chunk));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code === 0 && out !== "") return out;
  const why = errors.trim().split("\n").at(-1);
  throw new Error(`node ${file} --help ended with ${code}: ${why} (npm run build comes first)`);
}

/** Wider than any line, so that no sentence is cut by the width of a terminal. */
const COLUMNS = 1000;

/** The command line with its subcommands, in this process: each would be a process of its own. */
async function disheapHelp() {
  const { runCli } = await import(join(root, "node/dist/cli/program.js"));
  const help = async (path) => {
    let text = "";
    const out = (part) => (text += part);
    const env = { NO_COLOR: "1" };
    await runCli([...path, "--help"], { out, err: out, env, columns: COLUMNS });
    return text;
  };
  const namesIn = (text) => {
    const [, commands = ""] = /^Commands:\n((?: .*\n?)+)/m.exec(text) ?? [];
    const names = [...commands.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name);
    return names.filter((name) => name !== "help");
  };
  const found = [];
  const visit = async (path) => {
    const text = await help(path);
    // What every command repeats stands once, at the top.
    const own = path.length === 0 ? text : text.replace(/^Global Options:\n(?: .*\n?)+/m, "");
    const named = path.length === 0 ? "" : ["disheap", ...path].join(" ");
    const lines = own.split("\n").filter((line) => named === "" || !line.includes("-h, --help"));
    found.push(...ofHelp(lines.join("\n"), named));
    for (const name of namesIn(text)) await visit([...path, name]);
  };
  await visit([]);
  return found;
}

const document = (file) => async () => ofMarkdown(readFileSync(join(root, file), "utf8"));
/** By which decisions a guarantee holds and which rules watch it is cited, and held to the sources by tools/law. */
const guarantees = async () => {
  const said = await document("docs/guarantees.md")();
  return said.filter((sentence) => !/^(Rules|How): /.test(sentence));
};
const help = (file) => async () => ofHelp(await printed(file));

/** @type {readonly {name: string, title: string, sentences: () => Promise<string[]>}[]} */
export const SOURCES = [
  { name: "readme", title: "README.md", sentences: document("README.md") },
  { name: "guarantees", title: "docs/guarantees.md", sentences: guarantees },
  { name: "status", title: "docs/status.md", sentences: document("docs/status.md") },
  { name: "testing", title: "docs/testing.md", sentences: document("docs/testing.md") },
  { name: "disheap", title: "disheap --help", sentences: disheapHelp },
  { name: "start", title: "npm start -- --help", sentences: help("node/dist/supervisor/main.js") },
  { name: "node", title: "a node's --help", sentences: help("node/dist/main.js") },
  {
    name: "client",
    title: "clients/typescript/README.md",
    sentences: document("clients/typescript/README.md"),
  },
  {
    name: "client-options",
    title: "the client's exported declarations",
    sentences: async () => ofDocstrings(join(root, "clients/typescript/src/index.ts")),
  },
  { name: "checker", title: "checker/README.md", sentences: document("checker/README.md") },
  {
    name: "linearizability",
    title: "linearizability --help",
    sentences: help("checker/dist/cli/main.js"),
  },
  { name: "sim", title: "npm run sim -- --help", sentences: help("sim/dist/cli/main.js") },
  {
    name: "sim-kill",
    title: "npm run sim:kill -- --help",
    sentences: help("sim/dist/kill/main.js"),
  },
  {
    name: "sim-score",
    title: "npm run sim:score -- --help",
    sentences: help("sim/dist/score/main.js"),
  },
  { name: "check", title: "npm run check -- --help", sentences: help("reports/dist/check.js") },
  { name: "bench", title: "npm run bench -- --help", sentences: help("bench/dist/main.js") },
  {
    name: "harness",
    title: "npm run harness -- --help",
    sentences: help("test/harness/dist/main.js"),
  },
];
