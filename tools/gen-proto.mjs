// Regenerates what is derived from proto/disheap.proto: the TypeScript code in proto/src/gen and the
// descriptor set proto/disheap.binpb, which server reflection serves. Both are committed, so that a
// clone builds without the generator; buf runs through npx because its native parts do not lock.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./rooms.mjs";

const buf = "@bufbuild/buf@1.75.0";

/** buf.gen.yaml as data: the output folder is the only thing a caller may choose. */
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

/** Writes the generated code to `genDir` and the descriptor set to `descriptorFile`. */
export function generate(genDir, descriptorFile) {
  rmSync(genDir, { recursive: true, force: true });
  run(["generate", "--template", JSON.stringify(template(genDir))]);
  run(["build", "--as-file-descriptor-set", "--exclude-source-info", "-o", descriptorFile]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  generate(join(root, "proto/src/gen"), join(root, "proto/disheap.binpb"));
}
