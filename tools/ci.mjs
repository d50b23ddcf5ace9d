// What `.ci/run` starts: `npm test` and `npm run test:all`, whatever comes of the first, and one last line
// that adds both up.
import { runSuites } from "./suites/run-suites.mjs";
import { WHOLE } from "./suites/whole.mjs";

process.exit(await runSuites(WHOLE));
