// A lock: acquire succeeds only when it is free, release only for its holder.
import type { Model } from "../search/model.js";

export interface MutexInput {
  readonly f: "acquire" | "release";
  readonly process: number | string;
}

/** Whether it was granted; a refused acquire or release answers false. */
export type MutexOutput = boolean;

const FREE = "";

export function mutex(): Model<string, MutexInput, MutexOutput> {
  return {
    name: "mutex",
    init: () => FREE,
    step(state, { f, process }, output) {
      const owner = JSON.stringify(process);
      const works = f === "acquire" ? state === FREE : state === owner;
      if (output !== undefined && output !== works) return undefined;
      if (!works) return state;
      return f === "acquire" ? owner : FREE;
    },
    isReadOnly: (_input, output) => output === false,
    describeOperation({ f, process }, output) {
      return `${f} by ${process}${output === undefined ? " -> ?" : output ? "" : " -> refused"}`;
    },
    describeState: (state) => (state === FREE ? "free" : `held by ${state}`),
  };
}
