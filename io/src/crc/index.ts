// This machine's CRC-32, which the core takes instead of its own: the same sums, by native code where
// that pays.

import { crc32 as nativeCrc32 } from "node:zlib";
import { crc32, type Crc32 } from "@disheap/core";

/** Below this many bytes the call into native code costs more than it saves. */
const NATIVE_BYTES_MIN = 256;

export const machineCrc32: Crc32 = (bytes, from, to) =>
  to - from < NATIVE_BYTES_MIN ? crc32(bytes, from, to) : nativeCrc32(bytes.subarray(from, to));
