// The style of the picture's page, light and dark.

export const PAGE_STYLE = `
:root { color-scheme: light dark; --back: #fbfbf9; --text: #1d2327; --faint: #66707a; --line: #d5d9dc;
  --panel: #f1f2f0; --ok: #2f6aa6; --fail: #69727a; --unknown: #8a6412; --illegal: #c02a2a;
  --lease: #2e8b5733; --focus: #c62f2f1c; --step: #6b3fa0; --good: #23783f; }
@media (prefers-color-scheme: dark) { :root { --back: #16191c; --text: #e4e7e9; --faint: #97a1aa;
  --line: #343b41; --panel: #1f2428; --ok: #5b9be0; --fail: #78828b; --unknown: #d3a53f;
  --illegal: #ff6257; --lease: #49c98433; --focus: #ff625724; --step: #b48af0; --good: #5cc983; } }
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body { display: flex; flex-direction: column; background: var(--back); color: var(--text);
  font: 14px/1.45 system-ui, sans-serif; }
header { padding: 10px 16px 8px; border-bottom: 1px solid var(--line); }
h1 { font-size: 16px; margin: 0 0 2px; }
#sentence { margin: 0; max-height: 5.8em; overflow: auto; }
.illegal { color: var(--illegal); } .ok { color: var(--good); } .unknown { color: var(--unknown); }
.tools { display: flex; flex-wrap: wrap; gap: 6px 10px; align-items: center; margin-top: 8px; }
.tools > span { display: inline-flex; gap: 4px; align-items: center; }
button, select, input { font: inherit; color: inherit; background: var(--panel);
  border: 1px solid var(--line); border-radius: 5px; padding: 3px 8px; }
input { width: 17em; }
button:focus-visible, select:focus-visible, input:focus-visible, canvas:focus-visible {
  outline: 2px solid var(--ok); outline-offset: 1px; }
#found { color: var(--faint); min-width: 7em; }
main { flex: 1; min-height: 0; position: relative; }
canvas { display: block; width: 100%; }
#chart { height: 100%; cursor: grab; } #map { height: 34px; border-top: 1px solid var(--line); }
footer { border-top: 1px solid var(--line); padding: 6px 16px; background: var(--panel);
  min-height: 5.2em; display: flex; gap: 8px 32px; flex-wrap: wrap; }
#detail { flex: 2 1 30em; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 8em;
  overflow: auto; }
#state { flex: 1 1 20em; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 8em;
  overflow: auto; color: var(--step); }
.keys { color: var(--faint); font-size: 12px; flex-basis: 100%; }
kbd { border: 1px solid var(--line); border-radius: 3px; padding: 0 4px; background: var(--back); }
.legend i { display: inline-block; width: 14px; height: 10px; border-radius: 2px; }
`;
