// Buffers look like Uint8Arrays and differ where it hurts: `slice` of a Buffer shares memory. What the
// adapters deliver is therefore always a plain Uint8Array, as in the simulator.

/** The same memory as a plain Uint8Array. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
