// The environment of a process under test: what the machine needs, and nothing that would change a node.

/** Undefined takes a setting away. */
export type Env = Readonly<Record<string, string | undefined>>;

const PASSED_ON = ["PATH", "HOME", "TMPDIR", "LANG", "NODE_OPTIONS", "SystemRoot"];

/** Later ones win. */
export function mergeEnv(...parts: readonly Env[]): Record<string, string> {
  const merged: Env = Object.assign({}, ...parts) as Env;
  const given = Object.entries(merged).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  return Object.fromEntries(given);
}

export function plainEnv(): Env {
  return Object.fromEntries(PASSED_ON.map((key) => [key, process.env[key]]));
}
