// Tidiness of the repository as data: each check takes a file and returns what is wrong with it, in
// words that say what to do. tools/test/tidy.test.ts runs them over every tracked file, and each of
// them over a bad sample.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const LINES_MAX = 500;
const TABLE_WIDTH_MAX = 120;

const isText = (file) => !/\.(binpb|png|ico|gz)$/.test(file) && file !== "package-lock.json";
const isGenerated = (file) => file.startsWith("proto/src/gen/");
const isSource = (file) => /\/src\/.*\.ts$/.test(file) && !isGenerated(file);
const isDocument = (file) => file.endsWith(".md");
const isSelf = (file) => /^tools\/(tidy\.mjs|test\/tidy\.test\.ts)$/.test(file);

/** Rooms whose tests are written as `test("...")`; all others say `it("...")`. */
const SAYS_TEST = /^(core|io|sim|test\/hardening)\/test\/.*\.test\.ts$/;
/** What runs in users' hands: members that are private at run time too, and constants in camelCase but for checker. */
const OF_USERS = /^(clients\/typescript|node\/src\/cli|checker)\//;
const CAMEL_CONSTANTS = /^(clients\/typescript|node\/src\/cli)\//;

/** Line numbers and matches of a pattern. */
function* matches(text, pattern) {
  for (const [i, line] of text.split("\n").entries()) {
    for (const match of line.matchAll(pattern)) yield { line: i + 1, match: match[0].trim() };
  }
}

const findAll = (pattern, say) => (_file, text) =>
  [...matches(text, pattern)].map(({ line, match }) => ({ line, says: say(match) }));

/** The text without fenced code, line numbers kept. */
function withoutCode(text) {
  return text.replace(/^```[\s\S]*?^```/gm, (code) => code.replace(/[^\n]/g, ""));
}

function paragraphs(text) {
  let line = 1;
  return text.split(/(\n\s*\n)/).map((part) => {
    const found = { line, text: part };
    line += part.split("\n").length - 1;
    return found;
  });
}

function promise(_file, text) {
  return paragraphs(text).flatMap(({ line, text: raw }) => {
    const part = raw.replace(/\s+/g, " ");
    const twice = /handed out twice/i.test(part);
    const bare = /(?<!\bnot )exactly[- ]once/i.test(part);
    const isSaid =
      /never (given|leased|delivered) to two consumers at (once|a time|the same time)/i.test(
        part,
      ) && /never (delivered )?again after its ack/i.test(part);
    if (!twice && (!bare || isSaid)) return [];
    const says =
      "say what is promised: never given to two consumers at once, never again after its ack";
    return [{ line, says }];
  });
}

function oneTitle(_file, text) {
  const titles = withoutCode(text).match(/^# .+$/gm) ?? [];
  if (titles.length === 1) return [];
  return [{ line: 1, says: `a document has one title (# ...), this one has ${titles.length}` }];
}

function length(_file, text) {
  const lines = text.split("\n").length - 1;
  if (lines <= LINES_MAX) return [];
  return [{ line: lines, says: `${lines} lines: split it, the limit is ${LINES_MAX}` }];
}

function header(file, text) {
  if (/^(\/\/|\/\*)/.test(text) || file.endsWith("/index.ts")) return [];
  return [{ line: 1, says: "open with a comment that says what this file owns and why" }];
}

export function checks() {
  return [
    {
      name: "bug ids carry a prefix (D-74)",
      // The list of rules also names invariants of single files, whose ids are what they are.
      covers: (file) =>
        (isDocument(file) && file !== "docs/rules.md") || file.startsWith("sim/mutants/"),
      find: findAll(
        /(?<![-\w./#])([A-FH][1-9]\d?|S0\d|S[1-4]\d)(?![-\w])/g,
        (id) => `write ${id} with its catalogue: raft-${id} or seed-${id}`,
      ),
    },
    {
      name: "the promise in words (D-75)",
      covers: isDocument,
      find: promise,
    },
    { name: "one title per document", covers: isDocument, find: oneTitle },
    {
      name: "no table wider than a screen",
      covers: isDocument,
      find: (_file, text) =>
        [...matches(withoutCode(text), /^\|.*$/g)]
          .filter(({ match }) => match.length > TABLE_WIDTH_MAX)
          .map(({ line, match }) => ({
            line,
            says: `a table of ${match.length} columns: divide it or make it a list, a screen has ${TABLE_WIDTH_MAX}`,
          }))
          .slice(0, 1),
    },
    {
      name: "nothing left to do",
      covers: isText,
      find: findAll(/\b(TODO|FIXME|XXX|HACK)\b/g, (word) => `${word}: do it, or say why it is so`),
    },
    { name: "short files", covers: isSource, find: length },
    { name: "files open with a comment", covers: isSource, find: header },
    {
      name: "one word for a test in a room",
      covers: (file) => file.endsWith(".test.ts"),
      find: (file, text) => {
        const right = SAYS_TEST.test(file) ? "test" : "it";
        const wrong = right === "test" ? /^ *it(?=[.(<])/g : /^ *test(?=[.(<])/g;
        return findAll(wrong, (word) => `${word}: tests of this room are written with ${right}`)(
          file,
          text,
        );
      },
    },
    {
      name: "one way to be private in a room",
      covers: isSource,
      find: (file, text) => {
        const isOfUsers = OF_USERS.test(file);
        // A constructor can be private in one way only.
        const wrong = isOfUsers
          ? /^ +private (?!constructor)/g
          : /^ +(static |readonly |async |get |set )*#\w/g;
        const right = isOfUsers ? "#name" : "private name";
        return findAll(wrong, (found) => `${found}: members of this room are hidden as ${right}`)(
          file,
          text,
        );
      },
    },
    {
      name: "one case for constants in a room",
      covers: isSource,
      find: (file, text) => {
        const isCamel = CAMEL_CONSTANTS.test(file);
        const number = "(?=(: number)? = -?\\d)";
        const wrong = isCamel ? `[A-Z][A-Z0-9_]+${number}` : `[a-z][A-Za-z0-9]*${number}`;
        const right = isCamel ? "like someMs" : "like SOME_MS";
        return findAll(
          new RegExp(`^(export )?const ${wrong}`, "g"),
          (found) => `${found}: numbers of this room are named ${right}`,
        )(file, text);
      },
    },
    {
      name: "no address of a package registry",
      covers: (file) => isText(file) || file === "package-lock.json",
      find: findAll(
        /\b(registry\.(npmjs\.org|yarnpkg\.com)|npm\.pkg\.github\.com|proxy\.golang\.org|pypi\.org\/simple)/g,
        (host) => `names the registry ${host}: leave it to the reader's own settings`,
      ),
    },
    {
      name: "no path of one machine",
      covers: isText,
      find: findAll(
        /(?<![\w.}$/])\/(work|root|Users|home)\/[\w.-]+/g,
        (path) => `${path} exists on one machine only: write it relative to the repository`,
      ),
    },
  ].map((check) => ({ ...check, covers: (file) => !isSelf(file) && check.covers(file) }));
}

/** Every complaint about one file. */
export function complaints(file, text) {
  return checks()
    .filter(({ covers }) => covers(file))
    .flatMap(({ name, find }) =>
      find(file, text).map(({ line, says }) => `${file}:${line}: ${says} [${name}]`),
    );
}

/** Tracked files and new ones that are not ignored. Without git (an unpacked archive): undefined. */
export function trackedFiles(root) {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard"];
  const run = spawnSync("git", args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 });
  if (run.status !== 0) return undefined;
  return run.stdout.split("\n").filter((file) => file !== "" && existsSync(join(root, file)));
}

export function readText(root, file) {
  return readFileSync(join(root, file), "utf8");
}
