// What the frames of a session hold beside whole requests (docs/api/session.md): the same fields under the same rules.

import { ENQUEUE } from "./enqueue.js";
import { TOPIC } from "./ids.js";
import { EXTEND, NACK } from "./leases.js";
import { group } from "./rule.js";

export const BOUND_TOPIC = group({ topic: TOPIC });
export const BOUND_PRODUCER = group({ producer: ENQUEUE.fields.producer });
export const NACK_TERMS = group({ backoffMs: NACK.fields.backoffMs });
export const EXTEND_TERMS = group({ extensionMs: EXTEND.fields.extensionMs });
