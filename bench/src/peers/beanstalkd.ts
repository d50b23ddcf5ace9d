// beanstalkd with a binlog that is synced at every write. A job is deleted by the connection that reserved
// it, and a connection that waits for a job answers nothing else: so there are several that consume.

import type { Lane, LaneEvents } from "../load/end-to-end-load.js";
import { numberOf, payloadOf } from "../workloads/workload.js";
import { BeanstalkdClient } from "./beanstalkd-client.js";
import { findProgram } from "./find-programs.js";
import type { Peer } from "./peer.js";
import { LOOPBACK, type PeerHost } from "./peer-host.js";

const NEED = { program: "beanstalkd", package: "beanstalkd" };
const CONSUMERS_MAX = 16;
const LEASE_SECONDS = 300;

async function openLane(
  host: PeerHost,
  port: number,
  events: LaneEvents,
  window: number,
): Promise<Lane> {
  const connect = async (): Promise<BeanstalkdClient> => {
    const client = await BeanstalkdClient.connect(LOOPBACK, port);
    host.onClose(() => Promise.resolve(client.close()));
    return client;
  };
  const consume = async (client: BeanstalkdClient): Promise<void> => {
    for (;;) {
      const { id, payload } = await client.reserve();
      const number = numberOf(payload);
      events.delivered(number);
      client.delete(id).then(
        () => events.settled(number),
        (error: unknown) => events.failed("settle", error),
      );
    }
  };
  for (let i = 0; i < Math.min(window, CONSUMERS_MAX); i += 1) {
    // Its end is the end of the server.
    void consume(await connect()).catch(() => undefined);
  }
  const producer = await connect();
  return {
    enqueue: (number) => {
      producer.put(payloadOf(number), number % 100, LEASE_SECONDS).then(
        () => events.enqueued(number),
        (error: unknown) => events.failed("enqueue", error),
      );
    },
  };
}

export const beanstalkd: Peer = {
  name: "beanstalkd",
  about: "beanstalkd -f0, one process",
  programs: [NEED],
  doesNot: [
    "replicate: one process, one disk (synced at every write)",
    "deduplicate repeats, fence late workers",
  ],
  start: async (host) => {
    const [port = 0] = await host.ports(1);
    const file = findProgram(NEED);
    const args = ["-l", LOOPBACK, "-p", String(port), "-b", host.folder("binlog"), "-f0"];
    const program = host.start({ name: "beanstalkd", command: [file, ...args] });
    await host.listens(program, port);
    return {
      openLane: (events, window) => openLane(host, port, events, window),
      usage: () => Promise.resolve(host.usage()),
      close: () => host.close(),
    };
  },
};
