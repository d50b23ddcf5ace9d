// A peer as lines of the bench.

import { measureEndToEnd, SECONDS } from "../lanes/measure.js";
import type { Workload } from "../workloads/workload.js";
import type { Peer } from "./peer.js";
import { PeerHost } from "./peer-host.js";

/** Starting three of them takes longer than measuring. */
const SILENT_MAX_MS = 600_000;

export function peerWorkload(peer: Peer, window: number): Workload {
  const name = `${peer.name}-${window}`;
  return {
    name,
    about: `${peer.about}, ${window} enqueues under way`,
    silentMaxMs: SILENT_MAX_MS,
    run: async (bench) => {
      const host = new PeerHost(bench.progress);
      try {
        const subject = await peer.start(host);
        const seconds = bench.seconds ?? SECONDS;
        const shape = { lanes: 1, window };
        const result = await measureEndToEnd(subject, { name, shape, seconds });
        return [{ ...result, says: peer.doesNot.map((text) => `does not: ${text}`) }];
      } finally {
        await host.close();
      }
    },
  };
}
