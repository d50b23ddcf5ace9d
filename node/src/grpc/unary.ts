// The unary calls: read the request, ask the engine, write the answer. What is not built yet answers
// UNIMPLEMENTED with a sentence.

import type { ClientRequest, ClientResult } from "@disheap/core";
import type {
  AckReq,
  DeleteHeapReq,
  EnqueueReq,
  EnqueueResp,
  ExtendReq,
  ListHeapsReq,
  ListHeapsResp,
  MakeHeapReq,
  MakeHeapResp,
  NackReq,
  PeekReq,
  PeekResp,
  ReleaseReq,
  StatsReq,
  StatsResp,
} from "@disheap/proto";
import type { handleUnaryCall, Metadata, sendUnaryData, ServerUnaryCall } from "@grpc/grpc-js";
import type { Carrier } from "../carrier.js";
import type { AuthMode } from "../config/node-config.js";
import type { Log } from "../log.js";
import type { ServiceMetrics } from "../metrics/port.js";
import { authStatus } from "./auth.js";
import { Malformed } from "./definition.js";
import { toFailure, toStatus } from "./errors.js";
import { type Success, writeListHeaps, writePeek, writeStats } from "./replies.js";
import {
  readAck,
  readDeleteHeap,
  readEnqueue,
  readExtend,
  readListHeaps,
  readMakeHeap,
  readNack,
  readPeek,
  readRelease,
  readStats,
} from "./requests.js";

/** Metadata of a destructive call: only the topic with this heap id is meant (D-99). */
const IF_HEAP_ID = "disheap-if-heap-id";

export interface ServiceContext {
  readonly carrier: Carrier;
  readonly metrics: ServiceMetrics;
  readonly log: Log;
  /** Largest gRPC message in either direction. */
  readonly messageBytesMax: number;
  readonly authMode: AuthMode;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly wallMs: () => number;
}

type Ok = Extract<ClientResult, { ok: true }>;

/** Narrows a result to the operation that was asked for; anything else is a bug of the engine. */
function expectOp<Op extends Ok["op"]>(result: Ok, op: Op): Success<Op> {
  if (result.op !== op) throw new Error(`asked for ${op}, was answered ${result.op}`);
  return result as Success<Op>;
}

type Unary<Req, Res> = handleUnaryCall<Req, Res>;

function unary<Req, Res>(
  context: ServiceContext,
  read: (request: Req, metadata: Metadata) => ClientRequest,
  write: (result: Ok, request: Req, startMs: number) => Res,
): Unary<Req, Res> {
  return (call: ServerUnaryCall<Req | Malformed, Res>, callback: sendUnaryData<Res>) => {
    const startMs = context.nowMs();
    const refusal = authStatus(context.authMode, call.metadata);
    if (refusal !== undefined) {
      callback(refusal);
      return;
    }
    const request = call.request;
    if (request instanceof Malformed) {
      callback(toStatus({ code: "INVALID_ARGUMENT", message: malformedText(request) }));
      return;
    }
    let asked: ClientRequest;
    try {
      asked = read(request, call.metadata);
    } catch (error) {
      callback(toStatus(failureOf(context.log, call.getPath(), error)));
      return;
    }
    const forget = context.carrier.request(asked, (result) => {
      if (!result.ok) {
        callback(toStatus(result.failure));
        return;
      }
      let response: Res;
      try {
        response = write(result, request, startMs);
      } catch (error) {
        callback(toStatus(failureOf(context.log, call.getPath(), error)));
        return;
      }
      callback(null, response);
    });
    call.on("cancelled", forget);
  };
}

export function malformedText(malformed: Malformed): string {
  return `The request is not a valid message of disheap.v1 (${malformed.reason}). Check the client's generated code.`;
}

export function failureOf(log: Log, path: string, error: unknown): ReturnType<typeof toFailure> {
  const failure = toFailure(error);
  if (failure.code === "INTERNAL") log.error({ err: error, path }, "a handler failed");
  return failure;
}

interface UnaryMethods {
  makeHeap: Unary<MakeHeapReq, MakeHeapResp>;
  deleteHeap: Unary<DeleteHeapReq, object>;
  listHeaps: Unary<ListHeapsReq, ListHeapsResp>;
  stats: Unary<StatsReq, StatsResp>;
  enqueue: Unary<EnqueueReq, EnqueueResp>;
  ack: Unary<AckReq, object>;
  nack: Unary<NackReq, object>;
  extend: Unary<ExtendReq, object>;
  peek: Unary<PeekReq, PeekResp>;
}

export function unaryMethods(context: ServiceContext): UnaryMethods {
  const { messageBytesMax, metrics, nowMs } = context;
  return {
    makeHeap: unary(
      context,
      (request: MakeHeapReq) => readMakeHeap(request),
      (result, request) => ({
        topic: request.topic,
        heapId: expectOp(result, "topic.create").heapId,
      }),
    ),
    deleteHeap: unary(
      context,
      (request: DeleteHeapReq, metadata) =>
        readDeleteHeap(request, metadata.get(IF_HEAP_ID)[0]?.toString()),
      () => ({}),
    ),
    listHeaps: unary(
      context,
      (request: ListHeapsReq) => readListHeaps(request),
      (result) => writeListHeaps(expectOp(result, "topic.list")),
    ),
    stats: unary(context, readStats, (result) => writeStats(expectOp(result, "stats"))),
    enqueue: unary(
      context,
      (request: EnqueueReq) => readEnqueue(request),
      (result, request, startMs) => {
        const { messageId, duplicate, partitionId } = expectOp(result, "enqueue");
        metrics.enqueued(request.topic, nowMs() - startMs);
        return { messageId, duplicate, partitionId };
      },
    ),
    ack: unary(context, readAck, () => ({})),
    nack: unary(context, readNack, () => ({})),
    extend: unary(context, readExtend, () => ({})),
    peek: unary(context, readPeek, (result, request: PeekReq) =>
      writePeek(request.topic, expectOp(result, "peek"), messageBytesMax),
    ),
  };
}

interface AdminMethods {
  release: Unary<ReleaseReq, object>;
}

export function adminMethods(context: ServiceContext): AdminMethods {
  return { release: unary(context, readRelease, () => ({})) };
}

/** What the contract lists and later issues build, with what to do meanwhile. */
const UNBUILT = {
  updateHeapConfig: "UpdateHeapConfig is not built yet: create a topic with the settings you need.",
  purge: "Purge is not built yet: delete the topic and create it again.",
  moveToDlq: "MoveToDLQ is not built yet: nack the message until its retries are spent.",
  enqueueBatch: "EnqueueBatch is not built yet: send the messages one by one with Enqueue.",
} as const;

export function unbuiltMethods(): Record<keyof typeof UNBUILT, Unary<unknown, never>> {
  const refuse =
    (message: string): Unary<unknown, never> =>
    (_call, callback) => {
      callback(toStatus({ code: "UNIMPLEMENTED", message }));
    };
  return {
    updateHeapConfig: refuse(UNBUILT.updateHeapConfig),
    purge: refuse(UNBUILT.purge),
    moveToDlq: refuse(UNBUILT.moveToDlq),
    enqueueBatch: refuse(UNBUILT.enqueueBatch),
  };
}
