// What people read: the table and the survivors, on the screen and as docs/reports/score.md.

import type { Result } from "./ledger.js";
import { scoreOf, totalsOf, type Row } from "./totals.js";

export interface Story {
  readonly commit: string;
  readonly date: string;
  /** Of all mutants of these sources. */
  readonly mutants: number;
  /** How the sample came about, in words. */
  readonly sample: string;
  readonly seedsMax: number;
  /** Drawn and passed over. */
  readonly refused: number;
  /** Seeds that fail without a mutant: no mutant ran on them. */
  readonly unsound: readonly { readonly seed: number; readonly rule: string }[];
  readonly results: readonly Result[];
  /** Mutants of the sample that were not judged yet. */
  readonly open: number;
  readonly coverCpuSeconds: number;
}

const HEAD = ["room", "killed", "timed out", "survived", "not reached", "score"];
/** Longer texts are cut: the place is named. */
const TEXT_MAX = 12;

function cells(row: Row): string[] {
  const { room, killed, timedOut, survived, notReached } = row;
  return [room, ...[killed, timedOut, survived, notReached].map(String), percent(scoreOf(row))];
}

function percent(share: number | undefined): string {
  return share === undefined ? "-" : `${(share * 100).toFixed(0)} %`;
}

function rowsOf(results: readonly Result[]): string[][] {
  const totals = totalsOf(results);
  return [HEAD, ...totals.rows.map(cells), cells({ room: "all", ...totals })];
}

/** Columns for a terminal. */
export function table(results: readonly Result[]): string {
  const rows = rowsOf(results);
  const widths = HEAD.map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ");
  return rows.map(line).join("\n");
}

function isSurvivor({ verdict }: Result): boolean {
  return verdict === "survived";
}

function placeOf({ file, line, id, mutator }: Result): string {
  return `${file}:${line} (mutant ${id}, ${mutator})`;
}

/** The mutant as a diff, a line of it per line of text. */
function diffOf({ original, replacement }: Pick<Result, "original" | "replacement">): string {
  return [...marked("-", original), ...marked("+", replacement)].join("\n");
}

function marked(mark: string, text: string): string[] {
  const lines = text.split("\n");
  const shown = lines.length > TEXT_MAX ? [...lines.slice(0, TEXT_MAX - 1), "..."] : lines;
  return shown.map((line) => `${mark} ${line}`);
}

function seenOf({ tried, different }: Result): string {
  return `passed by ${tried} seeds, of which ${different} went another way and were green all the same`;
}

function survivors(results: readonly Result[]): string {
  return results
    .filter(isSurvivor)
    .map((r) => `${placeOf(r)}\n  ${seenOf(r)}\n${diffOf(r).replace(/^/gm, "  ")}`)
    .join("\n");
}

function costOf(results: readonly Result[]): string {
  const cpu = (of: readonly Result[]): number => of.reduce((sum, r) => sum + r.cpuMs, 0) / 1000;
  const ended = results.filter(({ seed }) => seed !== null);
  const lived = results.filter(isSurvivor);
  const each = (of: readonly Result[]): string =>
    of.length === 0 ? "none" : `${of.length}, ${(cpu(of) / of.length).toFixed(1)} s each`;
  return `${cpu(results).toFixed(0)} s of processor time: ended ${each(ended)}; survived ${each(lived)}`;
}

function notes(story: Story): string[] {
  const { refused, unsound, open, coverCpuSeconds, results, seedsMax } = story;
  const further = results.filter((r) => r.seedsMax > seedsMax);
  const found = unsound.map(({ seed, rule }) => `${seed} (${rule})`).join(", ");
  return [
    `Hunts took ${costOf(results)}; the coverage pass ${coverCpuSeconds.toFixed(0)} s.`,
    ...(further.length > 0
      ? [
          `${further.length} of them were judged before, on seeds 1..${Math.max(...further.map((r) => r.seedsMax))}: that ` +
            "verdict counts, and its time is in these figures.",
        ]
      : []),
    ...(refused > 0 ? [`${refused} more were drawn and do not compile: they do not count.`] : []),
    ...(open > 0 ? [`${open} of the sample are not judged yet: the same command goes on.`] : []),
    ...(unsound.length > 0
      ? [`Seeds that fail without a mutant, on which none ran: ${found}.`]
      : []),
  ];
}

export function screen(story: Story): string {
  const { results } = story;
  const lived = survivors(results);
  return [
    ...(lived === "" ? [] : ["survivors:", lived, ""]),
    table(results),
    "",
    ...notes(story),
  ].join("\n");
}

function markdownTable(results: readonly Result[]): string {
  const rows = rowsOf(results).map((row) => `| ${row.join(" | ")} |`);
  const [head, ...rest] = rows;
  return [head, `| --- |${" ---: |".repeat(HEAD.length - 1)}`, ...rest].join("\n");
}

/** docs/reports/score.md. `all` is everything known of these sources, also from other samples. */
export function markdown(story: Story, all: readonly Result[]): string {
  const { commit, date, mutants, sample, seedsMax, results } = story;
  const lived = results.filter(isSurvivor);
  const unreached = results.filter(({ verdict }) => verdict === "not reached");
  const blocks = lived.map(
    (r) =>
      `### ${r.file}:${r.line}\n\nMutant ${r.id}, ${r.mutator}; ${seenOf(r)}.\n\n\`\`\`diff\n${diffOf(r)}\n\`\`\``,
  );
  const ended = results.filter(({ seed }) => seed !== null);
  const by = [...new Set(ended.map((r) => r.by ?? ""))].sort((a, b) => (a < b ? -1 : 1));
  const counts = by.map((name) => `${name} ${ended.filter((r) => r.by === name).length}`);
  return [
    "# What the simulator notices of small changes",
    "",
    "Written by `npm run sim:score`; [CONTRIBUTING](../../CONTRIBUTING.md#the-score) says what the words mean.",
    "",
    `- ${date}, commit ${commit}`,
    `- ${sample}, of ${mutants} mutants of core and the turn; simulated seeds 1..${seedsMax}`,
    ...notes(story).map((note) => `- ${note}`),
    "",
    markdownTable(results),
    "",
    ...(counts.length > 0 ? [`Noticed by: ${counts.join(", ")}.`, ""] : []),
    ...(all.length > results.length
      ? ["## All that is known of these sources", "", markdownTable(all), ""]
      : []),
    "## Survivors",
    "",
    ...(blocks.length === 0 ? ["None.", ""] : blocks.flatMap((block) => [block, ""])),
    "## Not reached",
    "",
    ...(unreached.length === 0 ? ["None."] : unreached.map((r) => `- ${placeOf(r)}`)),
    "",
  ].join("\n");
}
