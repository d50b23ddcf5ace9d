// Which byte buffers can be reached from an object, through fields, lists, maps and sets: what a process holds,
// whether anybody counts it or not. What only a function holds is not seen.

export function reachableBuffers(root: object): Set<ArrayBufferLike> {
  const buffers = new Set<ArrayBufferLike>();
  const known = new Set<object>([root]);
  const open: object[] = [root];
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null || known.has(value)) return;
    known.add(value);
    open.push(value);
  };
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (ArrayBuffer.isView(at)) buffers.add(at.buffer);
    else if (at instanceof Map) for (const pair of at) pair.forEach(visit);
    else if (Array.isArray(at) || at instanceof Set) at.forEach(visit);
    if (!ArrayBuffer.isView(at)) Object.values(at).forEach(visit);
  }
  return buffers;
}
