// The rules of every request of the public API, by what the host is asked.

import type { ClientRequest } from "../api.js";
import { ENQUEUE } from "./enqueue.js";
import { ACK, EXTEND, NACK, RELEASE } from "./leases.js";
import { LIST, PEEK, STATS } from "./reads.js";
import type { GroupRule } from "./rule.js";
import { CREATE, DELETE } from "./topics.js";

export const LIMITS: { readonly [Op in ClientRequest["op"]]: GroupRule } = {
  "topic.create": CREATE,
  "topic.delete": DELETE,
  "topic.list": LIST,
  stats: STATS,
  peek: PEEK,
  enqueue: ENQUEUE,
  ack: ACK,
  nack: NACK,
  release: RELEASE,
  extend: EXTEND,
};
