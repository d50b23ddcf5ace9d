// What members tell each other before there is a cluster (D-88), in frames that name no cluster.

import { founding, id64, type Founding, type Id64 } from "./identity-record.js";
import { variants, type Layout, type Rows } from "./rows.js";

interface About {
  readonly kind: "formation";
  /** The life of the process that says it. */
  readonly from: Id64;
  /** The life of the process it is said to, as far as the sender has heard of it; zeros: it has not. */
  readonly to: Id64;
  /** The member list that the sender was given, order included. */
  readonly list: string;
  readonly storeId: string;
  readonly machine: string;
  /** The sender's wall clock. */
  readonly wallMs: number;
}

export type FormationNews =
  | (About & { readonly status: "none" })
  | (About & { readonly status: "unfinished" | "formed"; readonly founding: Founding });

/** The fields that every news has; spread, since they are few and rare. */
const about: Layout<About> = (pass, n) => ({
  kind: "formation",
  from: pass.part(n.from, id64),
  to: pass.part(n.to, id64),
  list: pass.text(n.list),
  storeId: pass.text(n.storeId),
  machine: pass.text(n.machine),
  wallMs: pass.u48(n.wallMs),
});

const NEWS = variants<FormationNews, "status">("formation status", "status", {
  none: { tag: 0, layout: (pass, n) => ({ ...about(pass, n), status: "none" }) },
  unfinished: {
    tag: 1,
    layout: (pass, n) => ({
      ...about(pass, n),
      status: "unfinished",
      founding: pass.part(n.founding, founding),
    }),
  },
  formed: {
    tag: 2,
    layout: (pass, n) => ({
      ...about(pass, n),
      status: "formed",
      founding: pass.part(n.founding, founding),
    }),
  },
});

export const FORMATION_ROWS: Rows<FormationNews, "kind"> = {
  formation: { tag: 20, layout: (pass, n) => pass.variant(n, NEWS) },
};
