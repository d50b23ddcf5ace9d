// Which node leads the topics that sessions use, and at which endpoint it is (routes name nodes, never addresses).
import type { Endpoint } from "../endpoints.js";

export class Leaders {
  readonly #partitions = new Map<string, Map<number, string>>();
  /** By topic, where all known partitions have the same. */
  readonly #only = new Map<string, string>();
  readonly #endpoints = new Map<string, Endpoint>();

  route(topic: string, partition: number, node: string): void {
    const partitions = this.#partitions.get(topic) ?? new Map<number, string>();
    if (partitions.get(partition) === node) return;
    partitions.set(partition, node);
    this.#partitions.set(topic, partitions);
    const isOnly = new Set(partitions.values()).size === 1;
    if (isOnly) this.#only.set(topic, node);
    else this.#only.delete(topic);
  }

  welcome(endpoint: Endpoint, node: string): void {
    for (const [name, known] of this.#endpoints) {
      if (known === endpoint) this.#endpoints.delete(name);
    }
    this.#endpoints.set(node, endpoint);
  }

  /** The node that leads all of these partitions, or of all that are known; undefined: nobody knows, or several do. */
  of(topic: string, partitions: readonly number[] = []): string | undefined {
    if (partitions.length === 0) return this.#only.get(topic);
    const known = this.#partitions.get(topic);
    const leader = known?.get(partitions[0] ?? 0);
    return partitions.every((n) => known?.get(n) === leader) ? leader : undefined;
  }

  endpointOf(node: string): Endpoint | undefined {
    return this.#endpoints.get(node);
  }

  /** Whether this endpoint has said who it is. */
  isNamed(endpoint: Endpoint): boolean {
    return [...this.#endpoints.values()].includes(endpoint);
  }
}
