// Links between documents: the file is there, and so is the heading that the link names.

import { posix } from "node:path";

/** Headings as the anchors that links use: of two alike the second has -1 behind it. */
export function headingAnchors(text) {
  const found = new Map();
  const withoutCode = text.replace(/^```[\s\S]*?^```/gm, "");
  for (const [, title = ""] of withoutCode.matchAll(/^#{1,6} (.*)$/gm)) {
    const shown = title.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
    const name = shown
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, "")
      .replace(/ /g, "-");
    found.set(name, [...(found.get(name) ?? []), name]);
  }
  return new Set(
    [...found.values()].flatMap((names) =>
      names.map((name, at) => (at === 0 ? name : `${name}-${at}`)),
    ),
  );
}

/** What stands at a path, "folder" for one that only holds files, or undefined. */
function whatIsAt(path, { files }) {
  if (files.includes(path)) return "file";
  return files.some((file) => file.startsWith(`${path}/`)) ? "folder" : undefined;
}

function problemOf(link, file, tree) {
  const [path = "", anchor] = link.split("#");
  const target =
    path === "" ? file : posix.normalize(posix.join(posix.dirname(file), path)).replace(/\/$/, "");
  const kind = whatIsAt(target, tree);
  if (target !== "." && kind === undefined) return `${link}: leads to no file`;
  if (anchor === undefined) return undefined;
  if (kind !== "file" || !tree.headings(target).has(anchor)) {
    return `${link}: ${target} has no such heading`;
  }
  return undefined;
}

/**
 * Links in Markdown, `[text](target)` and `[name]: target`, as [place, what is wrong].
 * @param {string} file
 * @param {string} text
 * @param {{files: readonly string[], headings: (file: string) => ReadonlySet<string>}} tree
 */
export function* linkProblems(file, text, tree) {
  const withoutCode = text.replace(/^```[\s\S]*?^```|`[^`\n]*`/gm, (code) =>
    code.replace(/[^\n]/g, " "),
  );
  for (const match of withoutCode.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: +(\S+)/gm)) {
    const link = match[1] ?? match[2] ?? "";
    if (/^[a-z]+:/.test(link)) continue;
    const problem = problemOf(link, file, tree);
    if (problem !== undefined) yield [match.index, problem];
  }
}
