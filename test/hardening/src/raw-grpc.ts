// gRPC calls made by hand over HTTP/2, so that every byte of the body can be wrong.

import { type ClientHttp2Session, connect, constants } from "node:http2";

export interface RawAnswer {
  /** The gRPC status, from headers or trailers; undefined when there was none. */
  readonly status: number | undefined;
  readonly message: string;
  /** HTTP status. */
  readonly http: number | undefined;
  readonly body: Buffer;
  /** Set when the stream was reset or the connection broke. */
  readonly broken: string | undefined;
}

export interface RawCall {
  readonly path: string;
  readonly body: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Leaves the request open: the answer must come without an end of it. */
  readonly isLeftOpen?: boolean;
  readonly maxMs?: number;
}

const CALL_MAX_MS = 6_000;

/** Length-prefixed as gRPC does it; `length` and `flag` may lie. */
export function grpcFrame(message: Buffer, flag = 0, length = message.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flag, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

export class RawGrpc {
  private readonly session: ClientHttp2Session;
  private failure: string | undefined;

  constructor(address: string) {
    this.session = connect(`http://${address}`);
    this.session.on("error", (error: Error) => {
      this.failure = error.message;
    });
  }

  get isBroken(): boolean {
    return this.session.destroyed || this.session.closed;
  }

  call({
    path,
    body,
    headers,
    isLeftOpen = false,
    maxMs = CALL_MAX_MS,
  }: RawCall): Promise<RawAnswer> {
    return new Promise((resolve) => {
      if (this.isBroken) {
        const broken = this.failure ?? "the connection is closed";
        resolve({ status: undefined, message: "", http: undefined, body: Buffer.alloc(0), broken });
        return;
      }
      const stream = this.session.request({
        ":method": "POST",
        ":path": path,
        te: "trailers",
        "content-type": "application/grpc",
        ...headers,
      });
      let http: number | undefined;
      let status: number | undefined;
      let message = "";
      let broken: string | undefined;
      const chunks: Buffer[] = [];
      const read = (fields: Readonly<Record<string, unknown>>): void => {
        if (fields["grpc-status"] === undefined) return;
        status = Number(fields["grpc-status"]);
        const text = fields["grpc-message"];
        message = typeof text === "string" ? decodeURIComponent(text) : "";
        // The answer is complete; a request that was left open is given up now.
        if (isLeftOpen) stream.close(constants.NGHTTP2_CANCEL);
      };
      const timer = setTimeout(() => {
        broken = `no answer within ${String(maxMs)} ms`;
        stream.close(constants.NGHTTP2_CANCEL);
      }, maxMs);
      stream.on("response", (fields) => {
        http = fields[":status"];
        read(fields);
      });
      stream.on("trailers", read);
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("error", (error: Error) => {
        broken ??= error.message;
      });
      stream.on("close", () => {
        clearTimeout(timer);
        resolve({ status, message, http, body: Buffer.concat(chunks), broken });
      });
      if (isLeftOpen) stream.write(body);
      else stream.end(body);
    });
  }

  close(): void {
    this.session.destroy();
  }
}
