// Message ids and lease tokens as the contract writes them (section 7), made of what a session says in numbers.

import { type DeliveryRows, MAC_BYTES, u32At, u64At } from "@disheap/proto/session";

const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Where a message is in its partition's log. */
export interface Place {
  readonly group: number;
  readonly index: number;
  readonly offset: number;
}

/** 24, 42 and 14 bits. */
function bitsOf({ group, index, offset }: Place): bigint {
  return (BigInt(group) << 56n) | (BigInt(index) << 14n) | BigInt(offset);
}

/** 26 digits of five bits: 48 of the time, 80 of the place. */
export function messageIdOf(stampMs: number, place: Place): string {
  let left = (BigInt(stampMs) << 80n) | bitsOf(place);
  let text = "";
  for (let digit = 0; digit < 26; digit += 1) {
    text = LETTERS.charAt(Number(left % 32n)) + text;
    left /= 32n;
  }
  return text;
}

/** The fence in hex, then place and MAC. */
export function leaseTokenOf(rows: DeliveryRows, row: number, group: number): string {
  const place = { group, index: u64At(rows.index, row), offset: u32At(rows.offset, row) };
  const body = Buffer.from(bitsOf(place).toString(16).padStart(20, "0"), "hex");
  const mac = rows.mac.subarray(row * MAC_BYTES, (row + 1) * MAC_BYTES);
  const fence = u32At(rows.fence, row).toString(16).padStart(8, "0");
  return fence + Buffer.concat([body, mac]).toString("base64url");
}
