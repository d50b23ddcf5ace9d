// What a client binds and opens: each handle once, from 1 up to a number of them. What is wrong here is nothing that
// one call could be refused for: the session ends.

import type { BindProducer, BindTopic } from "@disheap/proto/session";
import type { Failure } from "../contract/api.js";
import type { NodeLimits } from "../contract/limits/rule.js";
import {
  invalid,
  producerProblem,
  sessionProblem,
  topicNameProblem,
} from "../edge/requests/validate.js";
import { HANDLES_MAX } from "./limits.js";
import type { Session } from "./session.js";

export function handleProblem(
  kind: string,
  handle: number,
  taken: { readonly size: number; has(handle: number): boolean },
  node: NodeLimits,
): Failure | undefined {
  const wrong = sessionProblem("handle", handle, node);
  if (wrong) return wrong;
  if (taken.has(handle)) {
    return invalid(`${kind} ${handle} is bound already; choose another handle, each is bound once`);
  }
  if (taken.size < HANDLES_MAX) return undefined;
  return {
    code: "RESOURCE_EXHAUSTED",
    message: `the session has ${HANDLES_MAX} handles of a ${kind}, as many as may be; open another session`,
  };
}

export function bindTopic(
  session: Session,
  { handle, topic }: BindTopic,
  node: NodeLimits,
): Failure | undefined {
  const failure =
    handleProblem("topic", handle, session.topics, node) ?? topicNameProblem(topic, node);
  if (!failure) session.topics.set(handle, topic);
  return failure;
}

export function bindProducer(
  session: Session,
  { handle, producerId, epoch }: BindProducer,
  node: NodeLimits,
): Failure | undefined {
  const producer = { producerId, epochHi: epoch.hi, epochLo: epoch.lo };
  const failure =
    handleProblem("producer", handle, session.producers, node) ?? producerProblem(producer, node);
  if (!failure) session.producers.set(handle, producer);
  return failure;
}
