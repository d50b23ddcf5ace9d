// What a node asks of its store, and hears of it; carried by a disk port.

/** One operation of an atomic batch. */
export type DiskOp =
  | { readonly type: "put"; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: "del"; readonly key: Uint8Array };

export interface DiskEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Completion of a disk submission; `token` is the submitter's. A failure poisons the node (D-40). */
export type DiskEvent =
  /**
   * The store is open. `storeId` was drawn when the store was made; `identity` is the record that was
   * written beside it last, undefined when there is none.
   */
  | {
      readonly kind: "disk.opened";
      readonly token: number;
      readonly storeId: string;
      readonly identity: Uint8Array | undefined;
    }
  /** The identity record is replaced, durably. */
  | { readonly kind: "disk.identified"; readonly token: number }
  | { readonly kind: "disk.written"; readonly token: number }
  | {
      readonly kind: "disk.scanned";
      readonly token: number;
      readonly entries: readonly DiskEntry[];
      /** True when nothing is left in the range after these entries. */
      readonly done: boolean;
    }
  | { readonly kind: "disk.failed"; readonly token: number; readonly message: string };
