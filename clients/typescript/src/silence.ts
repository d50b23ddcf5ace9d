// When a node counts as silent. A process that is stopped, or a machine that hangs, keeps its connections:
// nothing fails, nothing answers. Only waiting tells, and a question that anybody awake would answer.

/** Without a word for this long a node is silent. */
export const silenceMs = 1_000;
/** A timer that is later than this tells of our own process, which did not run, and of nobody else. */
const lateMs = 250;
/** How often a stream is looked at. */
const lookMs = 250;

/** What is listened to. */
export interface Listened {
  /** When it last said anything, monotonic. */
  readonly heardMs: number;
  /** Asks whether anybody is awake there. */
  answers(): Promise<boolean>;
}

/** Calls back after `ms` in which this process could have heard something. Returns how to stop. */
export function afterListening(ms: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const dueMs = performance.now() + ms;
    timer = setTimeout(() => (performance.now() - dueMs > lateMs ? arm() : callback()), ms);
  };
  arm();
  return () => clearTimeout(timer);
}

/** Calls back once the node has said nothing for a while, on any of its calls. Returns how to stop. */
export function onSilence(node: Listened, callback: () => void): () => void {
  const startMs = performance.now();
  let stop: () => void = () => undefined;
  const listen = (ms: number): void => {
    stop = afterListening(ms, () => {
      const leftMs = silenceMs - (performance.now() - Math.max(startMs, node.heardMs));
      if (leftMs > 0) listen(leftMs);
      else callback();
    });
  };
  listen(silenceMs);
  return () => stop();
}

/**
 * Watches a stream on which silence may mean that there is nothing to deliver: while it owes something and
 * is silent, the node is asked whether it is there. Calls back once when it is not. Returns how to stop.
 */
export function onDeadStream(
  node: Listened,
  isOwed: () => boolean,
  callback: () => void,
): () => void {
  let owedSinceMs: number | undefined;
  let isOver = false;
  const look = async (): Promise<void> => {
    if (!isOwed()) {
      owedSinceMs = undefined;
      return;
    }
    owedSinceMs ??= performance.now();
    const quietMs = performance.now() - Math.max(owedSinceMs, node.heardMs);
    if (quietMs < silenceMs || (await node.answers()) || isOver) return;
    stop();
    callback();
  };
  const timer = setInterval(() => void look(), lookMs);
  timer.unref();
  const stop = (): void => {
    isOver = true;
    clearInterval(timer);
  };
  return stop;
}
