// Attempts of requests that must not be proposed twice, because their intent is not idempotent: a frame
// may be delivered twice. Bounded; an edge's new incarnation starts anew.

const KEPT_MAX = 65_536;

interface EdgeAttempts {
  readonly incarnation: number;
  readonly seen: Set<string>;
}

export class OnceTable {
  private readonly edges = new Map<number, EdgeAttempts>();

  /** True when this very attempt was seen before; remembers it otherwise. */
  isRepeat(edge: number, incarnation: number, requestId: number, attempt: number): boolean {
    let known = this.edges.get(edge);
    if (known?.incarnation !== incarnation) {
      known = { incarnation, seen: new Set() };
      this.edges.set(edge, known);
    }
    const key = `${requestId}.${attempt}`;
    if (known.seen.has(key)) return true;
    known.seen.add(key);
    if (known.seen.size > KEPT_MAX) {
      for (const oldest of known.seen) {
        known.seen.delete(oldest);
        break;
      }
    }
    return false;
  }
}
