// What a simulated network is made from: timing, rates, and the callbacks into the world's loop.

import type { NetworkEvent } from "@disheap/io";
import type { PerMillion, Seed } from "./draw.js";

/** What one ordered link does to frames, decided per frame by a draw. */
export interface LinkRates {
  readonly lossPerMillion: PerMillion;
  readonly duplicatePerMillion: PerMillion;
  /** Exponential delay on top of the latency; mean 0 means none. */
  readonly delayMeanUs: number;
  readonly delayCapUs: number;
}

export const QUIET_LINK: LinkRates = {
  lossPerMillion: 0,
  duplicatePerMillion: 0,
  delayMeanUs: 0,
  delayCapUs: 0,
};

export interface NetworkSettings {
  /** True: frames of one link life arrive in the order they were sent. False: in any order. */
  readonly streamModel: boolean;
  readonly latencyMinUs: number;
  readonly latencyMaxUs: number;
  /** How long an end takes to learn that its stream broke (reset, other process gone). */
  readonly noticeMinUs: number;
  readonly noticeMaxUs: number;
  /** How long a silent cut takes to be noticed (keepalive). */
  readonly detectMinUs: number;
  readonly detectMaxUs: number;
  /** How long a dial takes once nothing is in its way (backoff and handshake). */
  readonly connectMinUs: number;
  readonly connectMaxUs: number;
  /** Bulk that a link may hold, and how fast it drains; absent: no frame ever waits. */
  readonly bulk?: { readonly bytesMax: number; readonly bytesPerMs: number };
  /** Of the frames in flight when a link's life ends, how many arrive after the reconnect. */
  readonly latePerMillion: PerMillion;
}

export const DEFAULT_NETWORK: NetworkSettings = {
  streamModel: true,
  latencyMinUs: 100,
  latencyMaxUs: 400,
  noticeMinUs: 200,
  noticeMaxUs: 50_000,
  detectMinUs: 5_000_000,
  detectMaxUs: 10_000_000,
  connectMinUs: 500,
  connectMaxUs: 200_000,
  latePerMillion: 300_000,
};

/** What the trace sees: everything that reaches a node, and every frame that a fault took. */
type NetworkTrace = (
  kind: "net.up" | "net.down" | "net.frame" | "net.lost",
  from: number,
  to: number,
  frame: Uint8Array | undefined,
) => void;

export interface NetworkOptions {
  /** Members are numbered 1..nodes. All start down. */
  readonly nodes: number;
  readonly seed: Seed;
  readonly settings: NetworkSettings;
  /** Runs `run` at simulated time `atUs`; equal times run in the order they were scheduled. */
  readonly schedule: (atUs: number, run: () => void) => void;
  readonly now: () => number;
  /** Puts an event into a node's inbox. Called only while that node is up. */
  readonly deliver: (to: number, event: NetworkEvent) => void;
  readonly trace?: NetworkTrace;
}
