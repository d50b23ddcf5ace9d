// Which node leads the topics that sessions use, and at which endpoint it is (routes name nodes, never addresses).
import type { Endpoint } from "../endpoints.js";

export class Leaders {
  readonly #partitions = new Map<string, Map<number, string>>();
  readonly #endpoints = new Map<string, Endpoint>();

  route(topic: string, partition: number, node: string): void {
    const partitions = this.#partitions.get(topic);
    if (partitions === undefined) this.#partitions.set(topic, new Map([[partition, node]]));
    else partitions.set(partition, node);
  }

  welcome(endpoint: Endpoint, node: string): void {
    for (const [name, known] of this.#endpoints) {
      if (known === endpoint) this.#endpoints.delete(name);
    }
    this.#endpoints.set(node, endpoint);
  }

  /** The node that leads all of these partitions, or of all that are known; undefined: nobody knows, or several do. */
  of(topic: string, partitions: readonly number[] = []): string | undefined {
    const known = this.#partitions.get(topic);
    if (known === undefined) return undefined;
    const nodes =
      partitions.length === 0 ? [...known.values()] : partitions.map((n) => known.get(n));
    const [leader] = nodes;
    return nodes.every((node) => node === leader) ? leader : undefined;
  }

  endpointOf(node: string): Endpoint | undefined {
    return this.#endpoints.get(node);
  }

  /** Whether this endpoint has said who it is. */
  isNamed(endpoint: Endpoint): boolean {
    return [...this.#endpoints.values()].includes(endpoint);
  }
}
