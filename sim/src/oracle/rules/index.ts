// The white-box rules, fresh for every run. The order matters where two rules see the same fault: the
// one that names it best comes first.

import type { Rule } from "../oracle.js";
import { Canon } from "./canon.js";
import { Commits } from "./commits.js";
import { DamageNoticed } from "./damage.js";
import { Elections } from "./elections.js";
import { LeaseRules } from "./lease-rules.js";
import { Ledger } from "./ledger.js";
import { LogMatching } from "./log-matching.js";
import { AppendOnly, Bounds, Monotone } from "./monotone.js";
import { OrderRules } from "./order-rules.js";
import { Promises } from "./promises.js";
import { RetryRules } from "./retry-rules.js";
import { Sweep } from "./sweep.js";
import { TimerRules } from "./timer-rules.js";

export function makeRules(): Rule[] {
  const ledger = new Ledger([
    new LeaseRules(),
    new RetryRules(),
    new TimerRules(),
    new OrderRules(),
  ]);
  const commits = new Commits();
  return [
    new Promises(),
    new Elections(),
    new Canon([ledger]),
    commits,
    new LogMatching(),
    new Sweep([new Monotone(), new Bounds(), new AppendOnly(), commits]),
    new DamageNoticed(),
  ];
}
