// What the figures were taken on, and how busy it was with other things.

import { cpus, loadavg, release, totalmem } from "node:os";

export type Machine = Readonly<Record<string, string | number>>;

export function aboutMachine(): Machine {
  const processors = cpus();
  return {
    processors: processors.length,
    model: processors[0]?.model.trim() ?? "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.version,
    load: Number((loadavg()[0] ?? 0).toFixed(1)),
  };
}

/** A load above this means that somebody else uses the processors. */
const QUIET_LOAD = 0.5;

export function machineLine(machine: Machine): string {
  const { processors, model, memoryGiB, system, node, load } = machine;
  const busy = Number(load) > QUIET_LOAD ? " (BUSY: trust ratios, not rates)" : "";
  return (
    `${processors} x ${model}, ${memoryGiB} GiB, ${system}, ` +
    `node ${node}, load ${load} before the start${busy}`
  );
}
