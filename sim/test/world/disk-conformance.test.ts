import { describe, test } from "vitest";
import type { DiskEvent } from "@disheap/io";
import { diskSuite, writerBatch } from "@disheap/io/conformance";
import type { DiskProcess, DiskRig, WriterPlan } from "@disheap/io/conformance";
import { DEFAULT_DISK } from "../../src/world/disk-settings.js";
import { SimDisk } from "../../src/world/disk.js";
import { Loop } from "./loop.js";

function rig(seedLo: number): DiskRig {
  const loop = new Loop();
  const disk = new SimDisk({
    node: 1,
    seed: { hi: 0, lo: seedLo },
    settings: DEFAULT_DISK,
    schedule: loop.schedule,
    now: loop.now,
  });

  const start = (onEvent: (event: DiskEvent) => void = () => undefined): DiskProcess => {
    const events: DiskEvent[] = [];
    const port = disk.port((event) => {
      events.push(event);
      onEvent(event);
    });
    const completion = (token: number): Promise<DiskEvent> => {
      for (;;) {
        const event = events.find((found) => found.token === token);
        if (event !== undefined) return Promise.resolve(event);
        if (!loop.step()) return Promise.reject(new Error(`nothing completes token ${token}`));
      }
    };
    return { port, events, completion };
  };

  const writeUntilKilled = (plan: WriterPlan): Promise<readonly number[]> => {
    const seen: number[] = [];
    let submitted = 0;
    const submit = (count: number): void => {
      for (let i = 0; i < count && submitted < plan.batches; i += 1) {
        submitted += 1;
        writer.port.write(submitted, writerBatch(submitted), submitted % plan.syncEvery === 0);
      }
    };
    const writer = start((event) => {
      if (event.kind === "disk.written") seen.push(event.token);
      submit(event.kind === "disk.opened" ? plan.window : 1);
    });
    writer.port.open(0);
    while (seen.length < plan.killAfter && loop.step());
    disk.crash();
    return Promise.resolve(seen);
  };

  return {
    start,
    stop: (process) => {
      process.port.close();
      return Promise.resolve();
    },
    settle: () => {
      loop.drain();
      return Promise.resolve();
    },
    writeUntilKilled,
    dispose: () => Promise.resolve(),
  };
}

for (const seed of [1, 2, 3]) {
  describe(`DiskPort, simulated, seed ${seed}`, () => {
    diskSuite(test, () => Promise.resolve(rig(seed)));
  });
}
