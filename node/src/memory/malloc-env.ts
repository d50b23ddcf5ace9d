// What glibc's malloc needs to be told so that a node's memory follows what it holds. Payloads of many
// kilobytes come and go in great number; by default malloc cuts them from one growing heap and can give that
// back only from its upper end. From 64 KiB on each of them gets pages of its own, which go back at once; at most
// half of the mappings that Linux grants a process are used for that. Other C libraries take no notice.
// The Dockerfile and the test harness say the same.

export const MALLOC_ENV = {
  MALLOC_MMAP_THRESHOLD_: "65536",
  MALLOC_TRIM_THRESHOLD_: "131072",
  MALLOC_MMAP_MAX_: "32768",
} as const;

/** Whoever sets one of these has chosen another allocator, or tunes this one in another way. */
const OTHER_WAYS = ["LD_PRELOAD", "GLIBC_TUNABLES"];

/** What to say of a process that was started without them; nothing where they would change nothing. */
export function mallocWarning(
  env: Readonly<Record<string, string | undefined>>,
  isGlibc: boolean,
): string | undefined {
  const missing = Object.entries(MALLOC_ENV).filter(([name]) => env[name] === undefined);
  const isChosen = OTHER_WAYS.some((name) => (env[name] ?? "") !== "");
  if (!isGlibc || isChosen || missing.length === 0) return undefined;
  const words = missing.map(([name, value]) => `${name}=${value}`).join(" ");
  return (
    `This process was started without ${words}: malloc will keep most of the memory that large payloads ever ` +
    "took. Set it in the environment of the node, as npm start and the image do (docs/operating/configuration.md)."
  );
}

/** Whether this process runs on glibc, whose malloc reads these variables. */
export function isOnGlibc(): boolean {
  if (process.platform !== "linux") return false;
  // Names of machines are of no interest, and looking them up could take long.
  Object.assign(process.report, { excludeNetwork: true });
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime !== undefined;
}
