// A hand-made peer: the handshake of the peer port written a second time, so that a test can hold the
// secret and still say anything afterwards.

import { createHmac, randomBytes } from "node:crypto";
import { within } from "@disheap/harness";
import { Client, type ClientDuplexStream, credentials, Metadata } from "@grpc/grpc-js";

export interface PeerClaims {
  /** Hex. */
  readonly card: string;
  readonly from: string;
  readonly to: string;
  readonly secret: string;
}

/** What a node says during the handshake. */
interface PeerAnswer {
  readonly type?: string;
  readonly code?: string;
  readonly nonce?: string;
}

const HANDSHAKE_MAX_MS = 6_000;
const asIs = (bytes: Uint8Array): Buffer => Buffer.from(bytes);

export class PeerLink {
  private readonly client: Client;
  private readonly call: ClientDuplexStream<Uint8Array, Uint8Array>;
  private readonly inbox: Buffer[] = [];
  private readonly waiting: ((message: Buffer | undefined) => void)[] = [];
  isOver = false;

  constructor(address: string) {
    this.client = new Client(address, credentials.createInsecure(), {
      "grpc.max_send_message_length": -1,
      "grpc.use_local_subchannel_pool": 1,
    });
    this.call = this.client.makeBidiStreamRequest(
      "/disheap.peer.v1.Peer/Link",
      asIs,
      asIs,
      new Metadata(),
      {},
    );
    this.call.on("data", (message: Buffer) => {
      const waiter = this.waiting.shift();
      if (waiter === undefined) this.inbox.push(message);
      else waiter(message);
    });
    for (const event of ["error", "end", "close"]) {
      this.call.on(event, () => {
        this.isOver = true;
        for (const waiter of this.waiting.splice(0)) waiter(undefined);
      });
    }
  }

  write(bytes: Uint8Array): void {
    if (!this.isOver) this.call.write(bytes);
  }

  say(message: unknown): void {
    this.write(Buffer.from(JSON.stringify(message)));
  }

  /** What the node says next; undefined when it ended the link. */
  hear(): Promise<PeerAnswer | undefined> {
    const next = new Promise<Buffer | undefined>((resolve) => {
      const message = this.inbox.shift();
      if (message !== undefined || this.isOver) resolve(message);
      else this.waiting.push(resolve);
    });
    return within("an answer of the peer port", HANDSHAKE_MAX_MS, next).then((message) =>
      message === undefined ? undefined : (JSON.parse(message.toString()) as PeerAnswer),
    );
  }

  /** Proves the claims; "accepted", or the code of the refusal. */
  async handshake({ card, from, to, secret }: PeerClaims): Promise<string> {
    const nonce = randomBytes(32).toString("hex");
    const hello = { protocol: "disheap-peer", version: 2, from, to, nonce, card };
    this.say({ type: "hello", ...hello });
    const challenge = await this.hear();
    if (challenge?.type !== "challenge") return challenge?.code ?? "closed";
    const said = ["dialler", hello.protocol, 2, from, to, nonce, card, challenge.nonce];
    const proof = createHmac("sha256", secret).update(JSON.stringify(said)).digest("hex");
    this.say({ type: "proof", proof });
    const answer = await this.hear();
    return answer?.type === "accepted" ? "accepted" : (answer?.code ?? "closed");
  }

  close(): void {
    this.isOver = true;
    this.call.cancel();
    this.client.close();
  }
}
