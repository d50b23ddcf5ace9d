// Every row of the table, in the order in which they run.

import type { HardeningCase } from "../case.js";
import { burstCases } from "./bursts.js";
import { clockCases } from "./clock.js";
import { configCases } from "./config.js";
import { diskCases } from "./disk.js";
import { httpCases } from "./http.js";
import { identityCases } from "./identity.js";
import { memoryCases } from "./memory.js";
import { peerPortCases } from "./peer-port.js";
import { publicPortCases } from "./public-port.js";
import { rawPortCases } from "./raw-ports.js";
import { slowCases } from "./slow.js";

export const allCases: readonly HardeningCase[] = [
  ...publicPortCases,
  ...rawPortCases,
  ...httpCases,
  ...peerPortCases,
  ...slowCases,
  ...burstCases,
  ...configCases,
  ...identityCases,
  ...diskCases,
  ...clockCases,
  ...memoryCases,
];
