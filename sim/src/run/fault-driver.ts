// Carries out the faults of a plan, and heals everything at the end. A fault counts when it took effect:
// the network and the disks count their own, this counts crashes, pauses and clocks.

import type { FaultPlan } from "../plan/plan.js";
import type { Boundary } from "../world/world.js";
import { draw, kindOf } from "../world/draw.js";
import type { World } from "../world/world.js";
import { sendForeign } from "./foreign-request.js";
import { rotLog, stopReplica } from "./lost-replicas.js";
import { muteLeader } from "./muted-leader.js";

const DAMAGE = kindOf("damage.pick");
/** How long a crash waits for its boundary. */
const BOUNDARY_WAIT_US = 1_000_000;

/** The first of the list forms the cluster (D-88). */
const MINTER = 1;

type Damage = Exclude<Crash["damage"], "none">;
type Crash = Extract<FaultPlan, { kind: "proc.crash" }>;

export class FaultDriver {
  private readonly world: World;
  private waiting: { crash: Crash; isDone: boolean }[] = [];
  /** Damage was refused because it would have exceeded the atlas. */
  refusedDamage = 0;

  constructor(world: World) {
    this.world = world;
    world.onBoundary((node, kind) => this.onBoundary(node, kind));
  }

  start(): void {
    for (const fault of this.world.plan.faults) {
      this.world.queue.schedule(fault.atMs * 1000, () => this.run(fault));
    }
  }

  private until(fault: { readonly untilMs: number }, run: () => void): void {
    this.world.queue.schedule(fault.untilMs * 1000, run);
  }

  private run(fault: FaultPlan): void {
    const { network } = this.world;
    switch (fault.kind) {
      case "net.loss":
      case "net.duplicate":
      case "net.delay":
        this.rates(fault);
        break;
      case "net.partition":
        this.partition(fault);
        break;
      case "net.oneway":
        network.cut(fault.from, fault.to, true);
        this.until(fault, () => network.heal(fault.from, fault.to, true));
        break;
      case "net.clog":
        network.clog(fault.from, fault.to);
        this.until(fault, () => network.unclog(fault.from, fault.to));
        break;
      case "net.mute":
        muteLeader(this.world, fault);
        break;
      case "net.reset":
        network.reset(fault.from, fault.to);
        break;
      case "disk.stall":
        this.world.node(fault.node).disk.stall(fault.untilMs * 1000);
        break;
      case "disk.stall-leader":
        this.stallLeader(fault);
        break;
      case "replica.stop":
        stopReplica(this.world, fault, () => this.mayHurt);
        break;
      case "disk.rot":
        rotLog(this.world, fault, () => this.mayHurt);
        break;
      case "proc.crash":
        this.crash(fault);
        break;
      case "proc.pause":
        this.pause(fault.node, fault.untilMs);
        break;
      case "proc.copy":
        this.copy(fault.node);
        break;
      case "peer.foreign":
        if (sendForeign(this.world, fault)) this.world.count(fault.kind);
        break;
      case "clock.skew":
      case "clock.jump":
        this.world.node(fault.node).skewMs += fault.offsetMs;
        this.world.count(fault.kind);
        break;
    }
  }

  private stallLeader({ topic, untilMs }: Extract<FaultPlan, { kind: "disk.stall-leader" }>): void {
    for (const { number, process } of this.world.nodes) {
      const groups = process?.host.context.groups.values() ?? [];
      const leads = [...groups].some(
        ({ isServing, machine }) =>
          isServing && machine.kind === "partition" && machine.topic === topic,
      );
      if (!leads) continue;
      this.world.node(number).disk.stall(untilMs * 1000);
      this.world.count("disk.stall-leader");
      return;
    }
  }

  private rates(
    fault: Extract<FaultPlan, { kind: "net.loss" | "net.duplicate" | "net.delay" }>,
  ): void {
    const { network } = this.world;
    const quiet = { lossPerMillion: 0, duplicatePerMillion: 0, delayMeanUs: 0, delayCapUs: 0 };
    const { perMillion, meanUs } = fault;
    const rates =
      fault.kind === "net.loss"
        ? { ...quiet, lossPerMillion: perMillion }
        : fault.kind === "net.duplicate"
          ? { ...quiet, duplicatePerMillion: perMillion, delayMeanUs: 0, delayCapUs: 0 }
          : { ...quiet, delayMeanUs: meanUs, delayCapUs: meanUs * 10 };
    network.setRates(fault.from, fault.to, rates);
    this.until(fault, () => network.setRates(fault.from, fault.to, quiet));
  }

  private partition(fault: Extract<FaultPlan, { kind: "net.partition" }>): void {
    const { network, plan } = this.world;
    const pairs: [number, number][] = [];
    for (const a of fault.side) {
      for (let b = 1; b <= plan.nodes; b += 1) if (!fault.side.includes(b)) pairs.push([a, b]);
    }
    for (const [a, b] of pairs) network.cut(a, b);
    this.until(fault, () => {
      for (const [a, b] of pairs) network.heal(a, b);
    });
  }

  private pause(node: number, untilMs: number): void {
    const target = this.world.node(node);
    if (!target.process) return;
    target.pausedUntilUs = Math.max(target.pausedUntilUs, untilMs * 1000);
    this.world.count("proc.pause");
  }

  private copy(node: number): void {
    const { world } = this;
    const isRunning = world.formed.length === world.plan.nodes && world.host(node)?.isReady;
    if (isRunning !== true || world.copies.length > 0) return;
    world.startCopy(node);
    world.count("proc.copy");
  }

  private crash(crash: Crash): void {
    if (crash.boundary === "now") {
      this.kill(crash);
      return;
    }
    const waiting = { crash, isDone: false };
    this.waiting.push(waiting);
    const { queue } = this.world;
    queue.schedule(queue.nowUs + BOUNDARY_WAIT_US, () => {
      if (waiting.isDone) return;
      waiting.isDone = true;
      this.kill(crash);
    });
  }

  private onBoundary(node: number, kind: Boundary): void {
    for (const waiting of this.waiting) {
      const { crash } = waiting;
      if (waiting.isDone || crash.boundary !== kind || !crash.nodes.includes(node)) continue;
      waiting.isDone = true;
      this.kill(crash);
    }
    this.waiting = this.waiting.filter((w) => !w.isDone);
  }

  private kill(crash: Crash): void {
    const { queue, plan } = this.world;
    for (const node of crash.nodes) {
      if (!this.world.node(node).process) continue;
      this.world.kill(node);
      this.world.count("proc.crash");
      if (crash.damage !== "none") this.damage(node, crash.damage);
    }
    const backUs = Math.min(queue.nowUs + crash.downMs * 1000, plan.durationMs * 1000);
    queue.schedule(backUs, () => {
      for (const node of crash.nodes) this.world.start(node);
    });
  }

  /** A minority of each group's replicas may be lost (atlas rule 3); nothing is repaired in this version. */
  private get mayHurt(): boolean {
    const { plan, nodes, plants } = this.world;
    const smallest = Math.min(plan.nodes, ...plan.topics.map((t) => t.replicationFactor));
    const allowed = Math.floor((smallest - 1) / 2);
    const hurt = nodes.filter((n) => n.isDamaged || n.wasWiped || plants.isHurt(n.number));
    return hurt.length < allowed;
  }

  private damage(number: number, kind: Damage): void {
    const { plan, formed } = this.world;
    const isTooMuch = !this.mayHurt;
    // A first start needs every member, and only the minter's record can finish it.
    const isTooEarly = formed.length < plan.nodes && (kind !== "disk.wiped" || number === MINTER);
    if (isTooMuch || isTooEarly) {
      this.refusedDamage += 1;
      return;
    }
    const node = this.world.node(number);
    if (kind === "disk.wiped") {
      node.disk.wipe();
      this.world.count("disk.wiped");
      if (formed.length > 0) node.isDamaged = true;
      else node.wasWiped = true;
      return;
    }
    const pick = draw({ hi: plan.seedHi, lo: plan.seedLo }, DAMAGE, number, 0);
    const damage =
      kind === "disk.dropped" ? node.disk.chooseDrop(pick, 3) : node.disk.chooseRevert(pick);
    if (damage && node.disk.inflict(damage)) node.isDamaged = true;
  }

  /** Ends every fault and brings every node back that may come back. */
  healAll(): void {
    const { network, nodes, queue } = this.world;
    for (const w of this.waiting) w.isDone = true;
    this.waiting = [];
    network.healAll();
    for (const node of nodes) {
      node.pausedUntilUs = Math.min(node.pausedUntilUs, queue.nowUs);
      this.world.start(node.number);
    }
  }
}
