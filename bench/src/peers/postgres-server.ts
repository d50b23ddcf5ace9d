// A server of PostgreSQL with a database of its own. It refuses to run as root, so root hands it to the
// user that the package made.

import { execFileSync } from "node:child_process";
import { findProgram, type ProgramNeed } from "./find-programs.js";
import { LOOPBACK, type PeerHost } from "./peer-host.js";

const folders = ["/usr/lib/postgresql/*/bin"];
const INITDB: ProgramNeed = { program: "initdb", folders, package: "postgresql" };
const SERVER: ProgramNeed = { program: "postgres", folders, package: "postgresql" };
export const POSTGRES_PROGRAMS = [INITDB, SERVER];
export const USER = "postgres";

const CONNECTIONS_MAX = 100;

export async function startPostgres(host: PeerHost): Promise<number> {
  const [port = 0] = await host.ports(1);
  const data = host.folder("data");
  const asUser = otherUser(host, data);
  const initdb = [findProgram(INITDB), "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8"];
  host.progress("making a database of PostgreSQL");
  await host.run({ name: "initdb", command: [...asUser, ...initdb, "--locale=C"] });
  const settings = {
    port: String(port),
    listen_addresses: LOOPBACK,
    unix_socket_directories: "",
    max_connections: String(CONNECTIONS_MAX),
    fsync: "on",
    synchronous_commit: "on",
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const command = [...asUser, findProgram(SERVER), "-D", data, ...flags];
  await host.listens(host.start({ name: "postgres", command }), port);
  return port;
}

/** What stands before a command so that it runs as somebody else than root. */
function otherUser(host: PeerHost, folder: string): string[] {
  if (process.getuid?.() !== 0) return [];
  const idOf = (flag: string): number =>
    Number(execFileSync("id", [flag, USER], { encoding: "utf8" }));
  const [uid, gid] = [idOf("-u"), idOf("-g")];
  host.give(folder, uid, gid);
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--"];
}
