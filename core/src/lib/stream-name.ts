// What names a consumer's stream for whoever is not its edge (the node that the consumer is connected to): the edge,
// which of its lives, and the stream's number there. One value, which intents, messages and tables extend and do not
// spell out again.

/** Said to or by its edge, which goes without saying. */
export interface StreamOfEdge {
  /** One life of the edge's process (D-24): the next one counts its streams from 1 again. */
  readonly edgeIncarnation: number;
  readonly stream: number;
}

export interface StreamName extends StreamOfEdge {
  readonly edge: number;
}

export function isSameStream(a: StreamName, b: StreamName): boolean {
  return a.edge === b.edge && a.edgeIncarnation === b.edgeIncarnation && a.stream === b.stream;
}

/** Key of what is kept for a stream of the edge's newest life: that of an older one gives way to it. */
export function streamKey({ edge, stream }: Pick<StreamName, "edge" | "stream">): string {
  return `${edge}:${stream}`;
}
