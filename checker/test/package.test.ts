// The package as a stranger gets it: packed, unpacked into an empty folder, and used the way its README
// says, word for word.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const room = fileURLToPath(new URL("..", import.meta.url));
const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));
const readme = readFileSync(join(room, "README.md"), "utf8");

/** The README's code blocks of one language. */
function blocks(language: string): string[] {
  const found = readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"));
  return [...found].map(([, text = ""]) => text);
}

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

describe("the packed package", () => {
  let folder = "";
  let files: string[] = [];
  const installed = () => join(folder, "node_modules", "linearizability");

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "package-"));
    const argv = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
    const said = execFileSync("npm", argv, { cwd: room, encoding: "utf8" });
    const [packed] = JSON.parse(said) as Packed[];
    files = packed.files.map(({ path }) => path);
    execFileSync("tar", ["-xzf", packed.filename], { cwd: folder });
    mkdirSync(join(folder, "node_modules"));
    cpSync(join(folder, "package"), installed(), { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "history.edn"), blocks("clojure")[0]);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const node = (...argv: string[]) =>
    spawnSync(process.execPath, argv, { cwd: folder, encoding: "utf8" });
  const bin = () => join(installed(), "bin", "linearizability.js");

  it("holds what a user needs, nothing else, and depends on nothing", () => {
    const outside = files.filter((file) => !file.startsWith("dist/"));
    expect(outside.sort()).toEqual([
      ...["LICENSE", "README.md", "bin/linearizability.js", "package.json"],
    ]);
    expect(files.filter((file) => !/\.(js|d\.ts)$/.test(file)).length).toBe(3);
    expect(files.filter((file) => file.startsWith("dist/bench"))).toEqual([]);
    const manifest = readFileSync(join(installed(), "package.json"), "utf8");
    expect(manifest).not.toMatch(/ependencies/);
  });

  it("checks the README's history with the README's command and says what the README says", () => {
    const command = /^npx linearizability (check history.edn .*)$/m.exec(readme)?.[1] ?? "";
    const ran = node(bin(), ...command.split(" "));
    expect([ran.status, ran.stderr]).toEqual([1, ""]);
    const timeless = (text: string) => text.replace(/took .*/, "took");
    expect(readme).toContain(ran.stdout.split("took")[0]);
    expect(timeless(ran.stdout)).toMatch(/^not linearizable: .*\ntook\n$/s);
    expect(readFileSync(join(folder, "picture.html"), "utf8")).toContain("<!doctype html>");
  });

  it("reads the README's JSON lines from standard input", () => {
    const header = /\{"format":"linearizability"[^}]*\}/.exec(readme)?.[0] ?? "";
    const lines = blocks("").find((text) => text.startsWith('{"id"')) ?? "";
    const argv = [bin(), "check", "-", "--model", "register"];
    const ran = spawnSync(process.execPath, argv, {
      input: `${header}\n${lines}`,
      encoding: "utf8",
    });
    expect([ran.status, ran.stdout]).toEqual([0, expect.stringContaining("1 operations")]);
  });

  it("runs from plain JavaScript, the workers too", () => {
    const script = `
      import { checkOperations, historyModel, register } from "linearizability";
      import { checkInWorkers } from "linearizability/workers";
      const read = { process: 0, input: { f: "read" }, output: { value: 1 }, call: 0, ret: 1 };
      console.log(checkOperations(register(), [read]).verdict);
      const { model, read: parse } = historyModel("kv");
      const options = { model: "kv", workers: 2 };
      console.log((await checkInWorkers(model, parse([]).operations, options)).verdict);`;
    writeFileSync(join(folder, "script.js"), script);
    expect(node("script.js").stdout).toBe("illegal\nok\n");
  });

  it("the README's TypeScript compiles, strict, with no other types than its own, and runs", () => {
    const sources = blocks("ts").map((text, at) => {
      const name = `readme-${at}.ts`;
      writeFileSync(join(folder, name), `${text}\nexport * from "linearizability/workers";\n`);
      return name;
    });
    expect(sources).toHaveLength(3);
    const needsNode = (name: string) => readFileSync(join(folder, name), "utf8").includes('"node:');
    const tsc = (names: string[], ...more: string[]) =>
      node(
        join(modules, "typescript", "bin", "tsc"),
        ...["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess"],
        ...["--module", "nodenext", "--target", "es2023", "--lib", "es2023"],
        ...more,
        ...names,
      );
    const own = ["--typeRoots", join(folder, "none")];
    const alone = tsc(
      sources.filter((name) => !needsNode(name)),
      ...own,
    );
    expect(alone.stdout).toBe("");
    const types = ["--types", "node", "--typeRoots", join(modules, "@types")];
    expect(tsc(sources.filter(needsNode), ...types).stdout).toBe("");
    for (const name of sources) {
      const ran = node(name.replace(/ts$/, "js"));
      expect([ran.status, ran.stderr]).toEqual([0, ""]);
    }
  });
});
