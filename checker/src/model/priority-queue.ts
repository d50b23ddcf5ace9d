// Priority queue, plain and with leases. Items are distinct by id. A pop takes one of the best items;
// which of several equally good ones is not promised, so a pop of unknown outcome is
// nondeterministic.
import type { Model } from "../search/model.js";
import { TextMap } from "./persistent.js";

export type PriorityMode = "MIN" | "MAX";

export type PriorityQueueInput =
  { readonly f: "push"; readonly id: string; readonly priority: bigint } | { readonly f: "pop" };

/** A push answers true, a pop `{ id }` or null for "empty". */
export type PriorityQueueOutput = true | null | { readonly id: string };

export type LeasedQueueInput =
  | { readonly f: "push"; readonly id: string; readonly priority: bigint }
  | { readonly f: "pop" }
  /** The lease with this fence ends: for good (ack), or back to the queue (nack, expire). */
  | { readonly f: "ack" | "nack" | "expire"; readonly id: string; readonly fence: number };

/** As above; a pop also names the fence, and ack, nack and expire answer whether they applied. */
export type LeasedQueueOutput = boolean | null | { readonly id: string; readonly fence: number };

/** A state maps an id to `priority ready fences`: fences counts the grants so far. */
function encode(priority: bigint, leased: boolean, fence: number): string {
  return `${priority} ${leased ? "L" : "R"} ${fence}`;
}

interface Item {
  readonly priority: bigint;
  readonly leased: boolean;
  readonly fence: number;
}

function decode(text: string): Item {
  const [priority = "0", mark, fence = "0"] = text.split(" ");
  return { priority: BigInt(priority), leased: mark === "L", fence: Number(fence) };
}

/** The ids of the best ready items. */
function bestReady(state: TextMap, mode: PriorityMode): string[] {
  let best: bigint | undefined;
  let ids: string[] = [];
  for (const [id, text] of state.sorted()) {
    const { priority, leased } = decode(text);
    if (leased) continue;
    if (best === undefined || (mode === "MIN" ? priority < best : priority > best)) {
      best = priority;
      ids = [];
    }
    if (priority === best) ids.push(id);
  }
  return ids;
}

function pops<T>(
  state: TextMap,
  mode: PriorityMode,
  output: true | false | null | { readonly id: string } | undefined,
  take: (id: string) => T | undefined,
  same: T,
): readonly T[] {
  const ready = bestReady(state, mode);
  if (output === null) return ready.length === 0 ? [same] : [];
  if (output === undefined && ready.length === 0) return [same];
  const chosen = typeof output === "object" ? ready.filter((id) => id === output.id) : ready;
  return chosen.flatMap((id) => take(id) ?? []);
}

function describeItems(state: TextMap): string {
  const items = state.sorted().map(([id, text]) => {
    const { priority, leased, fence } = decode(text);
    return `${id}:${priority}${leased ? ` (leased, fence ${fence})` : ""}`;
  });
  return `{${items.join(", ")}}`;
}

const stateFunctions = {
  init: () => TextMap.empty,
  equal: (a: TextMap, b: TextMap) => a.equals(b),
  hash: (state: TextMap) => state.hash,
  describeState: describeItems,
};

/** Plain priority queue: a pop removes. */
export function priorityQueue(
  mode: PriorityMode = "MIN",
): Model<TextMap, PriorityQueueInput, PriorityQueueOutput> {
  const steps = (
    state: TextMap,
    input: PriorityQueueInput,
    output: PriorityQueueOutput | undefined,
  ): readonly TextMap[] => {
    if (input.f === "push") {
      return state.has(input.id) ? [] : [state.with(input.id, encode(input.priority, false, 0))];
    }
    return pops(state, mode, output, (id) => state.without(id), state);
  };
  return {
    name: "priority-queue",
    ...stateFunctions,
    step: (state, input, output) => steps(state, input, output)[0],
    steps,
    isReadOnly: ({ f }, output) => f === "pop" && output === null,
    describeOperation(input, output) {
      if (input.f === "push") return `push ${input.id} with priority ${input.priority}`;
      if (output === null) return "pop -> empty";
      return `pop -> ${typeof output === "object" ? output.id : "?"}`;
    },
  };
}

function settle(
  state: TextMap,
  input: { readonly f: "ack" | "nack" | "expire"; readonly id: string; readonly fence: number },
  output: LeasedQueueOutput | undefined,
): readonly TextMap[] {
  const text = state.get(input.id);
  const item = text === undefined ? undefined : decode(text);
  const live = item?.leased === true && item.fence === input.fence;
  if (output !== undefined && output !== live) return [];
  if (!live) return [state];
  if (input.f === "ack") return [state.without(input.id)];
  return [state.with(input.id, encode(item.priority, false, item.fence))];
}

/** Priority queue with leases: a pop leases, an ack removes, a nack or an expiry makes ready again. */
export function leasedPriorityQueue(
  mode: PriorityMode = "MIN",
): Model<TextMap, LeasedQueueInput, LeasedQueueOutput> {
  const steps = (
    state: TextMap,
    input: LeasedQueueInput,
    output: LeasedQueueOutput | undefined,
  ): readonly TextMap[] => {
    if (input.f === "push") {
      return state.has(input.id) ? [] : [state.with(input.id, encode(input.priority, false, 0))];
    }
    if (input.f !== "pop") return settle(state, input, output);
    const fence = typeof output === "object" ? output?.fence : undefined;
    const lease = (id: string): TextMap | undefined => {
      const item = decode(state.get(id) ?? "");
      if (fence !== undefined && fence !== item.fence + 1) return undefined;
      return state.with(id, encode(item.priority, true, item.fence + 1));
    };
    return pops(state, mode, output, lease, state);
  };
  return {
    name: "leased-priority-queue",
    ...stateFunctions,
    step: (state, input, output) => steps(state, input, output)[0],
    steps,
    isReadOnly: ({ f }, output) => output === false || (f === "pop" && output === null),
    describeOperation: describeLeased,
  };
}

function describeLeased(input: LeasedQueueInput, output: LeasedQueueOutput | undefined): string {
  if (input.f === "push") return `push ${input.id} with priority ${input.priority}`;
  if (input.f === "pop") {
    if (output === null) return "pop -> empty";
    return `pop -> ${typeof output === "object" ? `${output.id} (fence ${output.fence})` : "?"}`;
  }
  const said = output === undefined ? " -> ?" : output === true ? "" : " -> refused";
  return `${input.f} ${input.id} with fence ${input.fence}${said}`;
}
