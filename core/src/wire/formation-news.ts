// What members tell each other before there is a cluster (D-88), in frames that name no cluster.

import { MalformedInput, type Reader, type Writer } from "../lib/bytes.js";
import { readFounding, writeFounding, type Founding, type Id64 } from "./identity-record.js";

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

const STATUS = ["none", "unfinished", "formed"] as const;

export function writeNews(w: Writer, news: FormationNews): void {
  w.u8(STATUS.indexOf(news.status));
  w.u32(news.from.hi).u32(news.from.lo).u32(news.to.hi).u32(news.to.lo);
  w.text(news.list).text(news.storeId).text(news.machine).u48(news.wallMs);
  if (news.status !== "none") writeFounding(w, news.founding);
}

export function readNews(r: Reader): FormationNews {
  const kind = "formation";
  const code = r.u8();
  const from = { hi: r.u32(), lo: r.u32() };
  const to = { hi: r.u32(), lo: r.u32() };
  const names = { list: r.text(), storeId: r.text(), machine: r.text() };
  const about = { kind, from, to, ...names, wallMs: r.u48() } as const;
  if (code >= STATUS.length) throw new MalformedInput(`formation status ${code} is unknown`);
  const status = STATUS[code];
  return status === "none" ? { ...about, status } : { ...about, status, founding: readFounding(r) };
}
