// What a node says of itself on /health.

export interface Health {
  readonly healthy: boolean;
  /** Of the group that knows all topics. */
  readonly is_leader: boolean;
  readonly leader: string;
  readonly status: string;
}

const ASK_MAX_MS = 2_000;

/** Whether it has applied what was committed when it started. */
export async function isReady(http: string): Promise<boolean> {
  try {
    const response = await fetch(`${http}/ready`, { signal: AbortSignal.timeout(ASK_MAX_MS) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** `http` is where the node listens, as `http://127.0.0.1:8080`. Undefined: no answer, or no node. */
export async function askHealth(http: string): Promise<Health | undefined> {
  try {
    const response = await fetch(`${http}/health`, { signal: AbortSignal.timeout(ASK_MAX_MS) });
    return (await response.json()) as Health;
  } catch {
    // Not listening, frozen, or cut off: whoever waits asks again.
    return undefined;
  }
}
