// `npm test [-- --only TEXT]`: every gate of a change. The last line is `N passed, M failed`, with
// `, K skipped` after it when K > 0, where N counts tests, gates and seeds.
import { chosen } from "./suites/arguments.mjs";
import { GATES } from "./suites/gates.mjs";
import { runSuites } from "./suites/run-suites.mjs";

const HELP = `npm test [-- --only TEXT]

Every gate of a change. The last line is "N passed, M failed", with ", K skipped" after it where K > 0.`;

process.exit(await runSuites(chosen(GATES, process.argv.slice(2), HELP)));
