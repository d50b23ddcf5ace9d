// `npm test [-- --only TEXT]`: every gate of a change. The last line is `N passed, M failed`, with
// `, K skipped` after it when K > 0, where N counts tests, gates and seeds.
import { GATES } from "./suites/gates.mjs";
import { chosen, runSuites } from "./suites/run-suites.mjs";

process.exit(await runSuites(chosen(GATES, process.argv.slice(2))));
