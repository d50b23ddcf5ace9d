// The sending half of a link: dials one peer for as long as the node lives, proves itself, and then
// carries frames. Every attempt has its own client, so nothing of an old life can leak into a new one.

import { Client, Metadata, credentials } from "@grpc/grpc-js";
import type { ClientDuplexStream } from "@grpc/grpc-js";
import {
  decodeHandshake,
  encodeHandshake,
  isProof,
  makeHello,
  makeProof,
  malformed,
  newNonce,
  wrongSecret,
} from "./handshake.js";
import type { HandshakeMessage, PeerIdentity, Refusal } from "./handshake.js";
import { Lanes } from "./lanes.js";
import { FRAME_BYTES_MAX, LINK, STARTING, channelOptions } from "./service.js";
import type { LinkTuning, PeerLogLine } from "./service.js";

interface DiallerOptions {
  readonly self: PeerIdentity;
  readonly peer: string;
  readonly address: string;
  readonly tuning: LinkTuning;
  readonly onUp: () => void;
  readonly onDown: () => void;
  readonly onRefused: (code: string, message: string) => void;
  readonly onFull: () => void;
  readonly onRoom: () => void;
  readonly log: (line: PeerLogLine) => void;
}

/** What a link has done since the start. */
export interface LinkStats {
  readonly peer: string;
  readonly isUp: boolean;
  readonly framesSent: number;
  readonly bytesSent: number;
  /** Dropped because the link was down or over its byte budget. */
  readonly framesDropped: number;
  /** Refused because they were larger than a frame may be. */
  readonly framesRefused: number;
  readonly lives: number;
}

/** How long a refused acceptor may take to read why, before the connection is closed. */
const REFUSAL_LINGER_MS = 250;

/** One dial, from the connection to its end. */
interface Attempt {
  readonly client: Client;
  readonly call: ClientDuplexStream<Uint8Array, Uint8Array>;
  readonly nonce: string;
  readonly card: Uint8Array;
  phase: "hello" | "proof" | "up" | "over";
  readonly lanes: Lanes;
  refusal: Refusal | undefined;
  deadline: NodeJS.Timeout;
}

export class Dialler {
  private readonly options: DiallerOptions;
  private attempt: Attempt | undefined;
  private redial: NodeJS.Timeout | undefined;
  private failures = 0;
  private isClosed = false;
  /** Shown to the peer; before it is known nobody is dialled. */
  private card: Uint8Array | undefined;
  private lastRefusal: string | undefined;
  private framesSent = 0;
  private bytesSent = 0;
  private framesDropped = 0;
  private framesRefused = 0;
  private lives = 0;

  constructor(options: DiallerOptions) {
    this.options = options;
  }

  /** Dials now, with this card; from then on whenever there is no link. */
  introduce(card: Uint8Array): void {
    this.card = card;
    this.dial();
  }

  private dial(): void {
    const { card } = this;
    if (this.isClosed || card === undefined) return;
    const { self, peer, address, tuning } = this.options;
    const client = new Client(address, credentials.createInsecure(), channelOptions(tuning));
    const call = client.makeBidiStreamRequest(
      LINK.path,
      LINK.requestSerialize,
      LINK.responseDeserialize,
      new Metadata(),
      {},
    );
    const attempt: Attempt = {
      client,
      call,
      nonce: newNonce(),
      card,
      phase: "hello",
      lanes: this.makeLanes(call),
      refusal: undefined,
      deadline: setTimeout(() => this.end(attempt), tuning.handshakeMs),
    };
    this.attempt = attempt;
    call.on("data", (bytes: Uint8Array) => this.receive(attempt, bytes));
    for (const event of ["error", "end", "status", "close"])
      call.on(event, () => this.end(attempt));
    call.write(encodeHandshake(makeHello(self, peer, attempt.nonce, card)));
  }

  send(frame: Uint8Array, isUrgent: boolean): void {
    const { attempt } = this;
    if (frame.length > FRAME_BYTES_MAX) {
      this.framesRefused += 1;
      const message =
        `A frame of ${frame.length} bytes to ${this.options.peer} was not sent: the limit is` +
        ` ${FRAME_BYTES_MAX}. Lower the limits on appends and messages.`;
      this.log("warn", "peer.frame-refused", message);
      return;
    }
    if (attempt?.phase !== "up" || !attempt.lanes.take(frame, isUrgent)) {
      this.framesDropped += 1;
      return;
    }
    this.framesSent += 1;
    this.bytesSent += frame.length;
  }

  private makeLanes(call: Attempt["call"]): Lanes {
    const { tuning, onFull, onRoom } = this.options;
    const write = (frame: Uint8Array, onTaken: () => void): void => void call.write(frame, onTaken);
    return new Lanes(tuning, { write, onFull, onRoom });
  }

  stats(): LinkStats {
    const { framesSent, bytesSent, framesDropped, framesRefused, lives } = this;
    const isUp = this.attempt?.phase === "up";
    const { peer } = this.options;
    return { peer, isUp, framesSent, bytesSent, framesDropped, framesRefused, lives };
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.redial);
    if (this.attempt !== undefined) this.end(this.attempt);
  }

  private receive(attempt: Attempt, bytes: Uint8Array): void {
    if (attempt.phase === "up" || attempt.phase === "over") return;
    const message = decodeHandshake(bytes);
    if (message === undefined) this.refuse(attempt, malformed("the handshake"));
    else this.answer(attempt, message);
  }

  private answer(attempt: Attempt, message: HandshakeMessage): void {
    const { self, peer } = this.options;
    if (message.type === "refused") {
      attempt.refusal = message;
      this.end(attempt);
    } else if (message.type === "challenge" && attempt.phase === "hello") {
      const hello = makeHello(self, peer, attempt.nonce, attempt.card);
      const expected = makeProof(self.secret, "acceptor", hello, message.nonce);
      if (!isProof(expected, message.proof)) {
        this.refuse(attempt, wrongSecret(self.node, peer));
        return;
      }
      const proof = makeProof(self.secret, "dialler", hello, message.nonce);
      attempt.phase = "proof";
      attempt.call.write(encodeHandshake({ type: "proof", proof }));
    } else if (message.type === "accepted" && attempt.phase === "proof") {
      this.up(attempt);
    } else {
      this.refuse(attempt, malformed(`the handshake after ${attempt.phase}`));
    }
  }

  private up(attempt: Attempt): void {
    clearTimeout(attempt.deadline);
    attempt.phase = "up";
    this.failures = 0;
    this.lastRefusal = undefined;
    this.lives += 1;
    this.log("info", "peer.up", `The link to ${this.options.peer} is up.`);
    this.options.onUp();
  }

  /** Tells the acceptor why, so that its log says it too. */
  private refuse(attempt: Attempt, refusal: Refusal): void {
    attempt.refusal = refusal;
    attempt.call.end(encodeHandshake({ type: "refused", ...refusal }));
    attempt.phase = "over";
    clearTimeout(attempt.deadline);
    attempt.deadline = setTimeout(() => this.end(attempt), REFUSAL_LINGER_MS);
  }

  private end(attempt: Attempt): void {
    if (this.attempt !== attempt) return;
    this.attempt = undefined;
    clearTimeout(attempt.deadline);
    const wasUp = attempt.phase === "up";
    attempt.phase = "over";
    attempt.lanes.close();
    attempt.call.cancel();
    attempt.client.close();
    if (this.isClosed) return;
    // First the timer: whoever is told below may close this, which has to find it.
    this.redial = setTimeout(() => this.dial(), this.waitMs(attempt.refusal));
    if (attempt.refusal !== undefined) this.logRefusal(attempt.refusal);
    if (!wasUp) return;
    this.log("info", "peer.down", `The link to ${this.options.peer} is down; dialling again.`);
    this.options.onDown();
  }

  private waitMs(refusal: Refusal | undefined): number {
    const { backoffMinMs, backoffMaxMs, refusedRetryMs } = this.options.tuning;
    if (refusal !== undefined && refusal.code !== STARTING) return refusedRetryMs;
    const waitMs = Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(this.failures, 20));
    this.failures += 1;
    return waitMs;
  }

  /** One line per reason, not one per attempt. */
  private logRefusal({ code, message }: Refusal): void {
    if (code === STARTING) return;
    this.options.onRefused(code, message);
    const said = `${code} ${message}`;
    if (said === this.lastRefusal) return;
    this.lastRefusal = said;
    const { peer } = this.options;
    this.log("warn", "peer.refused", `The link to ${peer} is refused (${code}): ${message}`);
  }

  private log(level: PeerLogLine["level"], event: PeerLogLine["event"], message: string): void {
    this.options.log({ level, event, peer: this.options.peer, message });
  }
}
