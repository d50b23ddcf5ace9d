// Deliveries as they come: a row, a JSON line or the bare payload, with a line feed after it where another
// may follow or a person reads. Rows have fixed widths, because the
// later ones are not known yet.
import type { Message } from "@disheap/client";
import { payloadLine } from "../format.js";
import { messageJson, toJson } from "../json.js";
import type { Shell } from "../shell.js";

export type PrintFormat = "text" | "json" | "raw" | "raw lines";

export class MessagePrinter {
  readonly #shell: Shell;
  readonly #format: PrintFormat;
  readonly #showsToken: boolean;
  #isFirst = true;

  constructor(shell: Shell, format: PrintFormat, showsToken: boolean) {
    this.#shell = shell;
    this.#format = format;
    this.#showsToken = showsToken;
  }

  /** Resolves once it is out; see `Shell.write`. */
  print(message: Message): Promise<void> {
    return this.#shell.write(this.#format === "text" ? this.#text(message) : this.#bare(message));
  }

  #bare(message: Message): string | Uint8Array {
    if (this.#format === "json") return toJson(messageJson(message), 0);
    if (this.#format === "raw" && !this.#shell.terminal.isTty) return message.payload;
    return Buffer.concat([message.payload, Buffer.from("\n")]);
  }

  #text(message: Message): string {
    return this.#heading() + this.#row(message);
  }

  #heading(): string {
    if (!this.#isFirst) return "";
    this.#isFirst = false;
    const token = this.#showsToken ? ["LEASE TOKEN".padEnd(43)] : [];
    const titles = [
      "PRIORITY",
      "ATTEMPT",
      "PARTITION",
      "MESSAGE ID".padEnd(26),
      ...token,
      "PAYLOAD",
    ];
    return `${this.#shell.paint("bold", titles.join("  "))}\n`;
  }

  #row(message: Message): string {
    const cells = [
      `${message.priority}`.padStart(8),
      `${message.attempts}`.padStart(7),
      `${message.partition}`.padStart(9),
      message.id.padEnd(26),
      ...(this.#showsToken ? [message.leaseToken.padEnd(43)] : []),
    ];
    const left = cells.join("  ");
    const room = Math.max(20, this.#shell.terminal.columns - left.length - 2);
    return `${left}  ${payloadLine(message.payload, room)}\n`;
  }
}
