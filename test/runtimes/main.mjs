// `npm run test:runtimes`: the same simulated seeds under other versions of Node, which must arrive at the
// same trace hashes. Anything else means that something in a run depends on more than its seed. The last
// line is `N passed, M failed`, one for each seed and version, with `, K skipped` for versions not to be had.
import { takesNothing } from "../../tools/suites/arguments.mjs";
import { lastLine } from "../../tools/suites/counts.mjs";
import { runtimes } from "./runtimes.mjs";
import { differences, seedsUnder } from "./traces.mjs";

/** Beyond those of `npm test`, so that more is seen. */
const [FROM, TO] = [101, 124];

takesNothing(
  "npm run test:runtimes",
  `Simulated seeds ${FROM} to ${TO} under other versions of Node, which are installed for it below test/runtimes: each
must go the same way as under this one. What cannot be installed is skipped.`,
  `Exit codes: 0 all went the same way or were skipped, 1 a seed went another way, 2 a command line that cannot be used.`,
);

const range = `${FROM}..${TO}`;
const seeds = Array.from({ length: TO - FROM + 1 }, (_, i) => String(FROM + i));
const counts = { passed: 0, failed: 0, skipped: 0 };
const all = runtimes();
const here = all.some((one) => "bin" in one) ? seedsUnder(process.execPath, range) : undefined;
for (const runtime of all) {
  if (here === undefined || !("bin" in runtime)) {
    counts.skipped += 1;
    console.log(`skipped: ${runtime.name}: ${runtime.reason}`);
    continue;
  }
  const wrong = differences(seeds, here, seedsUnder(runtime.bin, range));
  counts.failed += wrong.length;
  counts.passed += seeds.length - wrong.length;
  for (const sentence of wrong) console.log(`FAIL  ${runtime.name}: ${sentence}`);
  const same = `${seeds.length - wrong.length} of ${seeds.length} seeds`;
  console.log(
    `${wrong.length === 0 ? "ok   " : "FAIL "} ${runtime.name}: ${same} as under Node ${process.versions.node}`,
  );
}
console.log(lastLine(counts));
process.exit(counts.failed === 0 ? 0 : 1);
