// `npm run test:all [-- --only TEXT]`: the suites that take longer than `npm test` may. It does not repeat
// that; CI runs both. The last line is `N passed, M failed`, with `, K skipped` after it when K > 0.
import { LONGER } from "./suites/longer.mjs";
import { chosen, runSuites } from "./suites/run-suites.mjs";

process.exit(await runSuites(chosen(LONGER, process.argv.slice(2))));
