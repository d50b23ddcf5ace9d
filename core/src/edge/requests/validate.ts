// Clients' requests are judged here, once, by the rules of contract/limits, whatever front end they came
// through; and what was left out or may not stand as it was sent is filled in.

import type {
  ClientEvent,
  ClientRequest,
  Failure,
  Mode,
  ProducerTriple,
  ProducerTripleInput,
  TopicSettings,
  TopicSettingsInput,
} from "../../contract/api.js";
import { ENQUEUE } from "../../contract/limits/enqueue.js";
import { TOPIC } from "../../contract/limits/ids.js";
import { fieldProblem, problemIn, taken } from "../../contract/limits/judge.js";
import { EXTEND, NACK } from "../../contract/limits/leases.js";
import type { FieldRule, GroupRule, NodeLimits } from "../../contract/limits/rule.js";
import { SESSION } from "../../contract/limits/sessions.js";
import { CREDITS, FILTER } from "../../contract/limits/streams.js";
import { LIMITS } from "../../contract/limits/table.js";
import { TOPIC_SETTINGS } from "../../contract/limits/topics.js";
import { VISIBILITY_MIN_MS } from "../../contract/limits/units.js";

export function invalid(message: string): Failure {
  return { code: "INVALID_ARGUMENT", message };
}

function judged(rules: GroupRule, given: object, node: NodeLimits): Failure | undefined {
  const problem = problemIn(rules, given, node);
  return problem === undefined ? undefined : invalid(problem);
}

function judgedAlone(
  rule: FieldRule | GroupRule,
  value: unknown,
  node: NodeLimits,
): Failure | undefined {
  const problem = fieldProblem(rule, value, node);
  return problem === undefined ? undefined : invalid(problem);
}

/** What can be said of a request without any state. */
export function statelessProblem(request: ClientRequest, node: NodeLimits): Failure | undefined {
  return judged(LIMITS[request.op], request, node);
}

export function filterProblem(
  event: Extract<ClientEvent, { kind: "stream.filter" }>,
  node: NodeLimits,
): Failure | undefined {
  return judged(FILTER, event, node);
}

export function creditsProblem(credits: number, node: NodeLimits): Failure | undefined {
  return judged(CREDITS, { credits }, node);
}

/** Of settings that were judged. */
export function settingsOf(input: TopicSettingsInput, node: NodeLimits): TopicSettings {
  const { fields: rule } = TOPIC_SETTINGS;
  return {
    mode: (input.mode ?? rule.mode.default) as Mode,
    partitions: taken(rule.partitions, input.partitions, node),
    replicationFactor: taken(rule.replicationFactor, input.replicationFactor, node),
    topKBound: taken(rule.topKBound, input.topKBound, node),
    retentionMs: taken(rule.retentionMs, input.retentionMs, node),
    visibilityMs: taken(rule.visibilityMs, input.visibilityMs, node),
    maxRetries: taken(rule.maxRetries, input.maxRetries, node),
    maxPayloadBytes: taken(rule.maxPayloadBytes, input.maxPayloadBytes, node),
    compression: input.compression ?? rule.compression.default,
    dlqEnabled: input.dlqEnabled ?? rule.dlqEnabled.default,
    dlqRetentionMs: taken(rule.dlqRetentionMs, input.dlqRetentionMs, node),
  };
}

/** The length of a lease that a client asked for (D-91). */
export function leaseMsOf(visibilityMs: number): number {
  return Math.max(VISIBILITY_MIN_MS, visibilityMs);
}

/** The identity of an enqueue: undefined for less than all three parts. */
export function tripleOf(input: ProducerTripleInput | undefined): ProducerTriple | undefined {
  if (input === undefined) return undefined;
  const { producerId, epochHi, epochLo, sequenceHi, sequenceLo } = input;
  if (producerId === undefined || producerId === "") return undefined;
  if (epochHi === undefined || epochLo === undefined) return undefined;
  if (sequenceHi === undefined || sequenceLo === undefined) return undefined;
  return { producerId, epochHi, epochLo, sequenceHi, sequenceLo };
}

/** What the topic of an enqueue says of its payload. */
export function payloadProblem(
  bytes: number,
  settings: TopicSettings,
  topic: string,
): Failure | undefined {
  if (bytes <= settings.maxPayloadBytes) return undefined;
  return invalid(
    `payload has ${bytes} bytes, topic "${topic}" takes at most ${settings.maxPayloadBytes}; ` +
      "send less, or make a topic with a larger max_payload_bytes",
  );
}

/** A number or a count in a frame of a session. */
export function sessionProblem(
  field: keyof typeof SESSION.fields,
  value: number,
  node: NodeLimits,
): Failure | undefined {
  return judgedAlone(SESSION.fields[field], value, node);
}

/** The name of a topic, by itself. */
export function topicNameProblem(topic: string, node: NodeLimits): Failure | undefined {
  return judgedAlone(TOPIC, topic, node);
}

export function producerProblem(
  producer: { readonly producerId: string; readonly epochHi: number; readonly epochLo: number },
  node: NodeLimits,
): Failure | undefined {
  if (producer.producerId === "") return invalid("producer_id: is empty; name the producer.");
  return judgedAlone(ENQUEUE.fields.producer, { ...producer, sequenceHi: 0, sequenceLo: 0 }, node);
}

export function backoffProblem(
  backoffMs: number | undefined,
  node: NodeLimits,
): Failure | undefined {
  return judgedAlone(NACK.fields.backoffMs, backoffMs, node);
}

export function extensionProblem(extensionMs: number, node: NodeLimits): Failure | undefined {
  return judgedAlone(EXTEND.fields.extensionMs, extensionMs, node);
}
