// S7: what a node read from its store at start it lets go of again (rev-A3): at the end of a run, long after the
// last start, it holds of that no more than the tails of its logs. Looked for in everything that can be reached
// from the host, so that nobody has to count what he keeps.

import { RuleBroken, type Rule } from "../../oracle.js";
import { reachableBuffers } from "./reachable.js";
import { seen } from "../views/watched.js";

interface HeldHost {
  readonly context: {
    readonly groups: ReadonlyMap<
      number,
      { readonly raft: { readonly log: { heldBytes: number } } }
    >;
  };
}

interface HeldWorld {
  readonly queue: { readonly nowUs: number };
  readonly nodes: readonly {
    readonly number: number;
    readonly disk: { readonly handedOut: { has(buffer: ArrayBufferLike): boolean } };
    readonly process: { readonly host: HeldHost } | undefined;
  }[];
}

/** A block or two that are on their way. */
const SLACK_BYTES = 4_096;

export class HeldAfterStart implements Rule {
  private world: HeldWorld | undefined;

  attach(world: HeldWorld): void {
    this.world = world;
  }

  finish(): void {
    for (const { number, disk, process } of this.world?.nodes ?? []) {
      if (!process) continue;
      let bytes = 0;
      for (const buffer of reachableBuffers(process.host)) {
        if (disk.handedOut.has(buffer)) bytes += buffer.byteLength;
      }
      let most = SLACK_BYTES;
      for (const { raft } of process.host.context.groups.values()) most += raft.log.heldBytes;
      if (bytes <= most) continue;
      throw new RuleBroken({
        rule: "S7",
        message:
          `n${number} still holds ${bytes} bytes of what it read from its store, beside logs of which ` +
          `${most - SLACK_BYTES} bytes are to stay in memory: a log that grows ends the process at some start`,
        second: seen({ atUs: this.world?.queue.nowUs ?? 0, node: number }, "the end of the run"),
      });
    }
  }
}
