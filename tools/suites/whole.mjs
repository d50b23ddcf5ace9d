// What `.ci/run` runs: both lists of suites, each as one. Together their limits stay below the 90 minutes that
// CI allows, and each is above the sum of the limits inside it: what hangs is ended there, and fails by its
// own name (tools/test/suites/lists.test.ts).
import { minutes } from "./commands.mjs";
import { fromLastLine } from "./counts.mjs";

const shows = () => true;

/** @type {readonly import("./run-suite.mjs").Suite[]} */
export const WHOLE = [
  {
    name: "npm test",
    command: ["npm", "test", "--silent"],
    limitMs: minutes(38),
    counts: fromLastLine,
    shows,
    isNested: true,
  },
  {
    name: "npm run test:all",
    command: ["npm", "run", "--silent", "test:all"],
    limitMs: minutes(51),
    counts: fromLastLine,
    shows,
    isNested: true,
  },
];
