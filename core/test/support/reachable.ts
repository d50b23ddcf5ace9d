// What an object holds on to: every byte array and every log block that can be reached from it.

export interface Held {
  /** Bytes of the buffers behind all typed arrays, each buffer once. */
  bufferBytes: number;
  /** Bytes of log blocks. */
  blockBytes: number;
  objects: number;
}

export function heldBy(...roots: readonly unknown[]): Held {
  const held: Held = { bufferBytes: 0, blockBytes: 0, objects: 0 };
  const seen = new Set<object>();
  const waiting: unknown[] = [...roots];
  for (
    let value = waiting.pop();
    value !== undefined || waiting.length > 0;
    value = waiting.pop()
  ) {
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    held.objects += 1;
    if (ArrayBuffer.isView(value)) {
      if (!seen.has(value.buffer)) held.bufferBytes += value.buffer.byteLength;
      seen.add(value.buffer);
      continue;
    }
    if ("prevTerm" in value && "bytes" in value && value.bytes instanceof Uint8Array) {
      held.blockBytes += value.bytes.length;
    }
    if (value instanceof Map) for (const [k, v] of value) waiting.push(k, v);
    else if (value instanceof Set) for (const v of value) waiting.push(v);
    for (const key of Reflect.ownKeys(value)) waiting.push(Reflect.get(value, key));
  }
  return held;
}
