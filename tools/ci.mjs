// What `.ci/run` starts: `npm test` and `npm run test:all`, whatever comes of the first, and one last line
// that adds both up.
import { takesNothing } from "./suites/arguments.mjs";
import { runSuites } from "./suites/run-suites.mjs";
import { WHOLE } from "./suites/whole.mjs";

takesNothing(
  ".ci/run",
  `npm test, then npm run test:all whatever came of the first. The last line adds both up: "N passed, M failed", with
", K skipped" after it where K > 0.`,
  `Exit codes: 0 nothing failed, 1 something did, 2 a command line that cannot be used.`,
);
process.exit(await runSuites(WHOLE));
