// What `.ci/run` starts: `npm test` and `npm run test:all`, whatever comes of the first, and one last line
// that adds both up. Together their limits stay below the 90 minutes that CI allows.
import { minutes } from "./suites/commands.mjs";
import { fromLastLine } from "./suites/counts.mjs";
import { runSuites } from "./suites/run-suites.mjs";

const shows = () => true;

process.exit(
  await runSuites([
    {
      name: "npm test",
      command: ["npm", "test", "--silent"],
      limitMs: minutes(30),
      counts: fromLastLine,
      shows,
      isNested: true,
    },
    {
      name: "npm run test:all",
      command: ["npm", "run", "--silent", "test:all"],
      limitMs: minutes(50),
      counts: fromLastLine,
      shows,
      isNested: true,
    },
  ]),
);
