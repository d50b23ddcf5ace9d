// The white-box rules, fresh for every run. The order matters where two rules see the same fault: the
// one that names it best comes first.

import type { Rule } from "../oracle.js";
import { AnswerRules } from "./answer-rules.js";
import { Canon } from "./canon.js";
import { Commits } from "./commits.js";
import { Conservation } from "./conservation.js";
import { DedupRules } from "./dedup-rules.js";
import { DeliveryRules } from "./delivery-rules.js";
import { Digests } from "./digests.js";
import { Elections } from "./elections.js";
import { EntryBounds } from "./entry-bounds.js";
import { GiveBacks } from "./give-backs.js";
import { GrantsHandled } from "./grants-handled.js";
import { GroupTime } from "./group-time.js";
import { HeldAfterStart } from "./held-after-start.js";
import { IdleLeaders } from "./idle-leaders.js";
import { LeaseRules } from "./lease-rules.js";
import { Ledger } from "./ledger.js";
import { LogMatching } from "./log-matching.js";
import { MetaState } from "./meta-state.js";
import { MetRot } from "./met-rot.js";
import { AppendOnly, Bounds, Monotone } from "./monotone.js";
import { Once } from "./once.js";
import { OrderRules } from "./order-rules.js";
import { PeekWork } from "./peek-work.js";
import { Promises } from "./promises.js";
import { Recovery } from "./recovery.js";
import { ReadIndex } from "./read-index.js";
import { Reads } from "./reads.js";
import { Reference } from "./reference.js";
import { RetryRules } from "./retry-rules.js";
import { SentTwice } from "./sent-twice.js";
import { StalledDisks } from "./stalled-disks.js";
import { StoppedReplicas } from "./stopped-replicas.js";
import { Sweep } from "./sweep.js";
import { TimerRules } from "./timer-rules.js";
import { UnderWay } from "./under-way.js";
import { Undelivered } from "./undelivered.js";

export function makeRules(): Rule[] {
  const deliveries = new DeliveryRules();
  const ledger = new Ledger([
    new LeaseRules(),
    new RetryRules(),
    new TimerRules(),
    new OrderRules(),
    deliveries,
  ]);
  deliveries.reads(ledger);
  const reference = new Reference();
  const conservation = new Conservation(ledger);
  const commits = new Commits();
  const once = new Once();
  const recovery = new Recovery();
  const bounds = new EntryBounds();
  return [
    new Promises(),
    new Elections(),
    new GroupTime(),
    bounds,
    new Canon([ledger, new DedupRules(), reference, conservation, once, bounds]),
    once,
    new MetaState(),
    conservation,
    commits,
    new LogMatching(),
    new Sweep([new Monotone(), new Bounds(), new AppendOnly(), commits, recovery]),
    recovery,
    new ReadIndex(commits),
    new Digests(),
    new GiveBacks(),
    new GrantsHandled(),
    deliveries,
    new Undelivered(ledger),
    reference,
    new AnswerRules(ledger),
    new Reads(),
    new StalledDisks(),
    new SentTwice(),
    new UnderWay(),
    new IdleLeaders(),
    new StoppedReplicas(),
    new MetRot(),
    new HeldAfterStart(),
    new PeekWork(),
  ];
}
