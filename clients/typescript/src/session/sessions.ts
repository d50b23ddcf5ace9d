// The sessions of a client, at most one with each node, and which of them a request takes: that of the node which
// leads the topic, or any. What a session cannot do, or not any more, goes on as a call of its own (caller.ts).
import type { EnqueueResp } from "@disheap/proto";
import type { Caller, Earlier } from "../caller.js";
import type { Endpoint, EndpointPool } from "../endpoints.js";
import { DisheapError } from "../errors.js";
import type { ResolvedOptions } from "../options.js";
import { afterListening, silenceMs } from "../silence.js";
import { soon } from "../soon.js";
import { Leaders } from "./leaders.js";
import { type EnqueueSpec, sent, type SettleSpec } from "./row.js";
import { Session } from "./session.js";
import { watch, type WatchRules } from "./watch.js";

/** A request does not wait longer than this for a session that is being opened. */
const openingMsMax = 500;
/** After no node had one. */
const restMs = 1_000;
/** A node without sessions may have become a newer one. */
const lackingMs = 60_000;

export class Sessions {
  readonly #pool: EndpointPool;
  readonly #caller: Caller;
  readonly #options: ResolvedOptions;
  readonly leaders = new Leaders();
  readonly #open = new Map<Endpoint, Session>();
  /** Until when a node is not asked again. */
  readonly #lacking = new Map<Endpoint, number>();
  #opening: Promise<Session | undefined> | undefined;
  #restUntilMs = Number.NEGATIVE_INFINITY;
  #isSeeking = false;
  #seekAfterMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(pool: EndpointPool, caller: Caller, options: ResolvedOptions) {
    this.#pool = pool;
    this.#caller = caller;
    this.#options = options;
  }

  /** By a session, or else by `call`, which is told what was tried before. */
  enqueue(
    spec: EnqueueSpec,
    call: (earlier: Earlier) => Promise<EnqueueResp>,
  ): Promise<EnqueueResp> {
    const { producerId, partitionKey } = spec.request;
    // Without an identity a repeat is a second message: a node is asked whether it is awake before it is sent.
    // An empty key means none in a session, and is a key otherwise.
    const canGo = producerId !== undefined && partitionKey !== "";
    return this.#run(spec, canGo, call) as Promise<EnqueueResp>;
  }

  /** `before`: what was tried already, whose budget this has the rest of. */
  async settle(
    spec: SettleSpec,
    call: (earlier: Earlier) => Promise<unknown>,
    before?: Earlier,
  ): Promise<void> {
    await this.#run(spec, true, call, before);
  }

  /** Every endpoint once, that of the node which leads these partitions first if it is known and well. */
  order(topic: string, partitions: readonly number[]): Endpoint[] {
    const order = this.#pool.order();
    const node = this.leaders.of(topic, partitions);
    const leader = node === undefined ? undefined : this.leaders.endpointOf(node);
    if (leader === undefined || leader.isCooling) return order;
    return [leader, ...order.filter((endpoint) => endpoint !== leader)];
  }

  /** Where the leader of these partitions is, if it is well. Asks around when nobody knows where that node is. */
  home(topic: string, partitions: readonly number[]): Endpoint | undefined {
    const node = this.leaders.of(topic, partitions);
    if (node === undefined) return undefined;
    const endpoint = this.leaders.endpointOf(node);
    if (endpoint === undefined) this.#seek(node, performance.now());
    return endpoint?.isCooling === false && this.mayHave(endpoint) ? endpoint : undefined;
  }

  /** Whether sessions are wanted, and this node may know them. */
  mayHave(endpoint: Endpoint): boolean {
    const lackingUntilMs = this.#lacking.get(endpoint) ?? Number.NEGATIVE_INFINITY;
    return this.#options.sessions && performance.now() >= lackingUntilMs;
  }

  lacks(endpoint: Endpoint): void {
    this.#lacking.set(endpoint, performance.now() + lackingMs);
  }

  get watchRules(): WatchRules {
    const { requestTimeoutMs, retry } = this.#options;
    const rowMsMax = Math.min(requestTimeoutMs, retry.budgetMs);
    return { rowMsMax, hasOthers: this.#pool.size > 1, endsIdle: false };
  }

  close(): void {
    this.#isClosed = true;
    for (const session of this.#open.values()) session.end();
  }

  #run(
    spec: EnqueueSpec | SettleSpec,
    canGo: boolean,
    call: (earlier: Earlier) => Promise<unknown>,
    before?: Earlier,
  ): Promise<unknown> {
    const nowMs = performance.now();
    const startMs = before?.startMs ?? nowMs;
    const error = before?.error;
    if (!canGo || !this.#options.sessions || !isTopic(spec.topic)) return call({ startMs, error });
    const ask = (session: Session): Promise<unknown> =>
      sent(session, spec, this.#sinceMs(nowMs, startMs)).then((answer) =>
        answer instanceof DisheapError ? call({ startMs, error: answer }) : answer,
      );
    const session = this.#best(spec.topic, nowMs);
    if (session !== undefined) return ask(session);
    const opening = this.#opened(nowMs);
    if (opening === undefined) return call({ startMs, error });
    return opening.then((opened) => (opened ? ask(opened) : call({ startMs, error })));
  }

  /** From when a row counts its wait, so that it ends with its attempt, or with the budget of all. */
  #sinceMs(nowMs: number, startMs: number): number {
    const { rowMsMax } = this.watchRules;
    return Math.min(nowMs, startMs + this.#options.retry.budgetMs - rowMsMax);
  }

  #best(topic: string, nowMs: number): Session | undefined {
    const node = this.leaders.of(topic);
    if (node !== undefined) {
      const endpoint = this.leaders.endpointOf(node);
      const session = endpoint && this.#open.get(endpoint);
      if (session !== undefined) return session;
      if (this.#open.size > 0) this.#seek(node, nowMs);
    }
    for (const session of this.#open.values()) return session;
    return undefined;
  }

  #opened(nowMs: number): Promise<Session | undefined> | undefined {
    if (this.#isClosed || nowMs < this.#restUntilMs) return undefined;
    this.#opening ??= soon(this.#openAny(), openingMsMax);
    return this.#opening;
  }

  async #openAny(): Promise<Session | undefined> {
    const session = await this.#openFirst(() => true);
    if (session === undefined) this.#restUntilMs = performance.now() + restMs;
    this.#opening = undefined;
    return session;
  }

  /** Opens one with the node that leads, in the background: the request that asks for it goes another way. */
  #seek(node: string, nowMs: number): void {
    if (this.#isSeeking || this.#isClosed || nowMs < this.#seekAfterMs) return;
    this.#isSeeking = true;
    const known = this.leaders.endpointOf(node);
    const isMeant = (endpoint: Endpoint): boolean =>
      known === undefined ? !this.leaders.isNamed(endpoint) : endpoint === known;
    void this.#openFirst(isMeant).then(() => {
      this.#isSeeking = false;
      // One endpoint after the other says who it is; then there is nobody left to ask for a while.
      const isFound = this.leaders.endpointOf(node) !== undefined;
      this.#seekAfterMs = isFound ? performance.now() : performance.now() + restMs;
    });
  }

  async #openFirst(isMeant: (endpoint: Endpoint) => boolean): Promise<Session | undefined> {
    for (const endpoint of this.#pool.order()) {
      if (this.#open.has(endpoint) || !this.mayHave(endpoint)) continue;
      if (!isMeant(endpoint)) continue;
      const session = await this.#openAt(endpoint);
      if (session !== undefined) return session;
    }
    return undefined;
  }

  async #openAt(endpoint: Endpoint): Promise<Session | undefined> {
    try {
      await endpoint.connect(Math.min(this.#options.connectTimeoutMs, silenceMs));
    } catch (error) {
      if (error instanceof DisheapError) return undefined;
      // A channel that closes under it throws.
      if (this.#isClosed) return undefined;
      throw error;
    }
    if (this.#isClosed) return undefined;
    let unwatch: () => void = () => undefined;
    const session = new Session(endpoint, this.#caller.metadata(), {
      name: "the session",
      onRoute: (topic, partition, node) => this.leaders.route(topic, partition, node),
      onEnd: (ended) => {
        unwatch();
        if (this.#open.get(endpoint) === ended) this.#open.delete(endpoint);
      },
    });
    const stop = afterListening(silenceMs, () => {
      endpoint.fellSilent();
      session.abandon(endpoint.silenceError());
    });
    const failure = await session.opened;
    stop();
    if (failure?.code === "UNIMPLEMENTED") this.lacks(endpoint);
    if (failure !== undefined || !session.isOpen) return undefined;
    if (this.#isClosed) {
      session.end();
      return undefined;
    }
    unwatch = watch(session, { ...this.watchRules, endsIdle: true });
    this.#open.set(endpoint, session);
    this.leaders.welcome(endpoint, session.node);
    return session;
  }
}

/** Other names are refused by calls of their own, and take no number of a session. */
function isTopic(topic: string): boolean {
  return /^[\w-]{1,255}$/.test(topic);
}
