// Any mix of what members hold, any order of being heard, any restarts: no assertion, no second cluster, and
// every sentence is true, so that who does what it says gets a cluster.

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Founding } from "../../src/wire/identity-record.js";
import { Town, type Disk } from "../support/formation-town.js";

const SIZES = [1, 2, 3, 3, 4] as const;

type Act =
  | { readonly do: "say"; readonly from: number; readonly to: number }
  | { readonly do: "arrive"; readonly pick: number }
  | { readonly do: "sync" | "crash" | "restart" | "empty"; readonly who: number }
  | { readonly do: "reorder"; readonly who: number; readonly by: number }
  | { readonly do: "exchange" };

const who = fc.nat(3);
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ do: "exchange" } as const) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("say" as const), from: who, to: who }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("arrive" as const), pick: fc.nat(50) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("sync" as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("empty" as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reorder" as const), who, by: fc.nat(3) }) },
);

/**
 * What a member starts with. A and B were minted by different members; "emptied" has a store nobody names,
 * "copied" the one of every other that is.
 */
const HELD = ["nothing", "A1", "A2", "B1", "emptied", "copied", "formed A"] as const;
type Held = (typeof HELD)[number];

const turned = (names: readonly string[], by: number): string[] => {
  const at = by % names.length;
  return [...names.slice(at), ...names.slice(0, at)];
};

function diskOf(held: Held, i: number, names: readonly string[]): Disk {
  const record = (lo: number, attempt: number, by: number): Founding => {
    const founders = turned(names, by).map((name, k) => {
      return { id: k + 1, name, storeId: `store-${name}`, machine: name };
    });
    return { cluster: { hi: 0xab, lo }, attempt, bornMs: 1, founders };
  };
  const stores = new Map<Held, string>([
    ["emptied", `emptied-${i}`],
    ["copied", "copied"],
  ]);
  const storeId = stores.get(held) ?? `store-${names[i]}`;
  const isFormed = held === "formed A";
  if (held === "nothing" || stores.has(held)) return { storeId, founding: undefined, isFormed };
  const founding = held === "B1" ? record(0xb, 1, 1) : record(0xa, held === "A2" ? 2 : 1, 0);
  return { storeId, founding, isFormed };
}

function perform(town: Town, what: Act): void {
  const size = town.names.length;
  switch (what.do) {
    case "say":
      town.say(what.from % size, what.to % size);
      break;
    case "arrive":
      town.arrive(what.pick);
      break;
    case "sync":
    case "crash":
      town.sync(what.who % size, what.do === "crash");
      break;
    case "restart":
      town.start(what.who % size);
      break;
    case "empty":
      town.empty(what.who % size);
      break;
    case "reorder":
      town.start(what.who % size, turned(town.names, what.by));
      break;
    case "exchange":
      for (const i of town.names.keys()) for (const k of town.names.keys()) town.say(i, k);
      town.beat();
      break;
  }
  truthAtAnyTime(town);
}

function truthAtAnyTime(town: Town): void {
  expect(town.formedClusters.size).toBeLessThanOrEqual(1);
  for (const { founding, isFormed } of town.disks) {
    const stores = isFormed ? (founding?.founders ?? []).map(({ storeId }) => storeId) : [];
    expect(new Set(stores).size).toBe(stores.length);
  }
  for (const member of town.processes) {
    if (!member || member.formed) continue;
    if (/No data was ever/.test(member.waitsFor)) expect(town.formedClusters.size).toBe(0);
  }
}

/** Everybody was heard for long, and nothing changes any more. */
function truthAtRest(town: Town): void {
  const isFormed = town.formedClusters.size > 0;
  for (const [i, name] of town.names.entries()) {
    const [member, end] = [town.processes[i], town.ends[i]];
    if (end !== undefined) {
      expect(isFormed).toBe(true);
      const named = town.disks
        .find((disk) => disk.isFormed)
        ?.founding?.founders.find((founder) => founder.name === name);
      if (/another store/.test(end)) expect(named?.storeId).not.toBe(town.disks[i].storeId);
      else
        expect([/this very store/.test(end), named?.storeId]).toEqual([
          true,
          town.disks[i].storeId,
        ]);
      continue;
    }
    if (member?.formed) continue;
    expect([name, isFormed]).toEqual([name, false]);
    const says = member?.waitsFor ?? "";
    const other = /^(n\d) was started with another member list/.exec(says)?.[1];
    const holders = /(?:which|^) ?(n\d(?:, n\d)*) (?:still )?holds?/.exec(says)?.[1]?.split(", ");
    const same = /^(n\d) and (n\d) show the same store/.exec(says)?.slice(1);
    if (same !== undefined) {
      const [one, copy] = same.map((each) => town.disks[town.names.indexOf(each)].storeId);
      expect(one).toBe(copy);
    } else if (other !== undefined) {
      expect(town.orderOf(town.names.indexOf(other))).not.toEqual(town.orderOf(i));
    } else {
      // "Being written", "waits for n1", "not heard": none of them is true of a town at rest.
      expect([says, holders !== undefined]).toEqual([says, true]);
      for (const holder of holders ?? []) {
        expect(town.disks[town.names.indexOf(holder)].founding).toBeDefined();
      }
    }
  }
}

/** Does what the sentences say, as an operator would, until there is a cluster. */
function obey(town: Town): void {
  for (let step = 0; step < 6 && !town.isCluster; step += 1) {
    const says = town.processes[0]?.waitsFor ?? "";
    const others = /stop (n\d(?:, n\d)*), empty/.exec(says)?.[1]?.split(", ");
    if (/stop all members, empty all/.test(says)) for (const i of town.names.keys()) town.empty(i);
    else if (others) for (const name of others) town.empty(town.names.indexOf(name));
    else for (const i of town.names.keys()) town.start(i, town.names);
    town.settle();
  }
  expect(town.isCluster).toBe(true);
}

const mix = fc.record({
  size: fc.constantFrom(...SIZES),
  held: fc.array(fc.constantFrom(...HELD), { minLength: 4, maxLength: 4 }),
  orders: fc.array(fc.nat(3), { minLength: 4, maxLength: 4 }),
  acts: fc.array(act, { maxLength: 60 }),
});

function townOf(size: number, held: readonly Held[], orders: readonly number[]): Town {
  const names = Array.from({ length: size }, (_, i) => `n${i + 1}`);
  const disks = names.map((_, i) => diskOf(held[i], i, names));
  return new Town(
    disks,
    names.map((_, i) => turned(names, orders[i])),
  );
}

test("F4: any mix of members, heard in any order: one cluster, a refusal, or a sentence that leads to one", () => {
  const seen = { formed: 0, refused: 0, obeyed: 0 };
  fc.assert(
    fc.property(mix, fc.boolean(), ({ size, held, orders, acts }, isOneList) => {
      const town = townOf(size, held, isOneList ? [0, 0, 0, 0] : orders);
      for (const what of acts) perform(town, what);
      town.settle();
      truthAtAnyTime(town);
      truthAtRest(town);
      if (town.isCluster) seen.formed += 1;
      else if (town.formedClusters.size > 0) seen.refused += 1;
      else {
        seen.obeyed += 1;
        obey(town);
      }
    }),
    { numRuns: 600 },
  );
  // The property says nothing about a kind of end that no run reaches.
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(20);
});

test("with all members up, one list and no directory touched there is always a cluster", () => {
  fc.assert(
    fc.property(mix, ({ size, orders, acts }) => {
      const town = townOf(size, ["nothing", "nothing", "nothing", "nothing"], orders);
      for (const what of acts) if (what.do !== "empty") perform(town, what);
      // As each of them stands: a process, or one that is started again with the list of all.
      const list = turned(town.names, orders[0]);
      for (const i of town.names.keys()) {
        if (town.orderOf(i).join() !== list.join()) town.start(i, list);
      }
      town.settle();
      expect([town.ends, town.isCluster]).toEqual([town.names.map(() => undefined), true]);
      expect(town.everFormed.size).toBe(1);
    }),
    { numRuns: 250 },
  );
});
