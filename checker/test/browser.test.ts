// The package promises to run in a browser: nothing the main entry reaches may import anything but
// the package's own files.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const src = fileURLToPath(new URL("../src", import.meta.url));

function reach(file: string, seen: Set<string>): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  const text = readFileSync(file, "utf8");
  const imports = [...text.matchAll(/^(?:import|export)\s[^;]*?from\s+"([^"]+)";/gms)];
  return imports.flatMap(([, target]) =>
    target.startsWith(".")
      ? reach(join(dirname(file), target.replace(/\.js$/, ".ts")), seen)
      : [`${file}: ${target}`],
  );
}

describe("main entry", () => {
  it("reaches only the package's own files", () => {
    const seen = new Set<string>();
    expect(reach(join(src, "index.ts"), seen)).toEqual([]);
    expect(seen.size).toBeGreaterThan(40);
  });

  it("the check itself sees an import of Node", () => {
    expect(reach(join(src, "cli", "pool.ts"), new Set())).toContainEqual(
      expect.stringContaining("node:worker_threads"),
    );
  });

  it("uses no global that only Node has", () => {
    const seen = new Set<string>();
    reach(join(src, "index.ts"), seen);
    const guilty = [...seen].filter((file) =>
      /\b(process\.(env|argv|memoryUsage|hrtime)|Buffer\.|require\(|__dirname|setImmediate)/.test(
        readFileSync(file, "utf8"),
      ),
    );
    expect(guilty).toEqual([]);
  });
});
