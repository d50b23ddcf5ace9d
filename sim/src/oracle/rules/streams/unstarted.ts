// What an orderly end of a session gives back although it was written (D-94): deliveries that its client had not said
// to have started by then. Nothing else that was written may go back as undelivered (Q16).

export class Unstarted {
  /** By lease: the stream that it was written to. */
  private readonly writtenTo = new Map<string, number>();
  private readonly started = new Set<string>();
  private readonly ended = new Set<number>();

  written(streamId: number, lease: string): void {
    this.writtenTo.set(lease, streamId);
  }

  /** The client's word reaches its node; behind its end it says nothing more. */
  startedTold(streamId: number, lease: string): void {
    if (!this.ended.has(streamId)) this.started.add(lease);
  }

  endedInOrder(streamId: number): void {
    this.ended.add(streamId);
  }

  mayGoBack(lease: string): boolean {
    const streamId = this.writtenTo.get(lease);
    return streamId !== undefined && this.ended.has(streamId) && !this.started.has(lease);
  }
}
