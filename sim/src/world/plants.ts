// Replicas that cannot get past an entry of their log, planted by a plan: one breaks an invariant there (D-40),
// one cannot read it (D-89). It happens at the same entry in every later life of the node's process, too.

import { assert, EntryKind, type EntryView, type Replica } from "@disheap/core";

type PlantKind = "broken" | "unreadable";

export interface Plant {
  readonly node: number;
  readonly group: number;
  /** The entry that it does not get past. */
  readonly index: number;
  readonly kind: PlantKind;
}

/** u32 length, then a kind of intent that no version knows. */
const UNKNOWN = Uint8Array.of(1, 0, 0, 0, 250);

export class Plants {
  private readonly plants: Plant[] = [];
  /** Replicas of present lives that were changed. */
  private readonly changed = new WeakSet<Replica>();

  add(plant: Plant): void {
    this.plants.push(plant);
  }

  find(node: number, group: number): Plant | undefined {
    return this.plants.find((plant) => plant.node === node && plant.group === group);
  }

  isHurt(node: number): boolean {
    return this.plants.some((plant) => plant.node === node);
  }

  /** Changes what a life of the node's process holds by now. */
  into(node: number, groups: ReadonlyMap<number, Replica>): void {
    for (const plant of this.plants) {
      const replica = plant.node === node ? groups.get(plant.group) : undefined;
      if (replica && !this.changed.has(replica)) this.change(replica, plant);
    }
  }

  private change(replica: Replica, { index, kind }: Plant): void {
    if (replica.machine.kind !== "partition") return;
    this.changed.add(replica);
    const { partition } = replica.machine;
    const apply = partition.apply.bind(partition);
    partition.apply = (entry, results) => {
      const isThere = entry.index >= index;
      assert(!isThere || kind === "unreadable", `D-40: planted at entry ${index}`);
      apply(isThere ? unreadable(entry) : entry, results);
    };
  }
}

function unreadable(entry: EntryView): EntryView {
  const { index, term, stampMs, seedHi, seedLo } = entry;
  const place = { bytes: UNKNOWN, from: 0, intentsFrom: 0, to: UNKNOWN.length, intentCount: 1 };
  return { index, term, stampMs, seedHi, seedLo, kind: EntryKind.command, ...place };
}
