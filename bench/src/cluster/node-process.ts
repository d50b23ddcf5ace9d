// One real node process: its start, its probe, its counters over HTTP, its end.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { counterOf } from "./metrics-text.js";
import type { ProbeReply, ProbeRequest } from "./probe.js";
import type { ProcessUsage } from "./process-usage.js";

const PROBE = new URL("probe.js", import.meta.url).href;
const NODE_MAIN = fileURLToPath(new URL("../../../node/dist/main.js", import.meta.url));
const ANSWER_MAX_MS = 30_000;

export interface NodeAddresses {
  readonly name: string;
  readonly endpoint: string;
  readonly http: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
}

export interface NodeUsage extends ProcessUsage {
  /** Batches written to the store, each with one sync. */
  readonly syncs: number;
  /** Bytes of keys and values in them. */
  readonly writtenBytes: number;
  /** Rounds of the node's loop. */
  readonly turns: number;
  /** Frames sent to other nodes. */
  readonly frames: number;
}

type Waiting = (reply: ProbeReply) => void;
/** Without the number that ties an answer to it. */
type Ask = ProbeRequest extends infer R ? (R extends ProbeRequest ? Omit<R, "id"> : never) : never;

export class NodeProcess {
  readonly addresses: NodeAddresses;
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;

  constructor(addresses: NodeAddresses) {
    this.addresses = addresses;
    const log = openSync(addresses.logFile, "a");
    this.child = spawn(process.execPath, ["--expose-gc", `--import=${PROBE}`, NODE_MAIN], {
      env: { ...process.env, ...addresses.env },
      stdio: ["ignore", log, log, "ipc"],
    });
    closeSync(log);
    this.child.on("message", (message: ProbeReply) => {
      if (message.kind !== "bench.reply") return;
      this.waiting.get(message.id)?.(message);
      this.waiting.delete(message.id);
    });
  }

  get name(): string {
    return this.addresses.name;
  }

  async isHealthy(): Promise<boolean> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) {
      throw new Error(`node ${this.name} has ended; its last words:\n    ${this.lastWords()}`);
    }
    try {
      const response = await fetch(`${this.addresses.http}/health`, {
        signal: AbortSignal.timeout(1_000),
      });
      await response.arrayBuffer();
      return response.status === 200;
    } catch {
      // Not listening yet: asked again.
      return false;
    }
  }

  async usage(options: { readonly collectGarbage: boolean }): Promise<NodeUsage> {
    const { usage } = await this.ask({ kind: "bench.usage", ...options });
    const response = await fetch(`${this.addresses.http}/metrics`);
    const text = await response.text();
    return {
      ...usage,
      syncs: counterOf(text, "storage_syncs_total"),
      writtenBytes: counterOf(text, "wal_bytes_written_total"),
      turns: counterOf(text, "turns_total"),
      frames: counterOf(text, "peer_frames_sent_total"),
    };
  }

  async startProfile(): Promise<void> {
    await this.ask({ kind: "bench.profile.start" });
  }

  async stopProfile(file: string): Promise<void> {
    await this.ask({ kind: "bench.profile.stop", file });
  }

  /** Asks the process to stop and waits for its end; a process that hangs is killed. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.kill(), 10_000);
      this.child.once("exit", () => {
        clearTimeout(timer);
        resolve();
      });
      this.child.kill("SIGTERM");
    });
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }

  lastWords(): string {
    const lines = readFileSync(this.addresses.logFile, "utf8").trimEnd().split("\n");
    return lines.slice(-5).join("\n    ");
  }

  private ask(request: Ask): Promise<ProbeReply> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new Error(`node ${this.name} did not answer the bench's probe (${request.kind})`));
      }, ANSWER_MAX_MS);
      this.waiting.set(id, (reply) => {
        clearTimeout(timer);
        resolve(reply);
      });
      this.child.send({ ...request, id });
    });
  }
}
