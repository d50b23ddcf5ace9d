// A wait that ends.

/** What `promise` gives within `ms`, or else undefined. Somebody waits for it, so it keeps the process alive. */
export function soon<Value>(promise: Promise<Value>, ms: number): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
