// A client of beanstalkd's text protocol that has many commands under way on one connection; the libraries
// there are for Node wait for each answer, or lose their place when several come at once.

import { connect, type Socket } from "node:net";
import { once } from "node:events";

export interface Job {
  readonly id: string;
  readonly payload: Buffer;
}

export type Reply = { readonly words: readonly string[]; readonly payload: Buffer };

const END = Buffer.from("\r\n");
const NO_PAYLOAD = Buffer.alloc(0);

/** Cuts what comes into replies, however it is split. A RESERVED is followed by its payload. */
export class ReplyReader {
  private rest: Buffer = NO_PAYLOAD;

  read(bytes: Buffer): Reply[] {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    const replies: Reply[] = [];
    let at = 0;
    for (;;) {
      const lineEnd = this.rest.indexOf(END, at);
      if (lineEnd < 0) break;
      const words = this.rest.toString("latin1", at, lineEnd).split(" ");
      const from = lineEnd + END.length;
      if (words[0] !== "RESERVED") {
        replies.push({ words, payload: NO_PAYLOAD });
        at = from;
        continue;
      }
      const to = from + Number(words[2]);
      if (to + END.length > this.rest.length) break;
      replies.push({ words, payload: this.rest.subarray(from, to) });
      at = to + END.length;
    }
    this.rest = this.rest.subarray(at);
    return replies;
  }
}

interface Waiting {
  readonly word: string;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

export class BeanstalkdClient {
  private readonly socket: Socket;
  /** Answers come in the order of the commands. */
  private readonly waiting: Waiting[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    const replies = new ReplyReader();
    socket.on("data", (bytes) => {
      for (const reply of replies.read(bytes)) this.take(reply);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      for (const { reject } of this.waiting.splice(0))
        reject(new Error("the connection has ended"));
    });
  }

  static async connect(host: string, port: number): Promise<BeanstalkdClient> {
    const socket = connect({ host, port, noDelay: true });
    await once(socket, "connect");
    return new BeanstalkdClient(socket);
  }

  async put(payload: Uint8Array, priority: number, leaseSeconds: number): Promise<void> {
    const head = Buffer.from(`put ${priority} 0 ${leaseSeconds} ${payload.length}\r\n`);
    await this.ask(Buffer.concat([head, payload, END]), "INSERTED");
  }

  /** Resolves when there is one; nothing else is answered on this connection before. */
  async reserve(): Promise<Job> {
    const { words, payload } = await this.ask(Buffer.from("reserve\r\n"), "RESERVED");
    return { id: words[1] ?? "", payload };
  }

  async delete(id: string): Promise<void> {
    await this.ask(Buffer.from(`delete ${id}\r\n`), "DELETED");
  }

  close(): void {
    this.socket.destroy();
  }

  private ask(command: Buffer, word: string): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ word, resolve, reject });
      this.socket.write(command);
    });
  }

  private take(reply: Reply): void {
    const waiting = this.waiting.shift();
    if (waiting === undefined) return;
    if (waiting.word === reply.words[0]) waiting.resolve(reply);
    else waiting.reject(new Error(`beanstalkd answered ${reply.words.join(" ")}`));
  }
}
