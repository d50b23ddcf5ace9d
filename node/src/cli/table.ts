// Plain columns: as wide as their widest cell, two spaces apart, numbers to the right.
import type { Paint, Style } from "./terminal.js";

interface Column {
  title: string;
  align?: "left" | "right";
}

export interface Cell {
  text: string;
  style?: Style | undefined;
}

const gap = "  ";

/** Lines of a table, the heading included. A cell may be plain text. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly (Cell | string)[])[],
  paint: Paint,
): string {
  const cells = rows.map((row) => row.map(toCell));
  const widths = columns.map((column, index) =>
    Math.max(width(column.title), ...cells.map((row) => width(row[index]?.text ?? ""))),
  );
  const line = (row: readonly Cell[]): string =>
    columns
      .map((column, index) => {
        const cell = row[index] ?? { text: "" };
        const isLast = index === columns.length - 1;
        return padded(cell, widths[index] ?? 0, column.align ?? "left", isLast, paint);
      })
      .join(gap)
      .trimEnd();
  const heading = columns.map((column) => ({ text: column.title, style: "bold" as const }));
  return [heading, ...cells].map((row) => `${line(row)}\n`).join("");
}

/** "Name:  value" lines with the values in one column. */
export function renderPairs(pairs: readonly (readonly [string, string])[], paint: Paint): string {
  const longest = Math.max(...pairs.map(([name]) => width(name)));
  return pairs
    .map(([name, value]) => {
      const padding = " ".repeat(longest - width(name));
      return `${paint("bold", `${name}:`)}${padding}  ${value}\n`;
    })
    .join("");
}

function toCell(cell: Cell | string): Cell {
  return typeof cell === "string" ? { text: cell } : cell;
}

function padded(
  cell: Cell,
  columnWidth: number,
  align: "left" | "right",
  isLast: boolean,
  paint: Paint,
): string {
  const text = cell.style === undefined ? cell.text : paint(cell.style, cell.text);
  const padding = " ".repeat(Math.max(0, columnWidth - width(cell.text)));
  if (align === "right") return padding + text;
  return isLast ? text : text + padding;
}

/** Characters, not code units: good enough where double-width characters are rare. */
function width(text: string): number {
  return [...text].length;
}
