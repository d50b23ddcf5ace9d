// EDN's specification as a table: https://github.com/edn-format/edn. Every section has rows for what is
// read and rows for what is refused, with the place and the reason.
import { describe, expect, it } from "vitest";
import type { EdnValue } from "../../src/index.js";
import {
  EdnCharacter,
  EdnDecimal,
  EdnFloat,
  EdnIncomplete,
  EdnKeyword,
  EdnRatio,
  EdnSymbol,
  EdnSyntaxError,
  EdnTagged,
  parseEdn,
} from "../../src/index.js";

const k = (name: string) => new EdnKeyword(name);
const s = (name: string) => new EdnSymbol(name);
const c = (char: string) => new EdnCharacter(char);
const f = (value: number) => new EdnFloat(value);
const m = (coefficient: bigint, exponent = 0n) => new EdnDecimal(coefficient, exponent);
const t = (tag: string, value: EdnValue) => new EdnTagged(tag, value);

/** Section, text, and the forms in it. */
type Read = readonly [section: string, text: string, ...forms: EdnValue[]];

const READ: readonly Read[] = [
  ["general: blanks", " \t\r\n1\n2\t3 ", 1, 2, 3],
  ["general: commas are blanks", ",1,,2,[3,4],", 1, 2, [3, 4]],
  [
    "general: delimiters need no blanks",
    '[1[2]3"a"(4)#{5}{:a{}}]',
    [...[1, [2], 3, "a", [4], new Set([5]), { a: {} }]],
  ],
  ["general: nothing", ""],
  ["nil", "nil", null],
  ["booleans", "true false", true, false],
  ["strings", '"" "a b" "é€😀"', "", "a b", "é€😀"],
  ["strings: escapes", String.raw`"\t\r\n\\\"" "\b\f"`, '\t\r\n\\"', "\b\f"],
  ["strings: \\uNNNN", String.raw`"\u0041\u00e9\uD83D\uDE00"`, "Aé😀"],
  ["strings: over several lines", '"a\nb\r\nc"', "a\nb\r\nc"],
  ["strings: no comment, no bracket", '"; ] #_ \\\\"', "; ] #_ \\"],
  ["characters", String.raw`\c \C \1 \é`, c("c"), c("C"), c("1"), c("é")],
  [
    "characters: names",
    String.raw`\newline \return \space \tab`,
    c("\n"),
    c("\r"),
    c(" "),
    c("\t"),
  ],
  ["characters: Clojure's names", String.raw`\backspace \formfeed`, c("\b"), c("\f")],
  ["characters: \\uNNNN", String.raw`\u0041 \u20ac \u`, c("A"), c("€"), c("u")],
  [
    "characters: delimiters",
    String.raw`[\( \) \[ \] \{ \} \" \; \, \\ \#]`,
    [...[c("("), c(")"), c("["), c("]"), c("{"), c("}"), c('"'), c(";"), c(","), c("\\"), c("#")]],
  ],
  ["characters: side by side", String.raw`\a\b`, c("a"), c("b")],
  ["symbols", "a B é foo-bar", s("a"), s("B"), s("é"), s("foo-bar")],
  [
    "symbols: signs",
    ". * + ! - _ ? $ % & = < >",
    ...[..."*+!-_?$%&=<>"].reduce<EdnSymbol[]>((all, sign) => [...all, s(sign)], [s(".")]),
  ],
  ["symbols: inside", "a.*+!-_?$%&=<>:#'1", s("a.*+!-_?$%&=<>:#'1")],
  ["symbols: a sign before a letter", "-a +a .a ->b", s("-a"), s("+a"), s(".a"), s("->b")],
  ["symbols: with a prefix", "my-namespace/foo a/- /", s("my-namespace/foo"), s("a/-"), s("/")],
  ["symbols: like a word", "nilly trueish falsey", s("nilly"), s("trueish"), s("falsey")],
  ["keywords", ":fred :a.b :a:b :nil", k("fred"), k("a.b"), k("a:b"), k("nil")],
  ["keywords: with a prefix", ":my/fred", k("my/fred")],
  ["keywords: Clojure's, with a digit first", ":1 :2a/3", k("1"), k("2a/3")],
  ["integers", "0 7 -7 +7 123", 0, 7, -7, 7, 123],
  ["integers: -0 is 0", "-0 +0", 0, 0],
  ["integers: N", "1N -12N 0N", 1, -12, 0],
  [
    "integers: all digits are kept",
    "9007199254740991 9007199254740993 -9223372036854775808",
    ...[...[9007199254740991, 9007199254740993n, -9223372036854775808n]],
  ],
  ["integers: Clojure's hexadecimal", "0x1F -0xff", 31, -255],
  ["integers: Clojure's ratios", "1/3 -2/6 4/2", new EdnRatio(1n, 3n), new EdnRatio(-1n, 3n), 2],
  ["floats", "1.5 -0.25 +2.75", 1.5, -0.25, 2.75],
  ["floats: whole ones are floats", "1.0 1. -3.0 -0.0", f(1), f(1), f(-3), f(0)],
  ["floats: exponents", "1e3 15e-1 2.5E+2 1E0", f(1000), 1.5, f(250), f(1)],
  ["floats: M", "1.50M 3M -0.001M 12e3M 0.00M", m(15n, -1n), m(3n), m(-1n, -3n), m(12n, 3n), m(0n)],
  ["floats: M keeps all digits", "0.12345678901234567890123M", m(12345678901234567890123n, -23n)],
  ["symbolic values", "##Inf ##-Inf ##NaN", Infinity, -Infinity, NaN],
  ["symbolic values: take nothing after them", "{:a ##NaN, :b 5}", { a: NaN, b: 5 }],
  ["lists", "() (1 (2) a)", [], [1, [2], s("a")]],
  ["vectors", "[] [1 [2] :a]", [], [1, [2], k("a")]],
  ["maps", "{} {:a 1, :b/c nil}", {}, { a: 1, "b/c": null }],
  [
    "maps: keys of any kind",
    '{:a 1, "foo" :bar, [1 2] four}',
    new Map<EdnValue, EdnValue>([
      ...([
        [k("a"), 1],
        ["foo", k("bar")],
        [[1, 2], s("four")],
      ] as const),
    ]),
  ],
  [
    "maps: a keyword is no string",
    '{"a" 1 :a 2}',
    new Map<EdnValue, EdnValue>([
      ...([
        ["a", 1],
        [k("a"), 2],
      ] as const),
    ]),
  ],
  [
    "maps: 1 and 1.0 are two keys",
    "{1 :a 1.0 :b}",
    new Map<EdnValue, EdnValue>([
      ...([
        [1, k("a")],
        [f(1), k("b")],
      ] as const),
    ]),
  ],
  ["sets", "#{} #{a [1 2] 3}", new Set(), new Set<EdnValue>([s("a"), [1, 2], 3])],
  ["tagged", '#myapp/Person {:first "Fred"}', t("myapp/Person", { first: "Fred" })],
  ["tagged: a tag in a tag", "#a/b #c/d 1", t("a/b", t("c/d", 1))],
  [
    "tagged: no blank needed",
    '#a.B{:x 1} #a/b[1] #a/b"c"',
    t("a.B", { x: 1 }),
    t("a/b", [1]),
    t("a/b", "c"),
  ],
  [
    "tagged: what Clojure prints for an object",
    '#object[a.B 0x7f "s"]',
    t("object", [s("a.B"), 127, "s"]),
  ],
  ["#inst", '#inst "1985-04-12T23:20:50.52Z"', t("inst", "1985-04-12T23:20:50.52Z")],
  [
    "#inst: with an offset",
    '#inst "1985-04-13T01:20:50.520+02:00"',
    t("inst", "1985-04-12T23:20:50.52Z"),
  ],
  [
    "#inst: as Clojure writes it",
    '#inst "2020-02-29T00:00:00.000-00:00"',
    t("inst", "2020-02-29T00:00:00Z"),
  ],
  [
    "#inst: a beginning",
    '#inst "2020" #inst "0031-05"',
    t("inst", "2020-01-01T00:00:00Z"),
    t("inst", "0031-05-01T00:00:00Z"),
  ],
  [
    "#uuid",
    '#uuid "F81D4FAE-7dec-11d0-a765-00a0c91e6bf6"',
    t("uuid", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
  ],
  ["comments", '1 ; 2 ] " #_\n3;4', 1, 3],
  ["discard", "[a b #_foo 42]", [s("a"), s("b"), 42]],
  ["discard: after a blank or a comment", "[1 #_ 2 #_;x\n3 4]", [1, 4]],
  ["discard: nested", "[#_#_ 1 2 3 #_ #_ #_ 4 5 6 #_[#_ 7 8]]", [3]],
  ["discard: in a map", "{:a #_ 1 2 #_ :b}", { a: 2 }],
  ["discard: with a tag", "[#_ #foo 1 2 #foo/bar #_ 3 4]", [2, t("foo/bar", 4)]],
  ["discard: a tag's value is not looked into", '[#_ #inst "never" 1]', [1]],
  ["discard: at the end", "1 #_ 2", 1],
  ["maps with a shared namespace", "#:a{:b 1 :c/d 2 :_/e 3}", { "a/b": 1, "c/d": 2, e: 3 }],
  [
    "maps with a shared namespace: other keys",
    '#:a.b {x 1, "y" 2}',
    new Map<EdnValue, EdnValue>([
      ...([
        [s("a.b/x"), 1],
        ["y", 2],
      ] as const),
    ]),
  ],
];

/** Section, text, and why it is refused. */
type Refused = readonly [
  section: string,
  text: string,
  line: number,
  column: number,
  words: string,
];

const REFUSED: readonly Refused[] = [
  ["strings: an unknown escape", String.raw`1 "a\x"`, 1, 5, String.raw`"\x" is not an escape`],
  ["strings: a short \\uNNNN", String.raw`"\u12"`, 1, 2, "four hex digits must follow"],
  ["characters: an unknown name", String.raw`[\foo]`, 1, 2, String.raw`\foo is not a character`],
  ["characters: a blank", "\\ ", 1, 1, "a backslash may not stand before a blank"],
  ["characters: a short \\uNNNN", String.raw`\u12`, 1, 1, "four hex digits must follow"],
  ["characters: half a character", String.raw`\ud83d`, 1, 1, "is half a character"],
  ["symbols: empty parts", "a/", 1, 1, '"a/" is not EDN'],
  ["symbols: empty parts", "/a", 1, 1, '"/a" is not EDN'],
  ["symbols: two slashes", "a/b/c", 1, 1, '"a/b/c" is not EDN'],
  ["symbols: name with a digit first", "a/1", 1, 1, '"a/1" is not EDN'],
  ["symbols: Clojure's readers' signs", "[@a]", 1, 2, '"@a" is not EDN'],
  ["symbols: Clojure's readers' signs", "'a", 1, 1, `"'a" is not EDN`],
  ["symbols: Clojure's readers' signs", "^{:a 1} b", 1, 1, '"^" is not EDN'],
  ["keywords: nothing", ":", 1, 1, '":" is not EDN'],
  ["keywords: two colons", "::a", 1, 1, '"::a" is not EDN'],
  ["keywords: empty parts", ":/a", 1, 1, '":/a" is not EDN'],
  ["keywords: empty parts", ":a/", 1, 1, '":a/" is not EDN'],
  ["integers: a leading 0", "[007]", 1, 2, "007 is not a number; a number may not begin with 0"],
  ["integers: letters", "12ab", 1, 1, "12ab is not a number"],
  ["integers: letters", "-1x", 1, 1, "-1x is not a number"],
  ["integers: ratios of nothing", "1/0", 1, 1, "a ratio may not divide by 0"],
  ["floats: exponents", "1e", 1, 1, "1e is not a number"],
  ["floats: two points", "1.2.3", 1, 1, "1.2.3 is not a number"],
  ["floats: too large", "1e400", 1, 1, "1e400 does not fit a 64-bit float"],
  ["symbolic values", "##Nan", 1, 1, "##Nan is not ##Inf, ##-Inf or ##NaN"],
  ["symbolic values", "[## NaN]", 1, 2, "## is not ##Inf"],
  ["lists", ")", 1, 1, '")" closes nothing here'],
  ["vectors: another closer", "[1\n )]", 2, 2, '")" closes nothing here'],
  ["maps: another closer", "{:a [1 2}", 1, 9, '"}" closes nothing here'],
  [
    "maps: a key too many",
    "{:a 1\n :b}",
    2,
    2,
    "a map needs a value for every key; this is one too many",
  ],
  ["maps: a key twice", "{:a 1\n :a 2}", 2, 2, "the map has the key :a twice"],
  ["maps: an equal key twice", "{1 2, 1N 3}", 1, 7, "the map has the key 1 twice"],
  ["maps: an equal key twice", "{[1] 2 (1) 3}", 1, 8, "the map has the key [1] twice"],
  ["maps: an equal key twice", "{#{1 2} 0 #{2 1} 0}", 1, 11, "the map has the key #{1 2} twice"],
  ["sets: an element twice", "#{1 2 1}", 1, 7, "the set holds 1 twice"],
  [
    "sets: an equal element twice",
    "#{{:a 1 :b 2} {:b 2 :a 1}}",
    1,
    15,
    'the set holds {"a":1,"b":2} twice',
  ],
  ["tagged: nothing after it", "[#foo]", 1, 2, "#foo must stand before a form"],
  ["tagged: the name", "#1a 2", 1, 1, "after # comes {, _, # or a tag"],
  ["tagged: Clojure's reader's forms", '#"a+"', 1, 1, "after # comes {, _, # or a tag"],
  ["tagged: Clojure's reader's forms", "#(inc 1)", 1, 1, "after # comes {, _, # or a tag"],
  ["tagged: Clojure's reader's forms", "#'a", 1, 1, "after # comes {, _, # or a tag"],
  ["tagged: a blank", "# foo", 1, 1, "after # comes {, _, # or a tag"],
  ["#inst", '#inst "2020-02-30"', 1, 1, "#inst must stand before a moment like"],
  ["#inst", '#inst "2020-01-01T24:00:00Z"', 1, 1, "#inst must stand before"],
  ["#inst", '#inst "2020-01-01T00:00:00+1:00"', 1, 1, "#inst must stand before"],
  ["#inst", "#inst 2020", 1, 1, "found 2020"],
  ["#uuid", '#uuid "f81d4fae"', 1, 1, "#uuid must stand before the text of a UUID"],
  ["discard: nothing after it", "[1 #_]", 1, 4, "#_ must stand before a form"],
  ["discard: no form after it", "#_ 1a", 1, 4, "1a is not a number"],
  ["maps with a shared namespace: none", "#:{:a 1}", 1, 1, "does not name a namespace"],
  ["maps with a shared namespace: two colons", "#::a{:b 1}", 1, 1, "does not name a namespace"],
  ["maps with a shared namespace: no map", "#:a [1]", 1, 1, "#:a must stand before a map"],
  [
    "maps with a shared namespace: a key twice",
    "#:a{:b 1 :a/b 2}",
    1,
    10,
    "the map has the key :a/b twice",
  ],
  ["nested too deeply", "[".repeat(201), 1, 201, "nested deeper than 200"],
  ["nested too deeply: discards", "#_".repeat(100_000), 1, 401, "nested deeper than 200"],
];

/** What more text may complete. */
const INCOMPLETE: readonly Refused[] = [
  ["strings", '1\n "open', 2, 2, "the string that begins here does not end"],
  ["strings: an escape", '"a\\', 1, 1, "the string that begins here does not end"],
  ["characters", "\\", 1, 1, "the text ends after a backslash"],
  ["lists", "(1", 1, 1, 'no ")" before the text ends'],
  ["vectors", "[1 [2]\n", 1, 1, 'no "]" before the text ends'],
  ["sets", "#{", 1, 1, 'no "}" before the text ends'],
  ["tagged", "#foo", 1, 1, "the text ends after #foo"],
  ["tagged", "#", 1, 1, "the text ends after #"],
  ["discard", "1 #_ ; nothing", 1, 3, "the text ends after #_"],
  ["maps with a shared namespace", "#:a", 1, 1, "the text ends after #:a"],
];

function refusal(text: string): EdnSyntaxError | EdnIncomplete {
  try {
    parseEdn(text);
  } catch (error) {
    if (error instanceof EdnSyntaxError || error instanceof EdnIncomplete) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe("EDN, form by form", () => {
  it.each(READ.map(([section, text, ...forms]) => ({ section, text, forms })))(
    "reads $section: $text",
    ({ text, forms }) => {
      expect(parseEdn(text)).toStrictEqual(forms);
    },
  );

  it.each(REFUSED)("refuses %s: %j", (_section, text, line, column, words) => {
    const error = refusal(text);
    expect(error).toBeInstanceOf(EdnSyntaxError);
    expect([error.line, error.column]).toEqual([line, column]);
    expect(error.message).toContain(`line ${line}, column ${column}: `);
    expect(error.reason).toContain(words);
  });

  it.each(INCOMPLETE)("waits for the rest of %s: %j", (_section, text, line, column, words) => {
    const error = refusal(text);
    expect(error).toBeInstanceOf(EdnIncomplete);
    expect([error.line, error.column]).toEqual([line, column]);
    expect(error.reason).toContain(words);
  });
});
