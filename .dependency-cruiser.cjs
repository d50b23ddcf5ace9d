// Which room may import which: the table of docs/ARCHITECTURE.md as rules over the built output (what
// runs) and over the sources (where imports of types alone still stand). tools/test/boundaries.test.ts
// plants a breach of every rule here and sees it caught.

/** A room's sources and built output. `inside` narrows it to paths that start so. */
const at = (room, inside = "") => `^${room}/(dist|src)/${inside}`;
const npm = (...names) => names.map((name) => `(^|/)node_modules/(@types/)?${name}/`);
const GRPC = "@grpc/grpc-js";

/** The codec of sessions: the one door of proto/ that the core has, and it imports nothing (D-82). */
const SESSION_CODEC = at("proto", "session/");

/** What a room may import beside itself. Node's own modules only where `builtins` is set. */
const ROOMS = {
  core: { paths: [SESSION_CODEC] },
  io: { rooms: ["core"], packages: [GRPC, "classic-level"], builtins: true },
  checker: { builtins: true },
  sim: {
    rooms: ["core", "io", "checker"],
    paths: [SESSION_CODEC],
    packages: ["seedrandom", "typescript", "@stryker-mutator/instrumenter"],
    builtins: true,
  },
  proto: { packages: [GRPC, "@bufbuild/protobuf"], builtins: true },
  "clients/typescript": { rooms: ["proto"], packages: [GRPC], builtins: true },
  node: {
    rooms: ["core", "io", "proto", "clients/typescript"],
    packages: [
      GRPC,
      "@grpc/reflection",
      "grpc-health-check",
      "pino",
      "prom-client",
      "commander",
      "zod",
    ],
    builtins: true,
  },
  reports: { rooms: ["core", "checker"], builtins: true },
  "test/harness": { builtins: true },
  "test/cluster": {
    rooms: ["test/harness", "clients/typescript", "proto", "sim", "checker"],
    packages: [GRPC],
    builtins: true,
  },
  "test/conformance": { rooms: ["test/harness", "proto"], packages: [GRPC], builtins: true },
  "test/hardening": {
    rooms: ["test/harness", "core", "io", "proto"],
    packages: [GRPC],
    builtins: true,
  },
  bench: {
    rooms: ["test/harness", "clients/typescript", "proto", "core", "io"],
    packages: [GRPC, "classic-level"],
    builtins: true,
  },
};

const roomRules = Object.entries(ROOMS).map(
  ([room, { rooms = [], paths = [], packages = [], builtins }]) => ({
    name: `${room.replace("/", "-")}-imports`,
    severity: "error",
    comment: `${room}/ may import only itself and what docs/ARCHITECTURE.md lists for it.`,
    from: { path: at(room) },
    to: {
      pathNot: [room, ...rooms].map((one) => at(one)).concat(paths, npm(...packages)),
      // One that does not resolve is reported as that.
      couldNotResolve: false,
      ...(builtins ? { dependencyTypesNot: ["core"] } : {}),
    },
  }),
);

/**
 * The rooms inside core, from the ground floor up, and which of those below each may import. Edge,
 * leader and store stand side by side and never import each other; `session` stands on edge; `host` alone knows
 * them all.
 */
const FLOOR = [
  "contract",
  "lib",
  "heap",
  "wire",
  "machine",
  "raft",
  "delivery",
  "cluster",
  "formation",
  "member",
];
const CORE_ROOMS = {
  contract: [],
  lib: [],
  heap: ["lib"],
  wire: ["contract", "lib"],
  machine: ["contract", "lib", "wire"],
  raft: ["lib", "wire"],
  delivery: ["contract", "lib", "heap", "wire", "machine"],
  cluster: ["contract", "lib", "wire", "machine"],
  formation: ["lib", "wire"],
  member: FLOOR,
  edge: FLOOR,
  session: [...FLOOR, "edge"],
  leader: FLOOR,
  store: FLOOR,
  host: [...FLOOR, "edge", "session", "leader", "store"],
};

const coreRules = Object.entries(CORE_ROOMS).map(([room, below]) => ({
  name: `core-${room}-imports`,
  severity: "error",
  comment: `core/src/${room} may import only itself and the rooms that docs/ARCHITECTURE.md puts below it.`,
  from: { path: at("core", `${room}/`) },
  to: { path: at("core"), pathNot: [room, ...below].map((one) => at("core", `${one}/`)) },
}));

module.exports = {
  forbidden: [
    {
      name: "no-circular",
      severity: "error",
      comment: "No two modules need each other to run.",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-circle-of-types",
      severity: "error",
      comment: "No two modules name each other, not even by their types, nor by way of others.",
      from: {},
      to: { circular: true, via: { dependencyTypes: ["type-only"] } },
    },
    { name: "unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    ...roomRules,
    ...coreRules,
    {
      name: "session-codec-imports",
      severity: "error",
      comment: "The codec of sessions runs in the core: it imports nothing.",
      from: { path: SESSION_CODEC },
      to: { pathNot: SESSION_CODEC },
    },
    {
      name: "session-codec-where",
      severity: "error",
      comment: "Of core's rooms only the one of sessions reads their frames.",
      from: { path: at("core"), pathNot: at("core", "session/") },
      to: { path: SESSION_CODEC },
    },
    {
      name: "by-package-name",
      severity: "error",
      comment: "Another room is entered by its package name, through what it exports.",
      from: { path: "^((?:clients/|test/)?[^/]+)/(?:dist|src)/" },
      to: {
        path: "^((clients|test)/)?[^/]+/(dist|src)/",
        pathNot: "^$1/",
        dependencyTypes: ["local"],
      },
    },
    {
      name: "turn-is-pure",
      severity: "error",
      comment: "io/turn and io/carrier run in both worlds: only core and the ports.",
      from: { path: at("io", "(turn/|carrier/|ports\\.)") },
      to: { pathNot: [at("io", "(turn/|carrier/|ports\\.)"), at("core")], couldNotResolve: false },
    },
    {
      name: "checker-runs-in-a-browser",
      severity: "error",
      comment: "Only the checker's command line, its threads and its bench need Node.",
      from: { path: at("checker", "(?!cli/|bench/)") },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "simulated-world-only",
      severity: "error",
      comment: "The simulator never touches a real disk or network.",
      from: { path: at("sim") },
      to: { path: at("io", "(level|grpc|crc)/") },
    },
    {
      name: "runs-are-deterministic",
      severity: "error",
      comment: "What decides a run reaches nothing of the machine it runs on.",
      from: { path: at("sim", "(world|plan|run|workload|oracle)/") },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "compiler-only-for-mutants",
      severity: "error",
      comment:
        "In sim/, only the hunts for mutants may use the TypeScript compiler and what makes mutants.",
      from: { path: at("sim", "(?!kill/|score/)") },
      to: { path: npm("typescript", "@stryker-mutator/instrumenter") },
    },
    {
      name: "client-only-in-the-command-line",
      severity: "error",
      comment: "In node/, only the command line may use the SDK.",
      from: { path: at("node", "(?!cli/)") },
      to: { path: at("clients/typescript") },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    exoticRequireStrings: [],
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "default"] },
  },
};
