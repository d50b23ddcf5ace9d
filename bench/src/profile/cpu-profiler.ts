// Takes a CPU profile of its own process between two moments, so that start-up and warm-up stay out.

import { mkdirSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { dirname } from "node:path";

const SAMPLE_EVERY_US = 500;

export class CpuProfiler {
  private session: Session | undefined;

  async start(): Promise<void> {
    const session = new Session();
    session.connect();
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: SAMPLE_EVERY_US });
    await session.post("Profiler.start");
    this.session = session;
  }

  async stop(file: string): Promise<void> {
    const { session } = this;
    if (session === undefined) return;
    this.session = undefined;
    const { profile } = await session.post("Profiler.stop");
    session.disconnect();
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(profile));
  }
}
