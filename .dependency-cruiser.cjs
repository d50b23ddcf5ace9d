// Which room may import which: the table of docs/ARCHITECTURE.md, as rules over the built output.
const room = (...names) => names.map((name) => `^${name}/dist/`);
const npm = (...names) => names.map((name) => `(^|/)node_modules/${name}/`);
const own = (name, ...allowed) => ({
  name: `${name.replace("/", "-")}-imports`,
  severity: "error",
  comment: `${name}/ may import only itself and what docs/ARCHITECTURE.md lists for it.`,
  from: { path: `^${name}/dist/` },
  to: { pathNot: [...room(name), ...allowed] },
});
const builtin = "^(node:)?[a-z_/0-9]+$";

module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    { name: "unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    own("core"),
    { ...own("io", ...room("core"), ...npm("@grpc/grpc-js", "classic-level"), builtin) },
    {
      name: "turn-is-pure",
      severity: "error",
      comment: "io/turn runs in both worlds: only core and the ports.",
      from: { path: "^io/dist/(turn|ports)" },
      to: { pathNot: ["^io/dist/(turn|ports)", "^core/dist/"] },
    },
    own("checker", builtin),
    own("sim", ...room("core", "io", "checker"), ...npm("seedrandom"), builtin),
    own("proto", ...npm("@grpc/grpc-js", "@bufbuild/protobuf"), builtin),
    own("clients/typescript", ...room("proto"), ...npm("@grpc/grpc-js"), builtin),
    own(
      "node",
      ...room("core", "io", "proto", "clients/typescript"),
      ...npm(
        "@grpc/grpc-js",
        "@grpc/reflection",
        "grpc-health-check",
        "pino",
        "prom-client",
        "commander",
        "zod",
      ),
      builtin,
    ),
    {
      name: "client-only-in-the-command-line",
      severity: "error",
      comment: "In node/, only the command line may use the SDK.",
      from: { path: "^node/dist/(?!cli/)" },
      to: { path: "^clients/typescript/dist/" },
    },
    own("reports", ...room("core", "checker"), builtin),
    own(
      "test/cluster",
      ...room("clients/typescript", "proto", "sim", "checker"),
      ...npm("@grpc/grpc-js"),
      builtin,
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: false,
    exoticRequireStrings: [],
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "default"] },
  },
};
