// Whom the world tells what happens inside its nodes. It does not know who that is, nor what comes of it.

import type { Host, HostObserver } from "@disheap/core";

/** `node` is the member number. */
export interface WorldObserver {
  /** The observer of one life of a node; silent once that life is over. */
  observe(node: number, isAlive: () => boolean): HostObserver;
  afterTurn(node: number, host: Host): void;
  /** A node refused to go on, with its sentence. */
  refused(node: number, message: string): void;
}
