// What this node knows of its links to the others (D-90): down, or full, which means that what would be
// sent now would be dropped over the link's byte budget. A link that nothing was heard of counts as up: what
// is sent before its first life is lost, and its first life begins with a probe. Peers are counted by their
// places in the configured list, as the network port does. Invariants:
//   LNK1 no link is both up and down;
//   LNK2 a life of a link begins and ends with nothing of its budget used.

export class Links {
  private readonly down = new Set<number>();
  private readonly full = new Set<number>();
  private readonly up = new Set<number>();

  isFull(peer: number): boolean {
    return this.full.has(peer);
  }

  isUp(peer: number): boolean {
    return this.up.has(peer);
  }

  isOpen(peer: number): boolean {
    return !this.down.has(peer) && !this.full.has(peer);
  }

  /** A new life, or the end of one: nothing of a budget is used. */
  setDown(peer: number, isDown: boolean): void {
    this.full.delete(peer);
    if (isDown) {
      this.up.delete(peer);
      this.down.add(peer);
    } else {
      this.down.delete(peer);
      this.up.add(peer);
    }
  }

  setFull(peer: number, isFull: boolean): void {
    if (isFull) this.full.add(peer);
    else this.full.delete(peer);
  }
}
