// Why a consumer's stream ends or does not open, in sentences.

import type { Failure } from "../../contract/api.js";

/** None came within its time after the first credits, or the client's last message was another one. */
export const NO_FILTER: Failure = {
  code: "INVALID_ARGUMENT",
  message: "filter: is missing; send one that names the topic, then credits.",
};

export function topicGone(topic: string): Failure {
  return { code: "NOT_FOUND", message: `topic "${topic}" not found: it was deleted` };
}
