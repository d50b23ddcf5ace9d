// Values as text. What came from a message is shown so that it cannot control the terminal.
const dayMs = 86_400_000;

/** 90000 as `1m30s`; the units that `parseDuration` reads. */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  const units: [string, number][] = [
    ["d", dayMs],
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1_000],
    ["ms", 1],
  ];
  let left = Math.round(ms);
  let text = "";
  for (const [unit, size] of units) {
    const count = Math.floor(left / size);
    if (count > 0) text += `${count}${unit}`;
    left -= count * size;
  }
  return text;
}

export function formatBytes(bytes: number): string {
  if (bytes >= 1_048_576 && bytes % 1_048_576 === 0) return `${bytes / 1_048_576}MiB`;
  if (bytes >= 1_024 && bytes % 1_024 === 0) return `${bytes / 1_024}KiB`;
  return `${bytes}`;
}

/** The payload as text when it is text, and as base64 in any case that is not. */
export function payloadJson(payload: Uint8Array): { payload: string } | { payload_base64: string } {
  const text = decodeText(payload);
  if (text !== undefined) return { payload: text };
  return { payload_base64: Buffer.from(payload).toString("base64") };
}

/** One line of at most `columns` characters. */
export function payloadLine(payload: Uint8Array, columns: number): string {
  const text = decodeText(payload);
  if (text === undefined) return `<${payload.length} bytes, not text>`;
  const visible = [...text].map(visibleCharacter).join("");
  const characters = [...visible];
  if (characters.length <= columns) return visible;
  return `${characters.slice(0, Math.max(1, columns - 1)).join("")}…`;
}

function decodeText(payload: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload);
  } catch {
    return undefined;
  }
}

const controlCharacter = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

function visibleCharacter(character: string): string {
  if (!controlCharacter.test(character)) return character;
  if (character === "\n") return "\\n";
  if (character === "\t") return "\\t";
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
}
