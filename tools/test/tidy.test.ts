// The tidy checks over every tracked file, each of them over a bad sample, and what the root files say
// about the rooms: a room that one list forgets would silently be left out of a gate.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { removeStaleOutput } from "../build.mjs";
import { rooms, root } from "../rooms.mjs";
import { checks, complaints, readText, trackedFiles } from "../tidy.mjs";
import { write } from "./support/tree.js";

const isThere = (path: string): boolean => existsSync(join(root, path));
const parse = <T>(file: string): T => JSON.parse(readText(root, file)) as T;

interface Bad {
  readonly check: string;
  readonly file: string;
  readonly text: string;
  /** The same place, written well. */
  readonly good: string;
}

function foldersIn(path: string): string[] {
  if (!isThere(path)) return [];
  const entries = readdirSync(join(root, path), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

const lines = (n: number): string => `// Owns nothing.\n${"x();\n".repeat(n - 1)}`;

const BAD: readonly Bad[] = [
  {
    check: "bug ids carry a prefix (D-74)",
    file: "docs/raft.md",
    text: "# Raft\n\nThis is bug A3.\n",
    good: "# Raft\n\nThis is bug raft-A3, G5 and S4 are rules.\n",
  },
  {
    check: "bug ids carry a prefix (D-74)",
    file: "sim/mutants/x.json",
    text: '{"origin": "S07"}\n',
    good: '{"origin": "seed-S07"}\n',
  },
  {
    check: "the promise in words (D-75)",
    file: "docs/x.md",
    text: "# X\n\nNothing is handed out\ntwice.\n",
    good: "# X\n\nA message is never given to two consumers at once, never again after its ack.\n",
  },
  {
    check: "the promise in words (D-75)",
    file: "docs/x.md",
    text: "# X\n\nExactly-once for everybody.\n",
    good: "# X\n\nExactly-once delivery: never leased to two consumers at a time, and\nnever again after its ack. Not exactly-once processing.\n",
  },
  {
    check: "one title per document",
    file: "docs/x.md",
    text: "# One\n\n# Two\n",
    good: "# One\n\n```\n# a comment in a shell\n```\n",
  },
  {
    check: "no table wider than a screen",
    file: "docs/x.md",
    text: `# X\n\n| ${"a".repeat(120)} |\n`,
    good: `# X\n\n| ${"a".repeat(110)} |\n\n\`\`\`\n| ${"a".repeat(120)} |\n\`\`\`\n`,
  },
  {
    check: "no table wider than a screen",
    file: "docs/PERFORMANCE.md",
    text: `# X\n\n| Line | Figure |\n| --- | --- |\n| \`open\` | ${"9".repeat(120)} |\n`,
    good: "# X\n\n| Line | Figure |\n| --- | --- |\n| `open` | 9 |\n",
  },
  { check: "one title per document", file: "docs/x.md", text: "no title\n", good: "# Title\n" },
  {
    check: "nothing left to do",
    file: "core/src/x.ts",
    text: `// Owns x.\n// TO${"DO"} later\n`,
    good: "// Owns x. Nothing is left.\n",
  },
  { check: "short files", file: "core/src/x.ts", text: lines(501), good: lines(500) },
  {
    check: "files open with a comment",
    file: "core/src/x.ts",
    text: "export const x = [];\n",
    good: "// Owns x.\nexport const x = [];\n",
  },
  {
    check: "one word for a test in a room",
    file: "core/test/x.test.ts",
    text: 'it("works", () => {});\n',
    good: 'test("works", () => { edit(1); });\n',
  },
  {
    check: "one word for a test in a room",
    file: "node/test/grpc/x.test.ts",
    text: 'describe("x", () => {\n  test.each([1])("works", () => {});\n});\n',
    good: 'describe("x", () => {\n  it.each([1])("works", () => {});\n});\n',
  },
  {
    check: "one way to be private in a room",
    file: "core/src/x.ts",
    text: "// X.\nclass X {\n  readonly #x = 1;\n}\n",
    good: "// X.\nclass X {\n  private readonly x = 1;\n}\n",
  },
  {
    check: "one way to be private in a room",
    file: "clients/typescript/src/x.ts",
    text: "// X.\nclass X {\n  private x = 1;\n}\n",
    good: "// X.\nclass X {\n  #x = 1;\n  private constructor() {}\n}\n",
  },
  {
    check: "one case for constants in a room",
    file: "node/src/x.ts",
    text: "// X.\nexport const waitMs = 5;\n",
    good: "// X.\nexport const WAIT_MS = 5;\nconst now = performance.now();\n",
  },
  {
    check: "one case for constants in a room",
    file: "node/src/cli/x.ts",
    text: "// X.\nconst WAIT_MS: number = 5;\n",
    good: "// X.\nconst waitMs = 5;\n",
  },
  {
    check: "no address of a package registry",
    file: "package-lock.json",
    text: `"resolved": "https://${["registry", "npmjs", "org"].join(".")}/a"\n`,
    good: '"integrity": "sha512-a"\n',
  },
  {
    check: "no path of one machine",
    file: "tools/x.mjs",
    text: `const x = "/${"home"}/somebody/x";\n`,
    good: 'const x = "./home.mjs";\n',
  },
];

describe("each tidy check", () => {
  const all = checks();
  const found = (file: string, text: string): string[] =>
    complaints(file, text).filter((one) => one.startsWith(`${file}:`));

  it.each(BAD)("$check: finds the bad sample of $file", ({ check, file, text, good }) => {
    expect(found(file, text).filter((one) => one.endsWith(`[${check}]`))).toHaveLength(1);
    expect(found(file, good)).toEqual([]);
  });

  it("is tried on a bad sample", () => {
    const tried = new Set(BAD.map(({ check }) => check));
    expect(all.map(({ name }) => name).filter((name) => !tried.has(name))).toEqual([]);
  });
});

describe("the repository", () => {
  const files = trackedFiles(root);

  it.skipIf(files === undefined)("is tidy", () => {
    expect(files?.length).toBeGreaterThan(100);
    const found = (files ?? []).flatMap((file) => complaints(file, readText(root, file)));
    expect(found).toEqual([]);
  });

  it("lists every workspace as a room, and every room everywhere", () => {
    const { workspaces } = parse<{ workspaces: string[] }>("package.json");
    expect([...workspaces].sort()).toEqual([...rooms].sort());
    const { references } = parse<{ references: { path: string }[] }>("tsconfig.json");
    expect(references.map(({ path }) => path).sort()).toEqual([...rooms].sort());
    const { include } = parse<{ include: string[] }>("tsconfig.test.json");
    const tested = rooms.filter((room) => isThere(`${room}/test`)).map((room) => `${room}/test`);
    for (const folder of tested) expect(include).toContain(folder);
  });

  it("keeps tests in folders named as what they test, and situations and processes apart", () => {
    const apart = ["sim/test/host", "node/test/process"];
    const folders = rooms.flatMap((room) =>
      foldersIn(`${room}/test`).map((name) => ({ room, name })),
    );
    expect(folders.length).toBeGreaterThan(20);
    const lost = folders.filter(
      ({ room, name }) =>
        name !== "support" &&
        !apart.includes(`${room}/test/${name}`) &&
        !isThere(`${room}/src/${name}`),
    );
    expect(lost).toEqual([]);
  });

  it("references in each room exactly the rooms that its package names", () => {
    const nameOf = (room: string) => parse<{ name: string }>(`${room}/package.json`).name;
    const roomOf = new Map(rooms.map((room) => [nameOf(room), room]));
    for (const room of rooms) {
      const { dependencies = {} } = parse<{ dependencies?: Record<string, string> }>(
        `${room}/package.json`,
      );
      const { references } = parse<{ references: { path: string }[] }>(`${room}/tsconfig.json`);
      const named = Object.keys(dependencies).flatMap((name) => roomOf.get(name) ?? []);
      expect(references.map(({ path }) => join(room, path)).sort(), room).toEqual(named.sort());
    }
  });

  it("runs only scripts whose source exists", () => {
    const { scripts } = parse<{ scripts: Record<string, string> }>("package.json");
    const targets = Object.values(scripts).flatMap((s) => s.match(/[\w./-]+\.(?:mjs|js)\b/g) ?? []);
    expect(targets.length).toBeGreaterThan(5);
    for (const target of targets) {
      const source = target.replace("/dist/", "/src/").replace(/\.js$/, ".ts");
      expect(isThere(source), `${target} comes from ${source}`).toBe(true);
    }
  });
});

describe("generated code", () => {
  const proto = readText(root, "proto/disheap.proto").replace(/\/\/.*$/gm, "");
  const code = readText(root, "proto/src/gen/disheap.ts");
  const descriptors = readFileSync(join(root, "proto/disheap.binpb"), "latin1");
  const names = (pattern: RegExp): string[] => [...proto.matchAll(pattern)].map(([, name]) => name);

  it("knows every method, message, enum and field of the API file", () => {
    const fields = names(/^\s+(?:optional |repeated )?[\w.<>, ]+ (\w+) = \d+;/gm);
    const types = names(/\b(?:message|enum)\s+(\w+)/g);
    const methods = names(/\brpc\s+(\w+)/g);
    expect(Math.min(fields.length / 50, types.length / 20, methods.length / 10)).toBeGreaterThan(1);
    const camel = (name: string) => name.replace(/_(\w)/g, (_, c: string) => c.toUpperCase());
    for (const name of [...fields, ...types, ...methods]) {
      expect(descriptors.includes(name), `${name} in disheap.binpb: npm run gen:proto`).toBe(true);
    }
    for (const name of fields) {
      expect(code.includes(name) || code.includes(camel(name)), `${name}: npm run gen:proto`).toBe(
        true,
      );
    }
    for (const name of [...types, ...methods]) {
      expect(code.includes(name), `${name}: npm run gen:proto`).toBe(true);
    }
  });

  it("knows nothing that the API file has lost", () => {
    const types = [...code.matchAll(/^export interface (\w+) \{/gm)].map(([, name]) => name);
    const helpers = /^(Disheap(Client|Server|Service)|MessageFns|DisheapService)$/;
    const lost = types
      .filter((name) => !helpers.test(name))
      .filter((name) => !proto.includes(name.split("_")[0]));
    expect(lost).toEqual([]);
  });
});

describe("removeStaleOutput", () => {
  it("removes what a deleted source has left and keeps the rest", () => {
    const base = mkdtempSync(join(tmpdir(), "disheap-stale-"));
    for (const file of ["src/a.ts", "dist/a.js", "dist/a.d.ts", "dist/a.js.map", "dist/note.txt"]) {
      write(base, `room/${file}`, "");
    }
    for (const file of ["b.js", "b.d.ts", "b.js.map", ".tsbuildinfo", "deep/c.js"]) {
      write(base, `room/dist/${file}`, "");
    }
    expect(removeStaleOutput(base, ["room"])).toBe(4);
    const left = readdirSync(join(base, "room", "dist"), { recursive: true }).map(String);
    // Without its build info the compiler looks at everything again.
    expect(left.sort()).toEqual(["a.d.ts", "a.js", "a.js.map", "deep", "note.txt"]);
    rmSync(base, { recursive: true });
  });
});
