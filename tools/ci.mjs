// What `.ci/run` starts: `npm test` and `npm run test:all`, whatever comes of the first, and one last line
// that adds both up. Together their limits stay below the 90 minutes that CI allows, and each is above the sum
// of the limits inside it: what hangs is ended there, and fails by its own name.
import { minutes } from "./suites/commands.mjs";
import { fromLastLine } from "./suites/counts.mjs";
import { runSuites } from "./suites/run-suites.mjs";

const shows = () => true;

process.exit(
  await runSuites([
    {
      name: "npm test",
      command: ["npm", "test", "--silent"],
      limitMs: minutes(40),
      counts: fromLastLine,
      shows,
      isNested: true,
    },
    {
      name: "npm run test:all",
      command: ["npm", "run", "--silent", "test:all"],
      limitMs: minutes(48),
      counts: fromLastLine,
      shows,
      isNested: true,
    },
  ]),
);
