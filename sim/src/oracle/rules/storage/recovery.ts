// S1, S2: injected damage to synced data is noticed at start-up: the node refuses to start, with a
// sentence that says what to do. A node whose disk nobody damaged never refuses; it comes back with
// exactly what its disk holds, and under a new incarnation, since the old one was synced.

import { RuleBroken, type Rule } from "../../oracle.js";
import { DurableReader } from "../views/durable.js";
import type { ReplicaRule, Snapshot } from "../views/sweep.js";
import { seen, type HostView, type RaftView, type Watched } from "../views/watched.js";

export class Recovery implements Rule, ReplicaRule {
  private world: Watched | undefined;
  private readonly reader = new DurableReader();
  /** Per node: the host that was ready last, and its incarnation. */
  private readonly lives = new Map<number, { host: HostView; incarnation: number }>();

  attach(world: Watched): void {
    this.world = world;
  }

  afterTurn(node: number, host: HostView): void {
    if (!host.isReady || this.lives.get(node)?.host === host) return;
    this.isReady(node, host);
    if (this.world?.node(node).isDamaged !== true) return;
    throw new RuleBroken({
      rule: "S1",
      message:
        `n${node} takes part although synced data on its disk was damaged: it may have forgotten ` +
        "votes and entries that it promised to keep",
      second: seen(
        { atUs: this.world.queue.nowUs, node },
        `ready as incarnation ${host.context.incarnation}`,
      ),
    });
  }

  /** The first turn of a life in which the node takes part. */
  private isReady(node: number, host: HostView): void {
    const { incarnation } = host.context;
    const before = this.lives.get(node);
    this.lives.set(node, { host, incarnation });
    if (!before || incarnation > before.incarnation || this.world?.node(node).isDamaged) return;
    throw new RuleBroken({
      rule: "S1",
      message:
        `n${node} came back as incarnation ${incarnation} after incarnation ${before.incarnation}: ` +
        "others cannot tell the two lives apart",
      second: seen(
        { atUs: this.world?.queue.nowUs ?? 0, node },
        `ready as incarnation ${incarnation}`,
      ),
    });
  }

  /** First sight of a replica: the turn that made it may have gone on only for the meta group. */
  changed(now: Snapshot, before: Snapshot | undefined, raft: RaftView): void {
    if (before || raft.id === 0 || !this.world) return;
    const node = this.world.node(now.node);
    const disk = this.reader.hardState(node, raft.id) ?? { term: 0, vote: 0, lastIndex: 0 };
    const isSame =
      now.term === disk.term && now.vote === disk.vote && now.lastIndex === disk.lastIndex;
    let differs = isSame ? undefined : `log to ${disk.lastIndex}, term ${disk.term}`;
    for (let index = 1; index <= disk.lastIndex && differs === undefined; index += 1) {
      const term = this.reader.termAt(node, raft.id, index);
      if (term !== raft.log.termAt(index)) differs = `term ${term ?? "none"} at entry ${index}`;
    }
    if (differs === undefined || node.isDamaged) return;
    throw new RuleBroken({
      rule: "S1",
      message:
        `n${now.node} recovered group ${raft.id} as log to ${now.lastIndex}, term ${now.term}, vote ` +
        `${now.vote}, but its disk holds ${differs}`,
      second: seen(now, `recovered group ${raft.id}`),
      about: `group ${raft.id}:`,
    });
  }

  refused(node: number, message: string): void {
    const at = { atUs: this.world?.queue.nowUs ?? 0, node };
    const { isDamaged = false, wasWiped = false } = this.world?.node(node) ?? {};
    if (!isDamaged && !wasWiped) {
      throw new RuleBroken({
        rule: "S1",
        message: `n${node} refused to go on although its disk is whole: ${message}`,
        second: seen(at, message),
      });
    }
    if (/\. .+\.$/.test(message)) return;
    throw new RuleBroken({
      rule: "S2",
      message: `n${node} refused its damaged disk without saying what was found and what to do: "${message}"`,
      second: seen(at, message),
    });
  }
}
