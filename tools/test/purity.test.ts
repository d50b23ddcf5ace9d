// Purity of what runs in both worlds, checked twice over (style guide, "Purity of core"): the compiler
// refuses what the platform offers, the lint what the language offers. Every ban is planted and fires.

import { ESLint } from "eslint";
import ts from "typescript";
import tseslint from "typescript-eslint";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { root } from "../rooms.mjs";

/** Diagnostics of snippets compiled with core's own settings, as modules beside its sources. */
function compile(snippets: readonly string[]): string[] {
  const folder = join(root, "core");
  const read = ts.readConfigFile(join(folder, "tsconfig.json"), (file) => ts.sys.readFile(file));
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, folder);
  const files = new Map(
    snippets.map((text, i) => [join(folder, "src", `planted-${i}.ts`), `${text}\nexport {};\n`]),
  );
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (file) => files.has(file) || fileExists(file);
  host.readFile = (file) => files.get(file) ?? readFile(file);
  const { getSourceFile } = host;
  host.getSourceFile = (file, language) => {
    const text = files.get(file);
    return text === undefined
      ? getSourceFile(file, language)
      : ts.createSourceFile(file, text, language);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return [...files.keys()].map((file) =>
    [
      ...program.getSyntacticDiagnostics(program.getSourceFile(file)),
      ...program.getSemanticDiagnostics(program.getSourceFile(file)),
    ]
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "))
      .join("\n"),
  );
}

describe("core's compiler settings", () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ["setTimeout(() => undefined, 1);", /'setTimeout'/],
    ["setImmediate(() => undefined);", /'setImmediate'/],
    ["queueMicrotask(() => undefined);", /'queueMicrotask'/],
    ["export const x = Buffer.alloc(1);", /'Buffer'/],
    ["export const x = process.env;", /'process'/],
    ["console.log(1);", /'console'/],
    ["export const x = performance.now();", /'performance'/],
    ["export const x = crypto.randomUUID();", /'crypto'/],
    ["export const x = new TextEncoder();", /'TextEncoder'/],
    ["export const x = fetch('x');", /'fetch'/],
    ['import * as fs from "node:fs"; export { fs };', /node:fs/],
    ['import type { Socket } from "node:net"; export type X = Socket;', /node:net/],
    ["enum X { a }", /erasableSyntaxOnly/],
    ["export class X { constructor(private readonly x: number) {} }", /erasableSyntaxOnly/],
  ];

  it("refuse what only a platform has, and accept plain ES2023", () => {
    const plain = "export const x = [3, 1].toSorted((a, b) => a - b).at(0) ?? Math.imul(2, 3);";
    const found = compile([plain, ...refused.map(([text]) => text)]);
    expect(found[0]).toBe("");
    for (const [i, [text, expected]] of refused.entries())
      expect(found[i + 1], text).toMatch(expected);
  });
});

const IMPURE: readonly (readonly [snippet: string, rule: string, says: RegExp])[] = [
  ["export const f = () => Date.now();", "no-restricted-globals", /clock/],
  ["export const f = () => new Date();", "no-restricted-globals", /clock/],
  ["export const f = () => performance.now();", "no-restricted-globals", /clock/],
  ["export const f = () => globalThis.Date.now();", "no-restricted-globals", /around/],
  ["export const f = () => new Intl.Collator();", "no-restricted-globals", /Locale/],
  ["export const f = (x: object) => new WeakRef(x);", "no-restricted-globals", /garbage/],
  ["export const f = () => Promise.resolve();", "no-restricted-globals", /Synchronous/],
  ["export const f = () => new Promise(() => 1);", "no-restricted-globals", /Synchronous/],
  ["export const f = () => setTimeout(() => 1, 1);", "no-restricted-globals", /timers/],
  ["export const f = () => queueMicrotask(() => 1);", "no-restricted-globals", /timers/],
  ["export const f = () => process.env;", "no-restricted-globals", /environment/],
  ["export const f = () => console.log(1);", "no-restricted-globals", /printed/],
  ["export const f = () => crypto.randomUUID();", "no-restricted-globals", /seed/],
  ["export const f = () => Buffer.allocUnsafe(1);", "no-restricted-globals", /Uint8Array/],
  ["export const f = () => new TextEncoder();", "no-restricted-globals", /Uint8Array/],
  ['export const f = () => new Function("return 1");', "no-restricted-globals", /around/],
  ["export const f = () => Math.random();", "no-restricted-syntax", /bit-exact/],
  ["export const f = () => Math.pow(2, 0.5);", "no-restricted-syntax", /bit-exact/],
  ["export const f = () => Math.atan2(1, 2);", "no-restricted-syntax", /bit-exact/],
  ['export const f = () => Math["random"]();', "no-restricted-syntax", /Name the function/],
  ["const { random } = Math; export { random };", "no-restricted-syntax", /Name the function/],
  ["export const f = (x: string[]) => x.sort();", "no-restricted-syntax", /comparator/],
  ["export const f = (x: string[]) => x.toSorted();", "no-restricted-syntax", /comparator/],
  [
    "export const f = (a: string, b: string) => a.localeCompare(b);",
    "no-restricted-syntax",
    /locale/,
  ],
  ["export const f = (x: number) => x.toLocaleString();", "no-restricted-syntax", /locale/],
  ["export async function f() { return 1; }", "no-restricted-syntax", /no async/],
  ["export const f = async () => 1;", "no-restricted-syntax", /no async/],
  ["export async function f(x: unknown) { await x; }", "no-restricted-syntax", /no await/],
  ['export const f = () => import("./other.js");', "no-restricted-syntax", /no import/],
  ["export const f = () => import.meta.url;", "no-restricted-syntax", /where it runs/],
  ["let count = 0; export const f = () => (count += 1);", "no-restricted-syntax", /module-level/],
  ["export let count = 0;", "no-restricted-syntax", /module-level/],
  ["export class A { static count = 0; }", "no-restricted-syntax", /module-level/],
  [
    "const seen = new Map(); export const f = () => seen.set(1, 1);",
    "no-restricted-syntax",
    /Readonly/,
  ],
];

const PURE: readonly string[] = [
  "export const f = (x: number[]) => x.sort((a, b) => a - b);",
  "export const f = (x: number) => Math.max(0, Math.floor(x));",
  "const NAMES: ReadonlyMap<number, string> = new Map([[1, 'a']]); export const f = () => NAMES.get(1);",
  "export class A { static readonly limit = 3; private x = 0; bump(): void { this.x += 1; } }",
];

describe("the lint of what runs in both worlds", () => {
  let eslint: ESLint;

  beforeAll(() => {
    // The same configuration without the rules that need types, so that planted files need not exist.
    const untyped = { files: ["**/*.ts"], ...tseslint.configs.disableTypeChecked };
    eslint = new ESLint({ cwd: root, overrideConfig: [untyped] });
  });

  async function lint(file: string, text: string): Promise<[string | null, string][]> {
    const [result] = await eslint.lintText(text, { filePath: join(root, file) });
    return result.messages.map(({ ruleId, message }) => [ruleId, message]);
  }

  const places = ["core/src/raft/planted.ts", "io/src/turn/planted.ts", "sim/src/world/planted.ts"];

  it.each(places)("fires on everything impure in %s", async (file) => {
    for (const [text, rule, says] of IMPURE) {
      const found = (await lint(file, text)).filter(([id]) => id === rule);
      expect(found.map(([, message]) => message).join("\n"), text).toMatch(says);
    }
  });

  it("refuses the order of object keys where it could reach a log entry", async () => {
    const text = "export const f = (x: object) => { for (const k in x) void k; };";
    for (const file of ["core/src/planted.ts", "io/src/turn/planted.ts", "io/src/ports.ts"]) {
      expect((await lint(file, text)).flat().join("\n"), file).toMatch(/Order of keys/);
    }
  });

  it.each(places)("accepts pure code in %s", async (file) => {
    for (const text of PURE) {
      const found = (await lint(file, text)).filter(([id]) => id?.startsWith("no-restricted"));
      expect(found, text).toEqual([]);
    }
  });

  it("leaves the rest of the repository its clocks and promises", async () => {
    const text = "export const f = async () => { await Promise.resolve(Date.now()); };";
    for (const file of [
      "io/src/grpc/planted.ts",
      "node/src/planted.ts",
      "sim/src/cli/planted.ts",
    ]) {
      const found = (await lint(file, text)).filter(([id]) => id?.startsWith("no-restricted"));
      expect(found, file).toEqual([]);
    }
  });
});

describe("the lint for everybody, with types", () => {
  const text = [
    'import { readFile } from "node:fs/promises";',
    'type Kind = "a" | "b";',
    "export function f(kind: Kind, x: any) {",
    '  readFile("x");',
    '  switch (kind) { case "a": return x!; }',
    "}",
  ].join("\n");

  it("wants awaited promises, whole switches, declared types, no any and no !", async () => {
    // An existing file's place: rules with types need a file that a project knows.
    const eslint = new ESLint({ cwd: root });
    const [result] = await eslint.lintText(text, { filePath: join(root, "proto/src/index.ts") });
    const rules = new Set(result.messages.map(({ ruleId }) => ruleId));
    for (const rule of [
      "no-floating-promises",
      "switch-exhaustiveness-check",
      "explicit-module-boundary-types",
      "no-explicit-any",
      "no-non-null-assertion",
    ]) {
      expect(rules).toContain(`@typescript-eslint/${rule}`);
    }
  });
});
