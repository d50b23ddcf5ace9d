// Why a consumer's stream ends or does not open, in sentences.

import type { ClientEvent, Failure } from "../../contract/api.js";
import { VISIBILITY_MAX_MS } from "../../contract/limits.js";
import { invalid, topicNameProblem } from "../requests/validate.js";

export function topicGone(topic: string): Failure {
  return { code: "NOT_FOUND", message: `topic "${topic}" not found: it was deleted` };
}

export function filterProblem(
  event: Extract<ClientEvent, { kind: "stream.filter" }>,
): Failure | undefined {
  const { visibilityMs } = event;
  const isBad =
    visibilityMs !== undefined && !(visibilityMs > 0 && visibilityMs <= VISIBILITY_MAX_MS);
  if (isBad) {
    return invalid(`visibility_timeout is ${visibilityMs} ms; it must be above 0 and at most 12 h`);
  }
  return topicNameProblem(event.topic);
}
