// What the documents say is checked where a program can: every setting and every error code has its line, every
// room is in the architecture page, and the promise is worded as decided. Their links are the law check's.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rooms, root } from "../rooms.mjs";

const read = (path: string): string => readFileSync(join(root, path), "utf8");

describe("documents", () => {
  it("configuration.md names every flag and variable of a node", () => {
    const options = read("node/src/config/options.ts");
    const flags = [...options.matchAll(/flag: "([a-z-]+)"/g)].map(([, name = ""]) => `--${name}`);
    const variables = [...options.matchAll(/env: "([A-Z_]+)"/g)].map(([, name = ""]) => name);
    expect(flags.length).toBeGreaterThan(10);
    expect(variables.length).toBeGreaterThan(20);
    const text = read("docs/operating/configuration.md");
    expect([...flags, ...variables].filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it("errors.md names every error code, and configuration.md no variable that does not exist", () => {
    const codes = [...read("core/src/contract/error-codes.ts").matchAll(/^ {2}"([A-Z_]+)",$/gm)];
    expect(codes.length).toBeGreaterThan(5);
    const errors = read("docs/errors.md");
    const missing = codes.map(([, code = ""]) => code).filter((code) => !errors.includes(code));
    expect(missing).toEqual([]);
    const options = read("node/src/config/options.ts");
    const named = [...read("docs/operating/configuration.md").matchAll(/`([A-Z]+_[A-Z_]+)`/g)];
    expect(named.map(([, name = ""]) => name).filter((name) => !options.includes(name))).toEqual(
      [],
    );
  });

  it("ARCHITECTURE.md has an item for every room", () => {
    const text = read("docs/ARCHITECTURE.md");
    expect(rooms.filter((room) => !text.includes(`- \`${room}/\``))).toEqual([]);
  });

  it("the promise is worded as decided", () => {
    const text = read("README.md").replaceAll("\n", " ");
    expect(text).toContain(
      "exactly-once delivery from engine to consumer: a message's acknowledgement commits exactly " +
        "once, it is never leased to two consumers at a time, and never delivered again after its " +
        "acknowledgement committed; consumer side effects are protected by the fencing token.",
    );
    expect(text).not.toMatch(/handed out twice/i);
  });

  it("every README names the Node that package.json asks for", () => {
    const { engines } = JSON.parse(read("package.json")) as { engines: { node: string } };
    const version = engines.node.replace(">=", "");
    expect(version).toMatch(/^\d+\.\d+$/);
    for (const file of ["README.md", "clients/typescript/README.md", "checker/README.md"]) {
      expect(read(file), file).toContain(`Node ${version}`);
    }
  });

  it("the bounds of the guarantees are those of the code", () => {
    const sources = readdirSync(join(root, "core/src"), { recursive: true })
      .map((name) => join("core/src", String(name)))
      .filter((name) => name.endsWith(".ts"))
      .map(read);
    /** Wherever the constants of what is decided at apply stand: each name has one value. */
    const bound = (name: string): number => {
      const found = sources.flatMap((text) => [
        ...text.matchAll(new RegExp(`^ {2}${name}: ([\\d_]+),$`, "gm")),
      ]);
      expect(found, name).toHaveLength(1);
      return Number(found[0]?.[1]?.replaceAll("_", ""));
    };
    const text = read("docs/guarantees.md").replace(/\s+/g, " ");
    const messages = bound("dedupPerProducerMax").toLocaleString("en");
    expect(text).toContain(`the last ${messages} per producer`);
    expect(bound("tombstoneMs")).toBe(10 * 60_000);
    const settles = bound("tombstonesMax").toLocaleString("en");
    expect(text).toContain(`OK for 10 minutes or ${settles} settles of the partition`);
  });

  it("the harness's example is a test that runs", () => {
    const [, example = ""] = /```ts\n([\s\S]*?)```/.exec(read("test/harness/README.md")) ?? [];
    const kept = read("test/harness/test/example.test.ts");
    expect(kept.slice(kept.indexOf("import"))).toBe(example);
  });

  it("the README's program is the one that is kept runnable", () => {
    const [, program = ""] = /```ts\n([\s\S]*?)```/.exec(read("README.md")) ?? [];
    const kept = read("docs/examples/three-priorities.mjs");
    const lines = program.split("\n").filter((line) => /enqueue|console|ack\(|close\(/.test(line));
    expect(lines).toHaveLength(6);
    for (const line of lines) expect(kept).toContain(line.trim().replace('"mail"', "topic"));
  });
});
