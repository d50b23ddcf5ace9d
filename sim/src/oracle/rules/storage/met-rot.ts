// S6: a node that is handed a value of its own store which is not the one that it wrote goes on no further,
// whoever the read was for (G10, rev-B9): it ends with a sentence. A start that reads one refuses (S1, S2).

import { RuleBroken, type Rule } from "../../oracle.js";
import { seen } from "../views/watched.js";

/** The turn that takes the value in has long run. */
const WITHIN_US = 1_000_000;

interface RottenWorld {
  readonly queue: { readonly nowUs: number };
  node(number: number): { readonly disk: { readonly metRotAtUs: number | undefined } };
}

export class MetRot implements Rule {
  private world: RottenWorld | undefined;

  attach(world: RottenWorld): void {
    this.world = world;
  }

  afterTurn(node: number): void {
    const { world } = this;
    const metAtUs = world?.node(node).disk.metRotAtUs;
    if (!world || metAtUs === undefined || world.queue.nowUs - metAtUs < WITHIN_US) return;
    throw new RuleBroken({
      rule: "S6",
      message: `n${node} read a rotten value of its own store and goes on: what it sends and applies of it nobody knows`,
      first: seen({ atUs: metAtUs, node }, "reads a value that is not the one it wrote"),
      second: seen({ atUs: world.queue.nowUs, node }, "takes another turn"),
    });
  }
}
