// The peers, in the order of the table.

import { beanstalkd } from "./beanstalkd.js";
import { bullmq } from "./bullmq.js";
import { nats } from "./nats.js";
import type { Peer } from "./peer.js";
import { postgres } from "./postgres.js";
import { rabbitClassic, rabbitQuorum } from "./rabbitmq.js";

export const PEERS: readonly Peer[] = [
  rabbitQuorum,
  rabbitClassic,
  nats,
  bullmq,
  postgres,
  beanstalkd,
];
