// S1, S2: injected damage to synced data is noticed at start-up: the node refuses to start, with a
// sentence that says what to do. A node whose disk nobody damaged never refuses.

import { RuleBroken, type Rule } from "../oracle.js";
import { seen, type HostView, type Watched } from "./watched.js";

export class DamageNoticed implements Rule {
  private world: Watched | undefined;

  attach(world: Watched): void {
    this.world = world;
  }

  afterTurn(node: number, host: HostView): void {
    if (!host.isReady || this.world?.node(node).isDamaged !== true) return;
    throw new RuleBroken({
      rule: "S1",
      message:
        `n${node} takes part although synced data on its disk was damaged: it may have forgotten ` +
        "votes and entries that it promised to keep",
      second: seen(
        { atUs: this.world.queue.nowUs, node },
        `ready as incarnation ${host.context.incarnation}`,
      ),
      about: `n${node}`,
    });
  }

  refused(node: number, message: string): void {
    const at = { atUs: this.world?.queue.nowUs ?? 0, node };
    if (this.world?.node(node).isDamaged !== true) {
      throw new RuleBroken({
        rule: "S1",
        message: `n${node} refused to go on although its disk is whole: ${message}`,
        second: seen(at, message),
        about: `n${node}`,
      });
    }
    if (/\. .+\.$/.test(message)) return;
    throw new RuleBroken({
      rule: "S2",
      message: `n${node} refused its damaged disk without saying what was found and what to do: "${message}"`,
      second: seen(at, message),
      about: `n${node}`,
    });
  }
}
