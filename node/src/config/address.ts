// host:port as people write it, and whether it stays on this machine.

export interface Address {
  /** Empty means every interface. IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Reads "host:port", ":port" or "[v6]:port"; undefined when it is none of them. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text.trim());
  if (match === null) return undefined;
  const port = Number(match[3]);
  if (port < 1 || port > 65_535) return undefined;
  return { host: match[1] ?? match[2] ?? "", port };
}

export function formatAddress(address: Address): string {
  return address.host.includes(":")
    ? `[${address.host}]:${String(address.port)}`
    : `${address.host}:${String(address.port)}`;
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
