// A node for tests: the real gRPC service on a real port, over a shared QueueState. A test decides with
// `intercept` what goes wrong; without it every call is served.
import {
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  status,
} from "@grpc/grpc-js";
import {
  type AdminServer,
  AdminService,
  DisheapService,
  type DisheapServer,
  Empty,
  type PopFilter,
  type PopItem,
  type PopOpen,
  SessionService,
} from "@disheap/proto";
import { QueueState, Refusal } from "./queue-state.js";

/** fail: refuse with this code. lose: do it, then answer UNAVAILABLE as if the answer were lost. */
export type Fault = { fail: status; details?: string } | "lose" | undefined;

export interface OpenStream {
  /** Counts streams over all nodes, in the order they were opened. */
  order: number;
  filter: PopFilter | undefined;
  /** Every message of the client, in order: "filter" or the credits. */
  opened: ("filter" | number)[];
  credits: number;
  isHalfClosed: boolean;
  /** The client ended the call; what this node ended does not count. */
  isCancelled: boolean;
  isEnded: boolean;
  call: ServerDuplexStream<PopOpen, PopItem>;
}

let streamsOpened = 0;

const toMs = (duration: { seconds: bigint; nanos: number } | undefined) =>
  duration === undefined ? undefined : Number(duration.seconds) * 1_000 + duration.nanos / 1e6;

export class TestNode {
  readonly state: QueueState;
  readonly streams: OpenStream[] = [];
  readonly calls: string[] = [];
  readonly metadata: Metadata[] = [];
  intercept: (method: string) => Fault = () => undefined;
  /** Set by a test that wants a node which never ends a half-closed stream. */
  ignoresHalfClose = false;
  /** Set before the start by a test that wants a node of a version without the second service. */
  lacksAdmin = false;
  /** Set before the start by a test that wants a node which takes sessions and says nothing on them. */
  hasMuteSessions = false;
  /** How many messages fit into one answer to peek, as payloads of some size would have it. */
  peekItemsMax = Number.POSITIVE_INFINITY;
  #server = new Server();
  #port = 0;

  constructor(state = new QueueState()) {
    this.state = state;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async start(): Promise<this> {
    this.#server = new Server();
    this.#server.addService(DisheapService, this.#implementation());
    const admin: AdminServer = {
      release: this.#unary("release", (req) => {
        this.state.release(req.topic, req.leaseToken);
        return Empty.create();
      }),
    };
    if (!this.lacksAdmin) this.#server.addService(AdminService, admin);
    if (this.hasMuteSessions) this.#server.addService(SessionService, { open: () => undefined });
    this.#port = await new Promise<number>((resolve, reject) => {
      const credentials = ServerCredentials.createInsecure();
      this.#server.bindAsync(`127.0.0.1:${this.#port}`, credentials, (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
    return this;
  }

  /** Drops every connection at once, as a killed process would. */
  kill(): void {
    this.#server.forceShutdown();
  }

  /** Ends every open stream with this code. */
  breakStreams(code: status): void {
    for (const stream of this.streams)
      stream.call.emit("error", { code, details: "broken by test" });
  }

  #implementation(): DisheapServer {
    const { state } = this;
    const unsupported = this.#unary("unsupported", () => {
      throw new Refusal(status.UNIMPLEMENTED, "not in this test node");
    });
    const listHeaps = this.#unary<{ pageSize: number; pageToken: string }, unknown>(
      "listHeaps",
      ({ pageSize, pageToken }) => {
        const heaps = state.list();
        const from = Number(pageToken);
        const to = from + (pageSize === 0 ? 50 : pageSize);
        const nextPageToken = to < heaps.length ? String(to) : "";
        return { heaps: heaps.slice(from, to), nextPageToken };
      },
    );
    return {
      makeHeap: this.#unary("makeHeap", (req) => ({ topic: req.topic, heapId: state.create(req) })),
      deleteHeap: this.#unary("deleteHeap", (req) => {
        state.mustBe(req.topic, this.metadata.at(-1)?.get("disheap-if-heap-id")[0]?.toString());
        if (!req.force && req.confirmationToken !== "sure") {
          throw new Refusal(status.FAILED_PRECONDITION, "give force or a confirmation token");
        }
        state.remove(req.topic);
        return Empty.create();
      }),
      updateHeapConfig: unsupported as DisheapServer["updateHeapConfig"],
      purge: unsupported as DisheapServer["purge"],
      moveToDlq: unsupported as DisheapServer["moveToDlq"],
      enqueueBatch: unsupported as DisheapServer["enqueueBatch"],
      listHeaps: listHeaps as DisheapServer["listHeaps"],
      stats: this.#unary("stats", (req) => {
        const names = req.topic === undefined ? [...state.topics.keys()] : [req.topic];
        return {
          globalStats: state.stats([...state.topics.values()]),
          topicStats: new Map(names.map((name) => [name, state.stats([state.topic(name)])])),
        };
      }),
      enqueue: this.#unary("enqueue", (req) => state.enqueue(req)),
      ack: this.#unary("ack", (req) => {
        state.ack(req.topic, req.leaseToken);
        return Empty.create();
      }),
      nack: this.#unary("nack", (req) => {
        const backoffMs = toMs(req.backoffOverride);
        state.nack(req.topic, req.messageId, req.leaseToken, backoffMs, req.reason);
        return Empty.create();
      }),
      extend: this.#unary("extend", (req) => {
        state.extend(req.topic, req.leaseToken, toMs(req.extension) ?? 0);
        return Empty.create();
      }),
      peek: this.#unary("peek", (req) => {
        const items = state.peek(req.topic, req.includeDlq, req.partitionId);
        const limit = Math.min(req.limit ?? 10, this.peekItemsMax);
        return { items: items.slice(0, limit), hasMore: items.length > limit };
      }),
      popStream: (call) => this.#popStream(call),
    };
  }

  #unary<Request, Response>(
    name: string,
    serve: (request: Request) => Response,
  ): handleUnaryCall<Request, Response> {
    return (call, callback) => {
      this.calls.push(name);
      this.metadata.push(call.metadata);
      const fault = this.intercept(name);
      try {
        if (typeof fault === "object") throw new Refusal(fault.fail, fault.details ?? "by test");
        const response = serve(call.request);
        if (fault === "lose") throw new Refusal(status.UNAVAILABLE, "the answer was lost");
        callback(null, response);
      } catch (error) {
        const code = error instanceof Refusal ? error.code : status.INTERNAL;
        const metadata = new Metadata();
        if (name === "deleteHeap") metadata.set("disheap-confirmation-token", "sure");
        callback({ code, details: (error as Error).message, metadata });
      }
    };
  }

  #popStream(call: ServerDuplexStream<PopOpen, PopItem>): void {
    streamsOpened += 1;
    const stream: OpenStream = {
      order: streamsOpened,
      filter: undefined,
      opened: [],
      credits: 0,
      isHalfClosed: false,
      isCancelled: false,
      isEnded: false,
      call,
    };
    this.streams.push(stream);
    this.calls.push("popStream");
    const fault = this.intercept("popStream");
    const fail = (code: status, details: string) => call.emit("error", { code, details });
    if (typeof fault === "object") {
      fail(fault.fail, fault.details ?? "by test");
      return;
    }
    const deliver = () => this.#deliver(stream, fail);
    const unwatch = this.state.watch(deliver);
    call.on("data", ({ kind }: PopOpen) => {
      if (kind?.$case === "filter") {
        stream.filter = kind.value;
        stream.opened.push("filter");
      } else if (kind !== undefined) {
        stream.credits += kind.value.credits;
        stream.opened.push(kind.value.credits);
      }
      deliver();
    });
    call.on("cancelled", () => {
      // grpc-js reports this after every call, also after one that the server ended.
      stream.isCancelled = !stream.isEnded;
      unwatch();
    });
    call.on("end", () => {
      // A cancelled call ends first and is reported as cancelled a little after that.
      setTimeout(() => {
        stream.isHalfClosed = !stream.isCancelled;
        deliver();
      }, 20);
    });
    call.on("error", unwatch);
  }

  #deliver(stream: OpenStream, fail: (code: status, details: string) => void): void {
    const { filter } = stream;
    if (filter === undefined || stream.isCancelled || stream.isEnded) return;
    const visibilityMs = toMs(filter.visibilityTimeout) ?? 30_000;
    try {
      while (stream.credits > 0) {
        const item = this.state.grant(filter.topic, filter.partitionIds, visibilityMs);
        if (item === undefined) break;
        stream.credits -= 1;
        stream.call.write(item);
      }
    } catch (error) {
      if (error instanceof Refusal) fail(error.code, error.message);
      else throw error;
      return;
    }
    if (!stream.isHalfClosed || this.ignoresHalfClose) return;
    stream.isEnded = true;
    stream.call.end();
  }
}
