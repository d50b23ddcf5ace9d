// How a dial becomes a link: the receiver's core is shown the card of the sender and takes or refuses it,
// as over io/grpc.

import type { LinkRefusal, NetworkEvent } from "@disheap/io";
import type { Link } from "./network-link.js";

/** A refused dialler comes again after this long, as the real one does. */
const REFUSED_RETRY_US = 10_000_000;
const STARTING_RETRY_US = 200_000;

/** A card that was shown and not answered yet. */
interface Call {
  readonly link: Link;
  readonly epoch: number;
  /** Of the process that was asked. */
  readonly incarnation: number;
}

interface IntroductionParts {
  readonly now: () => number;
  readonly schedule: (atUs: number, run: () => void) => void;
  readonly deliver: (to: number, event: NetworkEvent) => void;
  readonly nodeOf: (number: number) => {
    readonly isUp: boolean;
    readonly incarnation: number;
    readonly card: Uint8Array | undefined;
  };
  /** The member that a place says it is. */
  readonly memberOf: (number: number) => number;
  readonly open: (link: Link) => void;
  readonly dial: (link: Link) => void;
  readonly count: (kind: string) => void;
}

export class Introductions {
  private readonly parts: IntroductionParts;
  private readonly calls = new Map<number, Call>();
  private callsMade = 0;

  constructor(parts: IntroductionParts) {
    this.parts = parts;
  }

  /** The dial has reached the other end, if somebody is there. */
  show(link: Link): void {
    const { nodeOf, memberOf, deliver } = this.parts;
    const { card } = nodeOf(link.from);
    const receiver = nodeOf(link.to);
    if (card === undefined || !receiver.isUp) return;
    this.callsMade += 1;
    const call = this.callsMade;
    const { epoch } = link;
    this.calls.set(call, { link, epoch, incarnation: receiver.incarnation });
    const peer = memberOf(link.from);
    deliver(link.to, { kind: "peer.hello", call, peer, card: card.slice() });
  }

  answer(node: number, number: number, refusal: LinkRefusal | undefined): void {
    const { nodeOf, open } = this.parts;
    const call = this.calls.get(number);
    this.calls.delete(number);
    if (call?.link.to !== node || call.incarnation !== nodeOf(node).incarnation) return;
    const { link } = call;
    if (link.epoch !== call.epoch || link.cuts > 0 || !nodeOf(link.from).isUp) return;
    if (refusal === undefined) open(link);
    else this.refused(link, refusal);
  }

  private refused(link: Link, { code, message }: LinkRefusal): void {
    const { now, schedule, deliver, dial, count } = this.parts;
    const isStarting = code === "starting";
    if (!isStarting) {
      count("net.refused");
      deliver(link.from, { kind: "peer.refused", peer: link.to, code, message });
    }
    const { epoch } = link;
    schedule(now() + (isStarting ? STARTING_RETRY_US : REFUSED_RETRY_US), () => {
      if (link.epoch === epoch && link.state === "down") dial(link);
    });
  }
}
