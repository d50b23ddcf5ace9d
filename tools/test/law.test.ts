// Every citation leads somewhere, every rule has a judge, every guarantee a rule: over the whole repository, and on
// planted breaches, each of which has to be noticed.

import { describe, expect, it } from "vitest";
import { applyAssertProblems } from "../law/apply-asserts.mjs";
import { assertProblems, lawProblems, ruleProblems, storyProblems } from "../law/check.mjs";
import { citationProblems, isSearched } from "../law/citations.mjs";
import { headingAnchors } from "../law/links.mjs";
import { invariantsOf, readJudges, readReported } from "../law/judges.mjs";
import { guaranteesDocument, rulesDocument, rulesOf } from "../law/table.mjs";
import { readAnchors } from "../law/anchors.mjs";
import { root } from "../rooms.mjs";

const TREE: Readonly<Record<string, string>> = {
  "docs/decisions.md": "# Decisions\n\n### D-12\n\nIt holds.\n",
  "docs/contract.md": "# Contract\n\n## 3. Topics\n\n## 9. PopStream\n",
  "docs/rules.md":
    "# Rules\n\n### Q3\n\nOne lease.\n\n- Serves: [G3](guarantees.md#g3)\n\n## Invariants of single files\n",
  "docs/guarantees.md": "# Guarantees\n\n### G3\n\nExclusive.\n\nRules: \n",
  "docs/internals/known-bugs.md": "# Known bugs\n\n- **raft-B1** It was wrong.\n",
  "sim/mutants/dec-12a.json": '{"id": "dec-12a", "expect": ["Q3"]}',
  "core/src/a/lease.ts":
    '// Leases.\n//   E1 one at a time.\n//   LEASE2 and none twice.\nassert(x, "Q3: one lease");\n',
  "sim/src/oracle/rules/leases.ts": '// Q3.\nbroken("Q3", "two leases");\n',
  "checker/src/monitor/exclusive.ts": '// Q3.\nfirst("Q3");\n',
  "checker/src/disheap/check.ts": 'id: "G3",\n title: "t",\n rules: [RULES.Q3],\n',
};
const files = Object.keys(TREE);
const read = (file: string): string => TREE[file] ?? "";
const anchors = readAnchors(read, files);

describe("the repository", () => {
  it(
    "cites what exists, and its rules are watched as docs/rules.md says",
    { timeout: 60_000 },
    () => {
      expect(lawProblems(root, undefined)).toEqual([]);
    },
  );

  it("is searched: sources, tests, documents, mutants; not what is generated or holds samples", () => {
    const some = [
      "core/src/raft/log.ts",
      "io/test/turn/turn.test.ts",
      "README.md",
      "sim/mutants/a.json",
    ];
    expect(some.filter((file) => !isSearched(file))).toEqual([]);
    const none = ["proto/src/gen/a.ts", "package-lock.json", "tools/test/law.test.ts", "a.png"];
    expect(none.filter(isSearched)).toEqual([]);
  });
});

describe("a citation", () => {
  const problems = (text: string, file = "core/src/a.ts"): string[] =>
    citationProblems(file, text, anchors);

  it.each([
    ["// As decided (D-13).", "D-13 is not in docs/decisions.md"],
    ["// A first line,\n// see the contract, section 10.", "section 10 is not in docs/contract.md"],
    ["// The contract (sections 3,\n// 9 and 11).", "section 11 is not in docs/contract.md"],
    ["const label = '§4';", "section 4 is not in docs/contract.md"],
    ["// As in section 5.4.2.", "section 5.4.2: of which paper?"],
    ["// The Raft paper, section 99.9.", "section 99.9: the text on Raft has none"],
    ["// Raft paper section\n// 5.4.4 says so.", "section 5.4.4: the text on Raft has none"],
    ["// Of the Raft paper (sections 5.3 and 3.6.2).", "section 3.6.2: the text on Raft has none"],
    ["// As Ongaro's dissertation (section 5.6) has it.", "section 5.6: the text on Raft has none"],
    ["// Raft section 6.6.", "section 6.6: the text on Raft has none"],
    ["// The Raft paper, section 12.", "section 12: the text on Raft has none"],
    ["// Rule Q4 would notice.", "Q4 is not in docs/rules.md"],
    ['breaks("L3", run);', "L3 is not in docs/rules.md"],
    ["// Rule R101 would notice.", "R101 is not in docs/rules.md"],
    ["// Serves G4.", "G4 is not in docs/guarantees.md"],
    ["// Serves G104.", "G104 is not in docs/guarantees.md"],
    ["// Not so (raft-B2).", "raft-B2 is not in sim/mutants or docs/internals/known-bugs.md"],
    ["// Bug dec-12b.", "dec-12b is not in sim/mutants or docs/internals/known-bugs.md"],
    ["// Bug raft-Z1.", "raft-Z1 is not in sim/mutants or docs/internals/known-bugs.md"],
    ["// Bug seed-X01.", "seed-X01 is not in sim/mutants or docs/internals/known-bugs.md"],
    ["// As B-99 had it.", "B-99 is of no family of ids that this repository has"],
    ["// See BUG-99.", "BUG-99 is of no family of ids that this repository has"],
    ["const why = 'R-3';", "R-3 is of no family of ids that this repository has"],
    ["// Keeps LEASE3.", "LEASE3: no file states it"],
    ["// See docs/rules.md#q9.", "docs/rules.md#q9: no such heading"],
    ["// See design.md.", "design.md: no such document"],
    ["// C3: what producers cost.", "write C3 with its catalogue: raft-C3, rev-C3"],
    ["// (chapter 4)", "chapter 4: cite a decision, a section or a rule"],
  ])("that leads nowhere is named: %s", (text, says) => {
    expect(problems(text)).toHaveLength(1);
    expect(problems(text)[0]).toMatch(/^core\/src\/a\.ts:[12]: /);
    expect(problems(text)[0]).toContain(says);
  });

  it.each([
    "// D-12, D-12d; Q3, G3; raft-B1 and dec-12a; docs/rules.md; ../rules.md",
    "// The contract, sections 3 and\n// 9. The Raft paper, section 5.4.2.",
    "// Raft section 3.6.2, the Raft paper (sections 5.4.3 and 6.) and section 10.2.1 of Ongaro's dissertation.",
    "// LEASE2; UTF-8, CRC-32 and SHA-256; docs/rules.md#q3; [A-Z0-9], ERROR-5x",
    "type T = Map<string, T>; const part = P2P; const url = 'a#Q9'; n1, x.L3",
  ])("that leads somewhere passes: %s", (text) => {
    expect(problems(text)).toEqual([]);
  });

  it.each([
    ["[rules](rules.md#q9)", "rules.md#q9: docs/rules.md has no such heading"],
    ["[here](#nowhere)", "#nowhere: docs/guarantees.md has no such heading"],
    ["[lease](../core/src/a/gone.txt)", "../core/src/a/gone.txt: leads to no file"],
    ["[leases](../core/src/b/)", "../core/src/b/: leads to no file"],
    ["[lease](../core/src/a/lease.ts#L1)", "core/src/a/lease.ts has no such heading"],
    ["See [this].\n\n[this]: rules.md#q9", "rules.md#q9: docs/rules.md has no such heading"],
  ])("by a link that leads nowhere is named: %s", (text, says) => {
    expect(problems(text, "docs/guarantees.md").join("\n")).toContain(says);
  });

  it("by a link that leads to a file, a folder, a heading or another site passes", () => {
    const text =
      "[1](rules.md), [2](rules.md#q3), [3](#g3), [4](../core/src/a), [5](https://example.org/#x), `[6](x.rs)`\n";
    expect(problems(text, "docs/guarantees.md")).toEqual([]);
    expect([...headingAnchors("# A `b`: c, d?\n## E\n## E\n## [F](x.html) G\n")]).toEqual([
      "a-b-c-d",
      "e",
      "e-1",
      "f-g",
    ]);
  });

  it("in the title of a test of the paper is of a section that the paper has", () => {
    const test = "core/test/raft/raft-paper-x.test.ts";
    const good = 'describe("5.4 safety", f);\ndescribe("9.6 pre-vote (dissertation)", f);\n';
    expect(problems(good, test)).toEqual([]);
    expect(problems('describe("5.7 safety", f);', test)).toEqual([
      `${test}:1: section 5.7: the paper has none`,
    ]);
    expect(problems('describe("5.7 crashes (dissertation)", f);', test)).toEqual([
      `${test}:1: section 5.7: the dissertation has none`,
    ]);
  });

  it("of a file in a document leads to a file", () => {
    expect(problems("`core/src/a/lease.ts`", "docs/a.md")).toEqual([]);
    expect(problems("`lease.ts`, `a/lease.ts`", "docs/a.md")).toEqual([]);
    expect(problems("`damage.ts`", "docs/a.md")).toEqual(["docs/a.md:1: damage.ts: no such file"]);
    expect(problems("\n`core/src/a/gone.ts`", "docs/a.md")).toEqual([
      "docs/a.md:2: core/src/a/gone.ts: no such file",
    ]);
  });
});

describe("rules", () => {
  const whole = {
    rules: rulesOf(read("docs/rules.md")),
    guarantees: anchors.guarantees,
    judges: readJudges(read, files),
    reported: readReported(read),
  };

  it("are read with who watches them", () => {
    expect(whole.rules).toEqual([{ id: "Q3", serves: ["G3"], told: [], hasNoBug: false }]);
    expect(whole.judges.get("Q3")).toEqual({
      asserts: ["core/src/a/lease.ts"],
      oracle: ["sim/src/oracle/rules/leases.ts"],
      monitors: ["checker/src/monitor/exclusive.ts"],
      bugs: ["dec-12a"],
    });
    expect(ruleProblems(whole)).toEqual([]);
  });

  it("without a judge, a guarantee or an entry are named, and guarantees without a rule", () => {
    const unjudged = { id: "Q4", serves: ["G3"], told: [], hasNoBug: false };
    expect(ruleProblems({ ...whole, rules: [...whole.rules, unjudged] })).toEqual([
      "docs/rules.md: nobody judges Q4",
    ]);
    expect(ruleProblems({ ...whole, rules: [{ ...unjudged, id: "Q3", serves: [] }] })).toEqual([
      "docs/rules.md: Q3 serves no guarantee",
      "docs/guarantees.md: no rule serves G3",
      "docs/rules.md: the checker reports Q3 under G3",
    ]);
    expect(ruleProblems({ ...whole, rules: [...whole.rules, ...whole.rules] })).toContain(
      "docs/rules.md: Q3 stands twice",
    );
    const judges = new Map([
      ...whole.judges,
      ["L5", { asserts: [], oracle: ["sim/src/run/x.ts"], monitors: [], bugs: [] }] as const,
    ]);
    expect(ruleProblems({ ...whole, judges })).toEqual([
      "docs/rules.md: no rule L5, but sim/src/run/x.ts names it",
    ]);
    expect(ruleProblems({ ...whole, guarantees: new Set(["G3", "G7"]) })).toEqual([
      "docs/guarantees.md: no rule serves G7",
    ]);
  });

  it("are told in a transcript, a test or a plan that exists, and have a seeded bug or say why not", () => {
    const stories = [
      "core/test/a/transcripts/lease.txt",
      "sim/test/lease.test.ts",
      "scenarios/found/a.json",
    ];
    const problems = (lines: string, judges = whole.judges): string[] => {
      const rules = rulesOf(`### Q3\n\nOne lease.\n\n- Serves: [G3](guarantees.md#g3)\n${lines}`);
      return storyProblems({ rules, judges, files: [...files, ...stories] });
    };
    const told = `- Told: ${stories.map((path) => `\`${path}\``).join(", ")}\n`;
    const reason = "- No seeded bug: it cannot be made.\n";
    expect(problems(told)).toEqual([]);
    expect(problems(told + reason, new Map())).toEqual([]);
    expect(problems("")).toEqual(["docs/rules.md: Q3 is told by no transcript and no test"]);
    for (const path of ["sim/test/gone.test.ts", "core/src/a/lease.ts"]) {
      expect(problems(`- Told: \`${path}\`\n`)).toEqual([
        `docs/rules.md: Q3 is told in ${path}, which is no transcript, test or plan`,
      ]);
    }
    expect(problems(told, new Map())).toEqual([
      "docs/rules.md: Q3 has no seeded bug, and does not say why",
    ]);
    expect(problems(told + reason)).toEqual([
      "docs/rules.md: Q3 has a seeded bug, and says why it has none",
    ]);
    expect(
      rulesDocument(read("docs/rules.md").replace("g3)\n", `g3)\n${told}`), read, files),
    ).toContain(`g3)\n${told}- Asserted: `);
  });

  it("asserts name a rule, a decision, or what a file of their room states, once", () => {
    const source = (file: string, text: string) => ({ file, text });
    const good = [
      source("core/src/a.ts", "// Owns.\n//   E1 one;\n//   E2 two.\nx();\n"),
      source("core/src/b.ts", '// Uses.\nassert(a, "E1: x"); assert(b, `Q3: ${y}`, "D-12: z");\n'),
    ];
    expect(assertProblems(good, anchors)).toEqual([]);
    const bad = [
      ...good,
      source("core/src/c.ts", '// Invariant E2: again.\nassert(a, "K1: x");\n'),
    ];
    expect(assertProblems(bad, anchors)).toEqual([
      "core/src/a.ts: E2 is stated by another file of this room too",
      "core/src/c.ts: E2 is stated by another file of this room too",
      "core/src/c.ts: K1 is neither a rule nor stated at the top of a file of this room",
    ]);
    const ofLiveness = [
      source("core/src/d.ts", '// Log.\n//   L1 no gap.\nassert(a, "L1: gap");\n'),
    ];
    expect(assertProblems(ofLiveness, anchors)).toEqual([
      "core/src/d.ts: L1 is a rule about whole runs, which no assert can see: take another prefix",
    ]);
    expect(invariantsOf("a.ts", "// A.\n// V1 No link.\n\n// V2 not at the top\n")).toEqual([
      { file: "a.ts", id: "V1" },
    ]);
  });

  it("are listed with their judges, which the sources say", () => {
    const made = rulesDocument(read("docs/rules.md"), read, files);
    expect(made).toContain(
      "- Serves: [G3](guarantees.md#g3)\n" +
        "- Asserted: `core/src/a/lease.ts`\n" +
        "- Judged: `sim/src/oracle/rules/leases.ts`\n" +
        "- From outside: `checker/src/monitor/exclusive.ts`\n" +
        "- Has to catch: dec-12a\n",
    );
    expect(made).toContain("- `core/src/a/lease.ts`: E1, LEASE2\n");
    expect(rulesDocument(made, read, files)).toBe(made);
    expect(guaranteesDocument(read("docs/guarantees.md"), made)).toContain(
      "Rules: [Q3](rules.md#q3)\n",
    );
  });
});

describe("the assertions that apply can reach", () => {
  const source = (file: string, ...sentences: string[]) => ({
    file: `core/src/${file}`,
    text: sentences.map((sentence) => `assert(\n  isRight,\n  \`${sentence}\`,\n);\n`).join(""),
  });
  const reason = "- **It holds.** Nobody outside can say otherwise.\n";
  const line = (file: string, sentence: string) => `  - \`${file}\`: \`${sentence}\`\n`;
  const heap = source("heap/heap.ts", "heap: slot ${slot} is in it");
  const raft = source("raft/log.ts", "LOG1: no gap");
  const page = reason + line("heap/heap.ts", "heap: slot ${slot} is in it");

  it("stand on their page and in the sources; those of other rooms may", () => {
    expect(applyAssertProblems(page, [heap, raft])).toEqual([]);
    expect(applyAssertProblems(page + line("raft/log.ts", "LOG1: no gap"), [heap, raft])).toEqual(
      [],
    );
  });

  it.each([
    [
      "one that the page does not have",
      [heap, source("lib/a.ts", "A1: new")],
      page,
      "cannot fire: lib/a.ts: A1: new",
    ],
    [
      "one that is gone",
      [source("heap/heap.ts")],
      page,
      "no such assertion: heap/heap.ts: heap: slot",
    ],
    ["one that moved", [raft], page, "no such assertion"],
    [
      "one in other words",
      [source("heap/heap.ts", "heap: slot is in it")],
      page,
      "cannot fire: heap/heap.ts",
    ],
    [
      "one that stands twice",
      [heap],
      page + line("heap/heap.ts", "heap: slot ${slot} is in it"),
      "stands twice",
    ],
    ["one without a reason", [heap], page.replace(reason, "\n"), "without a reason"],
  ])("%s is named", (_, sources, text, says) => {
    expect(applyAssertProblems(text, sources).join("\n")).toContain(says);
  });

  it.each([
    ["an exhaustive switch", 'switch (kind) { default: return assertNever(kind, "what"); }'],
    ["a message that is made only to be thrown", 'if (isBad) broken("what");'],
  ])("%s counts", (_, text) => {
    const [problem] = applyAssertProblems("", [{ file: "core/src/delivery/a.ts", text }]);
    expect(problem).toContain("delivery/a.ts: what");
  });
});
