// The leases that a call settles by number as batches: one for each partition, since consumers of several get their
// messages in turn (D-78).

import type { PartitionPlace } from "../cluster/cluster-state.js";
import { Writer } from "../lib/bytes.js";
import { BATCH_ROWS_MAX, LEASE_ROW_BYTES } from "../wire/batch-intents.js";
import type { CallBatch } from "./call-batch.js";
import type { Delivery } from "./ring.js";

interface Open {
  readonly place: PartitionPlace;
  readonly rows: number[];
  readonly leases: Writer;
}

export class SettleBatches {
  private readonly rowsMax: number;
  private readonly open = new Map<number, Open>();
  private readonly full: Open[] = [];

  constructor(entryIntentsMax: number) {
    this.rowsMax = Math.min(BATCH_ROWS_MAX, entryIntentsMax);
  }

  add(row: number, { place, index, offset, fence }: Delivery): void {
    let batch = this.open.get(place.group);
    if (!batch || batch.rows.length >= this.rowsMax) {
      if (batch) this.full.push(batch);
      batch = { place, rows: [], leases: new Writer(16 * LEASE_ROW_BYTES) };
      this.open.set(place.group, batch);
    }
    batch.rows.push(row);
    batch.leases.u48(index).u16(offset).u32(fence);
  }

  /** In the order of their first rows, each partition's in the order of its rows. */
  *all(): Generator<{ readonly batch: CallBatch; readonly leases: Uint8Array }> {
    const batches = [...this.full, ...this.open.values()];
    batches.sort((a, b) => a.rows[0] - b.rows[0]);
    for (const { place, rows, leases } of batches) {
      const isRun = rows[rows.length - 1] - rows[0] === rows.length - 1;
      const scattered = isRun ? undefined : rows;
      const firstRow = rows[0];
      const batch = { place, firstRow, rows: rows.length, scattered };
      yield { batch, leases: leases.finish() };
    }
  }
}
