// `node tools/law/main.mjs [--write]`: which citations lead nowhere, which rules nobody judges. With --write, the
// lines of docs/rules.md and docs/guarantees.md that are read from the sources are put there first.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv, exit } from "node:process";
import { root } from "../rooms.mjs";
import { lawProblems } from "./check.mjs";

const args = argv.slice(2);
if (args.some((arg) => arg !== "--write")) {
  console.error("It takes no arguments, or --write.");
  exit(2);
}
const write = (file, text) => {
  writeFileSync(join(root, file), text);
};
const found = lawProblems(root, args.length > 0 ? write : undefined);
for (const line of found) console.log(line);
console.log(found.length === 0 ? "every citation leads somewhere" : `${found.length} to mend`);
exit(found.length === 0 ? 0 : 1);
