// What a node answers before it takes part.

import type { Failure } from "../../contract/api.js";

/** This node belongs to no cluster yet, or does not know whether its store is sound. */
export const STARTING: Failure = {
  code: "UNAVAILABLE",
  message: "this node is still starting; try again or ask another node",
};
