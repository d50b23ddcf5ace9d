// L16: no frame is larger than a link takes (rev-A6). One that is gets lost on a link that stays up, and what is in
// it is sent again in the same company: the follower or the leader that waits for it waits for good.

import { FRAME_BYTES_MAX } from "@disheap/core";
import { RuleBroken, type Rule } from "../../oracle.js";
import { seen } from "../views/watched.js";

interface FramedWorld {
  readonly queue: { readonly nowUs: number };
  readonly network: {
    readonly tooLarge:
      { readonly from: number; readonly to: number; readonly bytes: number } | undefined;
  };
}

export class FrameBounds implements Rule {
  private world: FramedWorld | undefined;

  attach(world: FramedWorld): void {
    this.world = world;
  }

  afterTurn(): void {
    const { world } = this;
    const frame = world?.network.tooLarge;
    if (!world || !frame) return;
    const { from, to, bytes } = frame;
    throw new RuleBroken({
      rule: "L16",
      message: `n${from} made a frame of ${bytes} bytes for n${to}, and no link takes more than ${FRAME_BYTES_MAX}`,
      second: seen({ atUs: world.queue.nowUs, node: from }, `a frame of ${bytes} bytes is dropped`),
    });
  }
}
