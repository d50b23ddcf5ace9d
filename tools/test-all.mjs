// `npm run test:all [-- --only TEXT]`: the suites that take longer than `npm test` may. It does not repeat
// that; CI runs both. The last line is `N passed, M failed`, with `, K skipped` after it when K > 0.
import { chosen } from "./suites/arguments.mjs";
import { LONGER } from "./suites/longer.mjs";
import { runSuites } from "./suites/run-suites.mjs";

const HELP = `npm run test:all [-- --only TEXT]

The suites that take longer than those of npm test, which it does not repeat. The last line is "N passed, M failed",
with ", K skipped" after it where K > 0.`;

process.exit(await runSuites(chosen(LONGER, process.argv.slice(2), HELP)));
