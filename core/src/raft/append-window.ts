// How many bytes of log may be on their way to one peer, all groups of the node together: a follower that takes
// its time must not make its leader hold everything that was proposed meanwhile (rev-B15). A group that has
// nothing on its way sends one append whatever the others have, so that none waits for another.

export class AppendWindow {
  private readonly bytesMax: number;
  bytes = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  get isFull(): boolean {
    return this.bytes >= this.bytesMax;
  }
}
