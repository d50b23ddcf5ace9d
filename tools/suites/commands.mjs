// How the commands of suites are written down.

export const minutes = (n) => n * 60_000;

/** Node with a script of this repository. */
export const node = (script, ...args) => [process.execPath, script, ...args];

/** Node with a program of an installed package. */
export const installed = (program, ...args) => node(`node_modules/${program}`, ...args);

/** A script of package.json. */
export const npm = (script, ...args) => [
  "npm",
  "run",
  "--silent",
  script,
  ...(args.length > 0 ? ["--", ...args] : []),
];
