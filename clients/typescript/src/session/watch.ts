// One timer for a session and all that waits in it: it ends one that nobody uses, gives up rows that wait too long,
// and leaves a node that is silent.
import { silenceMs } from "../silence.js";
import { errorOf } from "../errors.js";
import type { Session } from "./session.js";

/** A session that is not used for this long ends: an open one keeps a process alive. */
const idleMsMax = 5_000;
/** A node that says it is well, but answers nothing for this long, may be cut off from the others. */
const stalledMsMax = 3_000;
const lookMsMax = 250;

export interface WatchRules {
  /** How long a row may wait for its answer. */
  rowMsMax: number;
  /** Somebody else could answer. */
  hasOthers: boolean;
  /** It ends when nobody uses it. */
  endsIdle: boolean;
}

/** Returns how to stop. */
export function watch(session: Session, { rowMsMax, hasOthers, endsIdle }: WatchRules): () => void {
  const lookMs = Math.max(10, Math.min(lookMsMax, rowMsMax));
  let lookedMs = performance.now();
  let isAsking = false;
  let isOver = false;
  const ask = async (): Promise<void> => {
    isAsking = true;
    const isThere = await session.endpoint.answers();
    isAsking = false;
    const quietMs = session.quietMs(performance.now());
    if (isOver || quietMs < silenceMs || (isThere && quietMs < stalledMsMax)) return;
    const { address } = session.endpoint;
    session.endpoint.fellSilent();
    const message = `${address} is connected, but gave its session no answer for ${Math.round(quietMs)} ms.`;
    session.abandon(errorOf("UNAVAILABLE", message, { endpoint: address }));
  };
  const timer = setInterval(() => {
    const nowMs = performance.now();
    // A late timer tells of our own process, which heard nothing meanwhile, and of nobody else.
    if (nowMs - lookedMs > lookMs + lookMsMax) session.wasDeaf(nowMs);
    lookedMs = nowMs;
    if (endsIdle && session.idleMs(nowMs) >= idleMsMax) session.end();
    else session.expire(nowMs - rowMsMax, rowMsMax);
    if (hasOthers && !isAsking && session.quietMs(nowMs) >= silenceMs) void ask();
  }, lookMs);
  timer.unref();
  return () => {
    isOver = true;
    clearInterval(timer);
  };
}
