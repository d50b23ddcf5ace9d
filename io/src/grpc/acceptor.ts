// The receiving half of the links: answers the handshake of whoever dials, asks the core about its card,
// and passes on the frames of members that it took. A newer link of a peer, once taken, ends its older
// one, so at most one life per peer delivers at a time.

import type { ServerDuplexStream } from "@grpc/grpc-js";
import {
  cardOf,
  decodeHandshake,
  encodeHandshake,
  isProof,
  judgeHello,
  makeProof,
  malformed,
  newNonce,
  wrongSecret,
} from "./handshake.js";
import type { HandshakeMessage, Hello, PeerIdentity, Refusal } from "./handshake.js";
import { STARTING, type LinkTuning, type PeerLogLine } from "./service.js";

export type IncomingCall = ServerDuplexStream<Uint8Array, Uint8Array>;

interface AcceptorOptions {
  readonly self: PeerIdentity;
  readonly tuning: LinkTuning;
  readonly onFrame: (peer: string, frame: Uint8Array) => void;
  /** A member that proved itself shows its card: `verdict` answers. */
  readonly onHello: (call: number, peer: string, card: Uint8Array) => void;
  /** The taken link of a peer has ended. */
  readonly onLeft: (peer: string) => void;
  readonly log: (line: PeerLogLine) => void;
}

interface Incoming {
  readonly call: IncomingCall;
  readonly address: string;
  readonly deadline: NodeJS.Timeout;
  state:
    | { readonly phase: "hello" }
    | { readonly phase: "proof"; readonly hello: Hello; readonly nonce: string }
    | { readonly phase: "card"; readonly peer: string; readonly call: number }
    | { readonly phase: "open"; readonly peer: string }
    | { readonly phase: "over" };
}

/** Reasons remembered so that a dialler that keeps coming is logged once. */
const REFUSALS_MAX = 256;

export class Acceptor {
  private readonly options: AcceptorOptions;
  private readonly links = new Map<string, Incoming>();
  private readonly handshakes = new Set<Incoming>();
  private readonly saidRefusals = new Set<string>();
  private calls = 0;
  private isClosed = false;

  constructor(options: AcceptorOptions) {
    this.options = options;
  }

  accept(call: IncomingCall): void {
    call.on("error", () => undefined);
    if (this.isClosed || this.handshakes.size >= this.options.tuning.handshakesMax) {
      call.end();
      return;
    }
    const incoming: Incoming = {
      call,
      address: call.getPeer(),
      deadline: setTimeout(() => this.end(incoming), this.options.tuning.handshakeMs),
      state: { phase: "hello" },
    };
    this.handshakes.add(incoming);
    call.on("data", (bytes: Uint8Array) => this.receive(incoming, bytes));
    for (const event of ["error", "cancelled", "end", "close"]) {
      call.on(event, () => this.end(incoming));
    }
  }

  /** What the core says of the card of a call. */
  verdict(call: number, refusal: Refusal | undefined): void {
    for (const incoming of this.handshakes) {
      const { state } = incoming;
      if (state.phase !== "card" || state.call !== call) continue;
      if (refusal === undefined) this.open(incoming, state.peer);
      else this.refuse(incoming, state.peer, refusal);
      return;
    }
  }

  close(): void {
    this.isClosed = true;
    for (const incoming of [...this.handshakes, ...this.links.values()]) this.end(incoming);
  }

  private receive(incoming: Incoming, bytes: Uint8Array): void {
    const { state } = incoming;
    if (state.phase === "open") {
      this.options.onFrame(state.peer, bytes);
      return;
    }
    if (state.phase === "over") return;
    const message = decodeHandshake(bytes);
    if (message === undefined) this.refuse(incoming, incoming.address, malformed("the handshake"));
    else this.answer(incoming, message);
  }

  private answer(incoming: Incoming, message: HandshakeMessage): void {
    const { state } = incoming;
    const { self } = this.options;
    if (message.type === "hello" && state.phase === "hello") {
      const refusal = judgeHello(self, message);
      if (refusal !== undefined) return this.refuse(incoming, message.from, refusal);
      const nonce = newNonce();
      incoming.state = { phase: "proof", hello: message, nonce };
      const proof = makeProof(self.secret, "acceptor", message, nonce);
      incoming.call.write(encodeHandshake({ type: "challenge", nonce, proof }));
    } else if (message.type === "proof" && state.phase === "proof") {
      const expected = makeProof(self.secret, "dialler", state.hello, state.nonce);
      const { from } = state.hello;
      if (isProof(expected, message.proof)) this.showCard(incoming, state.hello);
      else this.refuse(incoming, from, wrongSecret(self.node, from));
    } else if (message.type === "refused" && state.phase === "proof") {
      // The dialler found our proof wrong: whichever of the two is, the operator must hear of it.
      this.logRefusal(state.hello.from, wrongSecret(self.node, state.hello.from));
      this.end(incoming);
    } else {
      this.refuse(incoming, incoming.address, malformed("the handshake"));
    }
  }

  private showCard(incoming: Incoming, hello: Hello): void {
    this.calls += 1;
    incoming.state = { phase: "card", peer: hello.from, call: this.calls };
    this.options.onHello(this.calls, hello.from, cardOf(hello));
  }

  private open(incoming: Incoming, peer: string): void {
    clearTimeout(incoming.deadline);
    this.handshakes.delete(incoming);
    const older = this.links.get(peer);
    incoming.state = { phase: "open", peer };
    this.links.set(peer, incoming);
    if (older !== undefined) this.end(older);
    incoming.call.write(encodeHandshake({ type: "accepted" }));
  }

  private refuse(incoming: Incoming, who: string, refusal: Refusal): void {
    this.logRefusal(who, refusal);
    incoming.call.write(encodeHandshake({ type: "refused", ...refusal }));
    this.end(incoming);
  }

  private end(incoming: Incoming): void {
    const { state } = incoming;
    if (state.phase === "over") return;
    clearTimeout(incoming.deadline);
    this.handshakes.delete(incoming);
    if (state.phase === "open" && this.links.get(state.peer) === incoming) {
      this.links.delete(state.peer);
      if (!this.isClosed) this.options.onLeft(state.peer);
    }
    incoming.state = { phase: "over" };
    incoming.call.end();
  }

  private logRefusal(who: string, { code, message }: Refusal): void {
    if (code === STARTING) return;
    const said = `${code} ${code === "malformed" ? "" : message}`;
    if (this.saidRefusals.has(said)) return;
    if (this.saidRefusals.size >= REFUSALS_MAX) this.saidRefusals.clear();
    this.saidRefusals.add(said);
    this.options.log({
      level: "warn",
      event: "peer.refused",
      peer: who,
      message: `A link from ${who} is refused (${code}): ${message}`,
    });
  }
}
