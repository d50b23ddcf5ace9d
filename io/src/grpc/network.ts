// NetworkPort over gRPC: every node dials every other member and sends its frames on that one stream;
// on the streams that others dialled it only receives. So peer.up and peer.down tell about the stream
// this node sends on; the other direction is the other node's to know.

import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { LinkRefusal, NetworkEvent, NetworkPort } from "../ports.js";
import { Acceptor } from "./acceptor.js";
import type { IncomingCall } from "./acceptor.js";
import { Dialler } from "./dialler.js";
import type { LinkStats } from "./dialler.js";
import type { PeerIdentity } from "./handshake.js";
import { DEFAULT_TUNING, LINK, channelOptions } from "./service.js";
import type { LinkTuning, PeerLogLine } from "./service.js";

export interface GrpcNetworkOptions {
  /** This node's name; one of the members. */
  readonly node: string;
  /** In the order of the member list: the first is peer 1. */
  readonly members: readonly { readonly name: string; readonly address: string }[];
  /** host:port that the peer service listens on; port 0 takes a free one. */
  readonly listen: string;
  /** The secret all nodes of the cluster share. */
  readonly secret: string;
  /** The peer port is reachable from this machine only, so the secret may be empty. */
  readonly isLoopback: boolean;
  readonly push: (event: NetworkEvent) => void;
  readonly log: (line: PeerLogLine) => void;
  readonly tuning?: Partial<LinkTuning>;
}

export interface GrpcNetwork extends NetworkPort {
  /** Listens; peers are dialled once the node is introduced. `problem` is a sentence when the peer port cannot be opened. */
  start(onStarted: (problem: string | undefined) => void): void;
  /** The port the peer service listens on, once started. */
  listeningPort(): number | undefined;
  stats(): readonly LinkStats[];
  /** Ends every link. Nothing is pushed any more; no timer and no socket is left at the call back. */
  close(onClosed: () => void): void;
}

class GrpcNetworkPort implements GrpcNetwork {
  private readonly options: GrpcNetworkOptions;
  private readonly server: Server;
  private readonly acceptor: Acceptor;
  private readonly diallers = new Map<number, Dialler>();
  private readonly numbers = new Map<string, number>();
  private boundPort: number | undefined;
  private isClosed = false;

  constructor(options: GrpcNetworkOptions) {
    this.options = options;
    const { members, node, secret, log } = options;
    const tuning = { ...DEFAULT_TUNING, ...options.tuning };
    const names = members.map(({ name }) => name);
    const self: PeerIdentity = { node, members: names, secret };
    members.forEach(({ name, address }, i) => {
      this.numbers.set(name, i + 1);
      if (name !== node) this.diallers.set(i + 1, this.makeDialler(self, tuning, i + 1, address));
    });
    const onFrame = (peer: string, frame: Uint8Array): void => this.receive(peer, frame);
    const onHello = (call: number, name: string, card: Uint8Array): void =>
      this.from(name, (peer) => ({ kind: "peer.hello", call, peer, card }));
    const onLeft = (name: string): void => this.from(name, (peer) => ({ kind: "peer.left", peer }));
    this.acceptor = new Acceptor({ self, tuning, log, onFrame, onHello, onLeft });
    this.server = new Server(channelOptions(tuning));
    const link = (call: IncomingCall): void => this.acceptor.accept(call);
    this.server.addService({ link: LINK }, { link });
  }

  start(onStarted: (problem: string | undefined) => void): void {
    const { listen } = this.options;
    this.server.bindAsync(listen, ServerCredentials.createInsecure(), (error, port) => {
      if (error !== null) {
        onStarted(
          `The peer port ${listen} cannot be opened: ${error.message}.` +
            " Stop the process that uses it, or give this node another peer address.",
        );
        return;
      }
      this.boundPort = port;
      if (this.isClosed) this.server.forceShutdown();
      onStarted(undefined);
    });
  }

  send(peer: number, frame: Uint8Array, isUrgent = false): void {
    if (!this.isClosed) this.diallers.get(peer)?.send(frame, isUrgent);
  }

  introduce(card: Uint8Array): void {
    if (this.isClosed) return;
    for (const dialler of this.diallers.values()) dialler.introduce(card);
  }

  answer(call: number, refusal: LinkRefusal | undefined): void {
    if (!this.isClosed) this.acceptor.verdict(call, refusal);
  }

  listeningPort(): number | undefined {
    return this.boundPort;
  }

  stats(): readonly LinkStats[] {
    return [...this.diallers.values()].map((dialler) => dialler.stats());
  }

  close(onClosed: () => void): void {
    this.isClosed = true;
    for (const dialler of this.diallers.values()) dialler.close();
    this.acceptor.close();
    this.server.tryShutdown(() => onClosed());
    this.server.forceShutdown();
  }

  private makeDialler(
    self: PeerIdentity,
    tuning: LinkTuning,
    peer: number,
    address: string,
  ): Dialler {
    const { members, log } = this.options;
    return new Dialler({
      self,
      peer: members[peer - 1].name,
      address,
      tuning,
      log,
      onUp: () => this.push({ kind: "peer.up", peer }),
      onDown: () => this.push({ kind: "peer.down", peer }),
      onRefused: (code, message) => this.push({ kind: "peer.refused", peer, code, message }),
      onFull: () => this.push({ kind: "peer.full", peer }),
      onRoom: () => this.push({ kind: "peer.room", peer }),
    });
  }

  private receive(name: string, frame: Uint8Array): void {
    this.from(name, (peer) => ({ kind: "peer.frame", peer, frame }));
  }

  private from(name: string, event: (peer: number) => NetworkEvent): void {
    const peer = this.numbers.get(name);
    if (peer !== undefined) this.push(event(peer));
  }

  private push(event: NetworkEvent): void {
    if (!this.isClosed) this.options.push(event);
  }
}

/** Says in a sentence why these options cannot work, or nothing. */
function grpcNetworkProblem(options: GrpcNetworkOptions): string | undefined {
  const names = options.members.map(({ name }) => name);
  if (!names.includes(options.node)) {
    return (
      `The node ${options.node} is not in the member list (${names.join(", ")}).` +
      " Start it under one of these names, or add it to the list on every node."
    );
  }
  if (new Set(names).size < names.length) {
    return `The member list names a node twice (${names.join(", ")}). Give each its own name.`;
  }
  if (options.secret === "" && !options.isLoopback) {
    return (
      `The peer port ${options.listen} can be reached from other machines and there is no cluster` +
      " secret. Set the same cluster secret on every node, or listen on 127.0.0.1."
    );
  }
  return undefined;
}

/** Throws an error with that sentence when the options cannot work. */
export function createGrpcNetwork(options: GrpcNetworkOptions): GrpcNetwork {
  const problem = grpcNetworkProblem(options);
  if (problem !== undefined) throw new Error(problem);
  return new GrpcNetworkPort(options);
}
