// The white-box rules, fresh for every run. The order matters where two rules see the same fault: the
// one that names it best comes first. Folders are named after what is judged, but for two: `entries`
// hands committed entries and messages on to other rules, `views` is what rules may read of nodes.

import type { Rule } from "../oracle.js";
import { AnswerRules } from "./answers/answer-rules.js";
import { Canon } from "./entries/canon.js";
import { Commits } from "./raft/commits.js";
import { Conservation } from "./delivery/conservation.js";
import { DedupRules } from "./delivery/dedup-rules.js";
import { DeliveryRules } from "./streams/delivery-rules.js";
import { DeletedTopics } from "./meta/deleted-topics.js";
import { Digests } from "./streams/digests.js";
import { Elections } from "./raft/elections.js";
import { EntryBounds } from "./raft/entry-bounds.js";
import { FrameBounds } from "./liveness/frame-bounds.js";
import { GiveBacks } from "./streams/give-backs.js";
import { GrantsHandled } from "./streams/grants-handled.js";
import { GroupTime } from "./raft/group-time.js";
import { HeldAfterStart } from "./storage/held-after-start.js";
import { IdleLeaders } from "./liveness/idle-leaders.js";
import { LeaseRules } from "./delivery/lease-rules.js";
import { Ledger } from "./entries/ledger.js";
import { LogMatching } from "./raft/log-matching.js";
import { MetaState } from "./meta/meta-state.js";
import { MetRot } from "./storage/met-rot.js";
import { AppendOnly, Bounds, Monotone } from "./raft/monotone.js";
import { Once } from "./answers/once.js";
import { OrderRules } from "./delivery/order-rules.js";
import { PeekWork } from "./answers/peek-work.js";
import { NeedlessAppends } from "./raft/needless-appends.js";
import { Promises } from "./raft/promises.js";
import { Recovery } from "./storage/recovery.js";
import { ReadIndex } from "./answers/read-index.js";
import { Reads } from "./answers/reads.js";
import { Reference } from "./entries/reference.js";
import { ReplicaInvariants } from "./raft/replica-invariants.js";
import { RetryRules } from "./delivery/retry-rules.js";
import { SentTwice } from "./liveness/sent-twice.js";
import { StalledDisks } from "./liveness/stalled-disks.js";
import { StarvedStreams } from "./liveness/starved-streams.js";
import { StoppedReplicas } from "./raft/stopped-replicas.js";
import { Sweep } from "./views/sweep.js";
import { TimerRules } from "./delivery/timer-rules.js";
import { UnderWay } from "./liveness/under-way.js";
import { Undelivered } from "./streams/undelivered.js";

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
    new NeedlessAppends(),
    new Elections(),
    new GroupTime(),
    bounds,
    new Canon([ledger, new DedupRules(), reference, conservation, once, bounds]),
    once,
    new DeletedTopics(),
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
    new StarvedStreams(),
    new FrameBounds(),
    new SentTwice(),
    new UnderWay(),
    new IdleLeaders(),
    new StoppedReplicas(),
    new ReplicaInvariants(),
    new MetRot(),
    new HeldAfterStart(),
    new PeekWork(),
  ];
}
