// One stretch of network between two ends that do not know of it: what comes in on one side is passed on to
// the other, until the link is frozen or cut.

import { connect, type Socket } from "node:net";
import { hostAndPort } from "./ports.js";

/**
 * open: bytes pass. frozen: connections stay and nothing passes, as when a cable is out; what was sent
 * arrives later. cut: every connection is broken and new ones are refused.
 */
export type LinkState = "open" | "frozen" | "cut";

/** One connection through a link: two sockets, and what waits between them while they are frozen. */
export class Relay {
  private readonly sockets: readonly [Socket, Socket];
  private readonly held: (() => void)[] = [];
  private isFrozen = false;

  /** `inspect` sees what the near side sends before it is passed on, and may freeze or break the relay. */
  constructor(near: Socket, target: string, inspect?: (bytes: Buffer) => void) {
    const far = connect(hostAndPort(target));
    this.sockets = [near, far];
    this.pass(near, far, inspect);
    this.pass(far, near);
  }

  onClose(listener: () => void): void {
    this.sockets[0].once("close", listener);
  }

  freeze(): void {
    this.isFrozen = true;
    for (const socket of this.sockets) socket.pause();
  }

  thaw(): void {
    this.isFrozen = false;
    for (const write of this.held.splice(0)) write();
    for (const socket of this.sockets) socket.resume();
  }

  /** Both sides see the connection reset. */
  break(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  private pass(from: Socket, to: Socket, inspect?: (bytes: Buffer) => void): void {
    from.on("data", (bytes: Buffer) => {
      inspect?.(bytes);
      const write = (): void => {
        if (!to.destroyed && !to.write(bytes)) from.pause();
      };
      if (this.isFrozen) this.held.push(write);
      else write();
    });
    to.on("drain", () => {
      if (!this.isFrozen) from.resume();
    });
    from.on("error", () => undefined);
    from.on("close", () => {
      to.destroySoon();
    });
  }
}

export class Link {
  /** Where it leads, as host:port. */
  target: string;
  private readonly relays = new Set<Relay>();
  private current: LinkState = "open";

  constructor(target: string) {
    this.target = target;
  }

  get state(): LinkState {
    return this.current;
  }

  /** Connections through it. */
  get connections(): number {
    return this.relays.size;
  }

  open(): void {
    this.current = "open";
    for (const relay of this.relays) relay.thaw();
  }

  freeze(): void {
    this.current = "frozen";
    for (const relay of this.relays) relay.freeze();
  }

  cut(): void {
    this.current = "cut";
    this.reset();
  }

  /** Breaks every connection, once: new ones fare as the state of the link has it. */
  reset(): void {
    for (const relay of this.relays) relay.break();
  }

  /** A new connection comes in. */
  accept(near: Socket): void {
    if (this.current === "cut" || this.target === "") near.resetAndDestroy();
    else this.adopt(new Relay(near, this.target));
  }

  /** A connection that stands already is from now on one of this link. */
  adopt(relay: Relay): void {
    this.relays.add(relay);
    relay.onClose(() => this.relays.delete(relay));
    if (this.current === "frozen") relay.freeze();
    if (this.current === "cut") relay.break();
  }
}
