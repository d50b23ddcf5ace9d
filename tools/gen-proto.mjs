// Regenerates what is derived from proto/disheap.proto: the TypeScript code in proto/src/gen and the
// descriptor set proto/disheap.binpb, which server reflection serves. Both are committed, so that a
// clone builds without the generator; buf runs through npx because its native parts do not lock.
// With --check it writes nothing and fails when the committed files are not what it would write.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./rooms.mjs";

const buf = "@bufbuild/buf@1.75.0";
const committed = {
  code: join(root, "proto/src/gen"),
  descriptors: join(root, "proto/disheap.binpb"),
};

/** buf.gen.yaml as data. */
function template(out) {
  return {
    version: "v2",
    plugins: [
      {
        local: join(root, "node_modules", ".bin", "protoc-gen-ts_proto"),
        out,
        include_imports: true,
        include_wkt: true,
        opt: [
          "outputServices=grpc-js",
          "forceLong=bigint",
          "oneof=unions-value",
          "useMapType=true",
          "importSuffix=.js",
          "snakeToCamel=true",
          "enumsAsLiterals=true",
          "esModuleInterop=true",
          "outputJsonMethods=false",
        ],
      },
    ],
  };
}

function run(args) {
  const result = spawnSync("npx", ["-y", buf, ...args], {
    cwd: join(root, "proto"),
    stdio: "inherit",
  });
  if (result.status !== 0) {
    console.error(`buf ${args[0]} failed: see the lines above.`);
    process.exit(result.status ?? 1);
  }
}

function generate({ code, descriptors }) {
  rmSync(code, { recursive: true, force: true });
  run(["generate", "--template", JSON.stringify(template(code))]);
  run(["build", "--as-file-descriptor-set", "--exclude-source-info", "-o", descriptors]);
}

/** Path inside the folder -> text, for every file below it. */
function filesIn(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return new Map(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length), readFileSync(path, "utf8")]),
  );
}

function check() {
  const folder = mkdtempSync(join(tmpdir(), "disheap-proto-"));
  try {
    const fresh = { code: join(folder, "gen"), descriptors: join(folder, "disheap.binpb") };
    generate(fresh);
    const [a, b] = [filesIn(fresh.code), filesIn(committed.code)];
    const paths = new Set([...a.keys(), ...b.keys()]);
    const stale = [...paths].filter((path) => a.get(path) !== b.get(path));
    const isSame = readFileSync(fresh.descriptors).equals(readFileSync(committed.descriptors));
    return isSame ? stale : [...stale, "/disheap.binpb"];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv.includes("--check")) {
  const stale = check();
  if (stale.length > 0) {
    console.error(
      `Not what proto/disheap.proto gives: ${stale.join(", ")}. Run: npm run gen:proto`,
    );
    process.exit(1);
  }
  console.log("The generated code is what proto/disheap.proto gives.");
} else {
  generate(committed);
}
