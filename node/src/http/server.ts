// The node's HTTP doors: one for operators (contract section 16), one for metrics alone.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { NodeStatus } from "@disheap/core";
import type { Carrier } from "../carrier.js";
import type { Address } from "../config/address.js";
import type { AuthMode } from "../config/node-config.js";
import { authProblem } from "../grpc/auth.js";
import type { Log } from "../log.js";
import type { NodeMetrics } from "../metrics/node-metrics.js";
import type { CatchUp } from "./catch-up.js";
import { healthView, readyView } from "./health.js";
import { raftView, statsView } from "./views.js";

export interface HttpContext {
  readonly status: () => NodeStatus;
  readonly catchUp: CatchUp;
  readonly carrier: Carrier;
  /** Undefined when metrics are switched off. */
  readonly metrics: NodeMetrics | undefined;
  readonly authMode: AuthMode;
  readonly log: Log;
  readonly isStopping: () => boolean;
}

interface Reply {
  readonly code: number;
  readonly body: string;
  readonly contentType?: string;
  readonly allow?: string;
}

type Handler = (request: IncomingMessage) => Reply | Promise<Reply>;

interface Route {
  readonly method: "GET" | "POST";
  readonly isOpen: boolean;
  readonly handle: Handler;
}

/** Who dawdles is cut off: every request here is small, and a waiting one holds a file handle. */
const SLOWNESS = {
  headersTimeout: 8_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};
/** More are turned away: an operator's tools need few, and handles are shared with everything else. */
const CONNECTIONS_MAX = 1_000;
/** A probe has an answer within this time, as long as the process runs at all. */
const LIVE_MAX_MS = 1_500;
const LIVE_POLL_MS = 10;

const JOIN_REFUSAL =
  "This cluster cannot grow yet: it was formed from a fixed list. Start every node with the same " +
  "INITIAL_CLUSTER; joining comes with membership change.";

export class HttpServer {
  private readonly server: Server;
  private readonly bind: Address;

  constructor(routes: ReadonlyMap<string, Route>, bind: Address, context: HttpContext) {
    this.bind = bind;
    this.server = createServer(SLOWNESS, (request, response) => {
      void answer(routes, context, request, response);
    });
    this.server.maxConnections = CONNECTIONS_MAX;
  }

  /** Starts to listen; the port that was bound. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once("error", reject);
      const host = this.bind.host === "" ? "0.0.0.0" : this.bind.host;
      this.server.listen(this.bind.port, host, () => {
        this.server.off("error", reject);
        resolve((this.server.address() as AddressInfo).port);
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => {
        resolve();
      });
      this.server.closeAllConnections();
    });
  }
}

export function operatorRoutes(context: HttpContext): Map<string, Route> {
  const routes = new Map<string, Route>([
    ["/live", { method: "GET", isOpen: true, handle: () => live(context) }],
    ["/health", { method: "GET", isOpen: true, handle: () => health(context) }],
    ["/ready", { method: "GET", isOpen: true, handle: () => ready(context) }],
    [
      "/raft/status",
      { method: "GET", isOpen: false, handle: () => json(200, raftView(context.status())) },
    ],
    ["/stats", { method: "GET", isOpen: false, handle: () => stats(context) }],
    ["/join", { method: "POST", isOpen: false, handle: () => json(501, { error: JOIN_REFUSAL }) }],
  ]);
  for (const [path, route] of metricsRoutes(context)) routes.set(path, route);
  return routes;
}

export function metricsRoutes(context: HttpContext): Map<string, Route> {
  const metrics = context.metrics;
  if (metrics === undefined) return new Map();
  const handle: Handler = async () => ({ code: 200, ...(await metrics.render()) });
  return new Map([["/metrics", { method: "GET", isOpen: true, handle }]]);
}

function json(code: number, value: unknown): Reply {
  return { code, body: JSON.stringify(value), contentType: "application/json" };
}

/** Waits for the next round of the node's loop, which a tick brings: then the node is not stuck. */
async function live(context: HttpContext): Promise<Reply> {
  const turns = (): number => context.status().metrics.turns;
  const before = turns();
  const limitMs = performance.now() + LIVE_MAX_MS;
  while (performance.now() < limitMs) {
    await sleep(LIVE_POLL_MS);
    if (turns() !== before) return json(200, { live: true, status: "ok" });
  }
  const status = `its loop made no round in ${String(LIVE_MAX_MS)} ms`;
  return json(503, { live: false, status });
}

function health(context: HttpContext): Reply {
  const view = healthView(context.status(), context.catchUp, context.isStopping());
  return json(view.healthy ? 200 : 503, view);
}

function ready(context: HttpContext): Reply {
  const view = readyView(context.status(), context.catchUp, context.isStopping());
  return json(view.ready ? 200 : 503, view);
}

function stats(context: HttpContext): Promise<Reply> {
  return new Promise((resolve) => {
    context.carrier.request({ op: "stats" }, (result) => {
      if (result.ok && result.op === "stats") {
        resolve(json(200, statsView(result)));
        return;
      }
      const error = result.ok ? "no stats" : result.failure.message;
      resolve(json(503, { error }));
    });
  });
}

async function answer(
  routes: ReadonlyMap<string, Route>,
  context: HttpContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A body is never read here; a peer that sends one for ever is cut off with the connection.
  request.resume();
  let reply: Reply;
  try {
    reply = await route(routes, context, request);
  } catch (error) {
    context.log.error({ err: error, path: request.url }, "an HTTP handler failed");
    reply = json(500, { error: "This node made a mistake; its log says more." });
  }
  response.writeHead(reply.code, {
    "content-type": reply.contentType ?? "text/plain; charset=utf-8",
    "content-length": Buffer.byteLength(reply.body),
    ...(reply.allow === undefined ? {} : { allow: reply.allow }),
  });
  response.end(request.method === "HEAD" ? undefined : reply.body);
}

function route(
  routes: ReadonlyMap<string, Route>,
  context: HttpContext,
  request: IncomingMessage,
): Reply | Promise<Reply> {
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  const found = routes.get(path);
  if (found === undefined) {
    return json(404, { error: `Nothing here. Try ${[...routes.keys()].join(", ")}.` });
  }
  const method = request.method === "HEAD" ? "GET" : request.method;
  if (method !== found.method) {
    const error = `${path} answers ${found.method} only.`;
    return { ...json(405, { error }), allow: found.method };
  }
  if (!found.isOpen) {
    const problem = authProblem(context.authMode, (name) => request.headers[name]?.toString());
    if (problem !== undefined) return json(401, { error: problem });
  }
  return found.handle(request);
}
