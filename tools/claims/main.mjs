// `node tools/claims/main.mjs [--add]`: what is wrong with the table of sentences (docs/internals/claims). With
// --add, missing sentences are put into their tables, where somebody then names the test. Needs a build.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { argv, exit } from "node:process";
import { root } from "../rooms.mjs";
import { differences } from "./compare.mjs";
import { proofReader } from "./proofs.mjs";
import { SOURCES } from "./sources.mjs";
import { readTable, withMissing, writeTable } from "./table.mjs";

const args = argv.slice(2);
if (args.some((arg) => arg !== "--add")) {
  console.error("It takes no arguments, or --add.");
  exit(2);
}
const wrongWith = proofReader(root);
const found = [];
for (const { name, title, sentences } of SOURCES) {
  const path = `docs/internals/claims/${name}.txt`;
  const file = join(root, path);
  const said = await sentences();
  let rows = existsSync(file) ? readTable(readFileSync(file, "utf8")) : [];
  if (args.includes("--add")) {
    rows = withMissing(rows, said);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, writeTable(title, rows));
  }
  found.push(...differences(path, rows, said, wrongWith));
}
for (const line of found) console.log(line);
console.log(found.length === 0 ? "every sentence has its proof" : `${found.length} to mend`);
exit(found.length === 0 ? 0 : 1);
