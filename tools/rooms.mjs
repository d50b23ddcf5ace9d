// The rooms of the house (docs/ARCHITECTURE.md): every workspace that is compiled by `tsc -b`.
import { fileURLToPath } from "node:url";
import { dirname } from "node:path";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const rooms = [
  "core",
  "io",
  "checker",
  "sim",
  "proto",
  "clients/typescript",
  "node",
  "reports",
  "test/harness",
  "test/cluster",
  "test/conformance",
  "bench",
  "test/hardening",
];
