// The other versions of Node that can be had on this machine. Each comes with an npm package that carries
// the program itself; package.json here pins them as `node-MAJOR-PLATFORM-ARCH`, outside of the
// repository's own lock.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { install } from "../../tools/install.mjs";

/**
 * A version of Node: where it is, or why it cannot be had.
 * @typedef {{name: string, bin: string} | {name: string, reason: string}} Runtime
 */

/**
 * Which packages give which majors on a machine.
 * @param {Record<string, string>} pinned the packages of package.json
 * @param {string} machine such as linux-x64
 * @returns {{major: string, package: string | undefined}[]}
 */
export function packagesFor(pinned, machine) {
  const names = Object.keys(pinned).map((name) => /^node-(\d+)-(.+)$/u.exec(name) ?? []);
  const majors = [...new Set(names.map(([, major]) => major))];
  return majors.map((major) => ({
    major,
    package: names.find(([, of, where]) => of === major && where === machine)?.[0],
  }));
}

/** @returns {Runtime[]} */
export function runtimes() {
  const folder = import.meta.dirname;
  const { optionalDependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const machine = `${process.platform}-${process.arch}`;
  const wanted = packagesFor(optionalDependencies, machine);
  const isInstalled = wanted.every((one) => one.package === undefined) || install(folder) === 0;
  return wanted.map(({ major, package: name }) => {
    const cannot = (reason) => ({ name: `Node ${major}`, reason });
    if (name === undefined) return cannot(`test/runtimes/package.json has none for ${machine}`);
    if (!isInstalled) return cannot("npm could not install test/runtimes; the lines above say why");
    return found(major, join(folder, "node_modules", name, "bin", "node"), cannot);
  });
}

function found(major, bin, cannot) {
  // An optional package that does not fit the machine is left out by npm without a word.
  if (!existsSync(bin)) return cannot("npm did not install its package on this machine");
  const { error, status, stdout } = spawnSync(bin, ["--version"], { encoding: "utf8" });
  if (error || status !== 0) {
    return cannot(`its program does not start here (${error?.message ?? `exit code ${status}`})`);
  }
  return { name: `Node ${stdout.trim().replace(/^v/u, "")}`, bin };
}
