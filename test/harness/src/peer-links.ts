// The network between the nodes of a cluster, with a link for each direction between any two. All nodes are
// given the same member list, so the addresses in it are doors of this file, one in front of each node. Who
// comes in at a door is known from the first message of a peer, which names its sender.

import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { Link, Relay } from "./link.js";
import { release } from "./ports.js";

/** Of the hello in the handshake between peers. */
const SENDER = /"from":"([^"]+)"/;
/** The hello comes with the first frames of a connection. */
const INSPECTED_BYTES_MAX = 8_192;

export class PeerLinks {
  /** By "from>to". */
  private readonly links = new Map<string, Link>();
  private readonly doors = new Map<string, Server>();
  private readonly relays = new Set<Relay>();
  private readonly names: readonly string[];

  private constructor(names: readonly string[]) {
    this.names = names;
  }

  /** `targets`: where each node really listens for its peers, by its name. */
  static async listen(targets: ReadonlyMap<string, string>): Promise<PeerLinks> {
    const links = new PeerLinks([...targets.keys()]);
    for (const [to, target] of targets) await links.openDoor(to, target);
    return links;
  }

  /** What stands in the member list for a node. */
  addressOf(name: string): string {
    const door = this.doors.get(name);
    if (door === undefined) throw new Error(this.unknown(name));
    return `127.0.0.1:${(door.address() as AddressInfo).port}`;
  }

  /** From one node to another, this direction only. */
  link(from: string, to: string): Link {
    const link = this.links.get(`${from}>${to}`);
    if (link !== undefined) return link;
    throw new Error(from === to ? `${from} has no link to itself.` : this.unknown(from, to));
  }

  /** Every link of a node, or between two nodes, in both directions. */
  of(name: string, others = this.names.filter((other) => other !== name)): Link[] {
    return others.flatMap((other) => [this.link(name, other), this.link(other, name)]);
  }

  /** Cuts a node off from all others, or from one. */
  cut(name: string, other?: string): void {
    for (const link of this.of(name, other === undefined ? undefined : [other])) link.cut();
  }

  /** As `cut`, and connections stay: to each side the other has gone silent. */
  freeze(name: string, other?: string): void {
    for (const link of this.of(name, other === undefined ? undefined : [other])) link.freeze();
  }

  /** All links are open again. */
  heal(): void {
    for (const link of this.links.values()) link.open();
  }

  async close(): Promise<void> {
    const closed = [...this.doors.values()].map((door) => release(door));
    for (const relay of this.relays) relay.break();
    await Promise.all(closed);
  }

  private async openDoor(to: string, target: string): Promise<void> {
    for (const from of this.names)
      if (from !== to) this.links.set(`${from}>${to}`, new Link(target));
    const door = createServer((socket) => {
      this.enter(socket, to, target);
    });
    await new Promise<void>((resolve, reject) => {
      door.once("error", reject);
      door.listen(0, "127.0.0.1", resolve);
    });
    this.doors.set(to, door);
  }

  /** The handshake of the transport below passes; the link is chosen before the hello does. */
  private enter(socket: Socket, to: string, target: string): void {
    let text: string | undefined = "";
    const relay = new Relay(socket, target, (bytes) => {
      if (text === undefined) return;
      text += bytes.toString("latin1");
      const from = SENDER.exec(text)?.[1];
      if (from !== undefined) this.links.get(`${from}>${to}`)?.adopt(relay);
      if (from !== undefined || text.length > INSPECTED_BYTES_MAX) text = undefined;
    });
    this.relays.add(relay);
    relay.onClose(() => this.relays.delete(relay));
  }

  private unknown(...names: readonly string[]): string {
    const strangers = names.filter((name) => !this.names.includes(name));
    return `There is no node ${strangers.join(", ")}; there are ${this.names.join(", ")}.`;
  }
}
