// Takes texts apart into sentences: Markdown, and what commands print as help. White space is one blank, and
// a sentence that leans on a table row, an option or a command begins with its name. Each stands once.

const flat = (text) => text.replace(/\s+/g, " ").trim();
const once = (list) => [...new Set(list)];

/** Sentences of a paragraph; what stands in code spans ends none. */
export function sentencesOf(text) {
  if (text.trim() === "") return [];
  const spans = [];
  const masked = flat(text).replace(/`[^`]*`/g, (span) => `\u0001${spans.push(span) - 1}\u0002`);
  return masked
    .split(/(?<=[.!?][)_*"]*) (?=[A-Z0-9"(_*\u0001]|\[\w)/)
    .map((part) => part.replace(/\u0001(\d+)\u0002/g, (_, at) => spans[Number(at)]).trim());
}

/** The sentences behind the first one name what they are about. */
function about(name, sentences) {
  return sentences.map((one, at) => (at === 0 ? one : `${name}: ${one}`));
}

function tableRow(line) {
  const cells = line.split(/(?<!\\)\|/).slice(1, -1);
  const full = cells.map(flat).filter((cell) => cell !== "");
  if (full.every((cell) => /^:?-+:?$/.test(cell))) return [];
  return about(full[0], sentencesOf(full.join(" | ")));
}

const ITEM = /^\s*(?:[-*]|\d+\.)\s+/;

/** A block of code is one row: its lines with a bar between. */
export function ofMarkdown(text) {
  const found = [];
  let open = [];
  const close = () => {
    found.push(...sentencesOf(open.join(" ")));
    open = [];
  };
  let code;
  for (const line of text.split("\n")) {
    if (/^\s*```/.test(line)) {
      close();
      if (code !== undefined) found.push(`code: ${flat(code.join(" | "))}`);
      code = code === undefined ? [] : undefined;
    } else if (code !== undefined) {
      if (line.trim() !== "") code.push(line);
    } else if (line.startsWith("|")) {
      close();
      found.push(...tableRow(line));
    } else if (/^#+ /.test(line) || line.trim() === "") {
      close();
      if (line.trim() !== "") found.push(`heading: ${line.replace(/^#+ /, "")}`);
    } else {
      if (ITEM.test(line)) close();
      open.push(line.replace(ITEM, ""));
    }
  }
  close();
  return once(found);
}

/** Titles of groups say nothing, and the usage line is what the options say. */
const TITLE = /^(?:Usage: .*|[A-Z][A-Za-z ]*:)$/;
const SECOND_COLUMN = /^(\s*\S.*?)(\s{2,})(?=\S)/;

/** Help: options and commands with their words in a second column, examples after `$`, and sentences. */
export function ofHelp(text, command = "") {
  const named = (sentence) => (command === "" ? sentence : `${command}: ${sentence}`);
  const found = [];
  let open = [];
  let entry;
  const close = () => {
    if (entry !== undefined) found.push(...about(entry.term, sentencesOf(entry.text)));
    found.push(...sentencesOf(open.join(" ")));
    entry = undefined;
    open = [];
  };
  for (const line of text.split("\n")) {
    const indent = line.length - line.trimStart().length;
    const columns = SECOND_COLUMN.exec(line);
    if (line.trim() === "" || TITLE.test(line)) close();
    else if (entry !== undefined && indent >= entry.column) entry.text += ` ${line.trim()}`;
    else if (columns !== null) {
      close();
      const term = flat(columns[1]);
      entry = {
        term,
        text: `${term}: ${line.slice(columns[0].length)}`,
        column: columns[0].length,
      };
    } else {
      if (entry !== undefined || line.trim().startsWith("$ ")) close();
      open.push(line);
    }
  }
  close();
  return once(found.map(named));
}
