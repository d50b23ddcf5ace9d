// What runs in a mutant's copy must be what the compiler would have made of it.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { outputOf, Transpiler } from "../../src/kill/transpile.js";
import { ROOMS } from "../../src/kill/work-copy.js";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const transpiler = new Transpiler(root);

test.each(Object.keys(ROOMS))("%s: every source becomes what `tsc -b` made of it", (room) => {
  const names = readdirSync(join(root, room, "src"), { recursive: true }).map(String);
  const files = names.filter((name) => name.endsWith(".ts")).map((name) => `${room}/src/${name}`);
  const differ = files.filter((file) => {
    const { text, problems } = transpiler.emit(file, readFileSync(join(root, file), "utf8"));
    return problems.length > 0 || text !== readFileSync(join(root, outputOf(file)), "utf8");
  });
  expect(files.length).toBeGreaterThan(10);
  // Built output that is older than its source differs as well: npm run build.
  expect(differ).toEqual([]);
});

describe("a text", () => {
  const emit = (text: string) => transpiler.emit("core/src/raft/log.ts", text);

  test("may be wrong in its types", () => {
    const { text, problems } = emit(
      'const a: number = "x";\nexport const b = (a as string).length;\n',
    );
    expect(problems).toEqual([]);
    expect(text).toContain('const a = "x";\nexport const b = a.length;\n');
  });

  test("with broken syntax is refused, with its line", () => {
    const { problems } = emit("export const a = 1;\nexport const b = (;\n");
    expect(problems.join("\n")).toMatch(/core\/src\/raft\/log\.ts:2: Expression expected/);
  });

  test("keeps imports of values only, as the room's options say", () => {
    const { text } = emit(
      'import type { A } from "./a.js";\nimport { b } from "./b.js";\nexport const c: A = b;\n',
    );
    expect(text).not.toContain("a.js");
    expect(text).toContain('import { b } from "./b.js";');
  });
});

test("the output of a source is where the compiler puts it", () => {
  expect(outputOf("core/src/raft/log.ts")).toBe("core/dist/raft/log.js");
  expect(outputOf("core/src/src/dist.ts")).toBe("core/dist/src/dist.js");
});
