import { describe, test } from "vitest";
import { diskSuite } from "../../src/conformance/index.js";
import { levelRig } from "./level-rig.js";

describe("DiskPort over LevelDB", () => {
  diskSuite(test, levelRig);
});
