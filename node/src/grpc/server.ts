// The gRPC server of a node: the contract's services, health and reflection, with the contract's limits
// (sections 1 and 15).

import { MESSAGE_BYTES_MAX } from "@disheap/core";
import { AdminService, DisheapService } from "@disheap/proto";
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import { type Address, formatAddress } from "../config/address.js";
import { tolerantDefinition } from "./definition.js";
import type { Engine } from "../engine.js";
import { gatedCalls } from "./gated-calls.js";
import { PopCall } from "./pop-stream.js";
import { ReceiveGate } from "./receive-gate.js";
import { addReflection } from "./reflection.js";
import { SessionCall, sessionDefinition, type SessionDuplex } from "./session-call.js";
import { adminMethods, type ServiceContext, unaryMethods, unbuiltMethods } from "./unary.js";

/** Calls under way get this long after the streams were ended. */
const CLOSE_WAIT_MS = 1_000;

interface GrpcServerOptions {
  readonly bind: Address;
  readonly messageBytesMax: number;
  /** Of calls that came in and are not answered, and an eighth of it in memory. */
  readonly requestBytesMax: number;
  /** Knows what it holds of requests, and counts those that are refused here. */
  readonly engine: Pick<Engine, "requestBytes" | "requestRefused">;
  readonly enableHealth: boolean;
  readonly enableReflection: boolean;
}

const HEALTH_NAMES = ["", "disheap.v1.Disheap"];

export class GrpcServer {
  private readonly server: Server;
  private readonly health: HealthImplementation;
  private readonly bind: Address;
  private readonly gate: ReturnType<typeof gatedCalls>;

  constructor(context: ServiceContext, options: GrpcServerOptions) {
    this.bind = options.bind;
    const gate = new ReceiveGate(options, context.nowMs, () => options.engine.requestBytes());
    const refused = (): void => options.engine.requestRefused();
    this.gate = gatedCalls(gate, options.messageBytesMax, refused);
    this.server = new Server({
      interceptors: [this.gate.interceptor],
      "grpc.max_receive_message_length": options.messageBytesMax,
      // What another node took, or this one under an older setting, is delivered: a message that gRPC refuses
      // to send would count as delivered and cost an attempt.
      "grpc.max_send_message_length": MESSAGE_BYTES_MAX,
      "grpc.max_concurrent_streams": 1000,
      "grpc.keepalive_time_ms": 60_000,
      "grpc.keepalive_timeout_ms": 20_000,
      // SDKs ping every 30 s, also without calls; they must never be told to go away for it.
      "grpc.keepalive_permit_without_calls": 1,
      "grpc.max_connection_idle_ms": 15 * 60_000,
      // Nobody asks for the library's own traces, and they cost a part of every call.
      "grpc.enable_channelz": 0,
    });
    const methods: UntypedServiceImplementation = {
      ...unaryMethods(context),
      ...unbuiltMethods(),
      popStream: (call: ConstructorParameters<typeof PopCall>[0]) => {
        new PopCall(call, context).start();
      },
    };
    this.server.addService(tolerantDefinition(DisheapService), methods);
    this.server.addService(tolerantDefinition(AdminService), { ...adminMethods(context) });
    this.server.addService(sessionDefinition(), {
      open: (call: SessionDuplex) => {
        new SessionCall(call, context).start();
      },
    });
    this.health = new HealthImplementation();
    if (options.enableHealth) this.health.addToServer(this.server);
    if (options.enableReflection) {
      addReflection(this.server, { hasHealth: options.enableHealth });
    }
    this.setServing(false);
  }

  /** Starts to listen; the port that was bound. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      const credentials = ServerCredentials.createInsecure();
      // An empty host means every interface.
      const host = this.bind.host === "" ? "0.0.0.0" : this.bind.host;
      this.server.bindAsync(formatAddress({ ...this.bind, host }), credentials, (error, port) => {
        if (error === null) resolve(port);
        else reject(error);
      });
    });
  }

  setServing(isServing: boolean): void {
    for (const name of HEALTH_NAMES) {
      this.health.setStatus(name, isServing ? "SERVING" : "NOT_SERVING");
    }
  }

  /** Lets calls finish for a moment, then ends what is left (health watchers never end by themselves). */
  async close(): Promise<void> {
    this.gate.stop();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, CLOSE_WAIT_MS);
      this.server.tryShutdown(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.server.forceShutdown();
  }
}
