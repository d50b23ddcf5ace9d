// The page's looks, in light and dark.
export const PAGE_STYLE = `
:root { color-scheme: light dark; --bg: #fff; --fg: #1b1f24; --dim: #59636e; --line: #d1d9e0;
  --ok: #1a7f37; --bad: #cf222e; --none: #6e7781; --soft: #f6f8fa; }
@media (prefers-color-scheme: dark) { :root { --bg: #0d1117; --fg: #e6edf3; --dim: #9198a1;
  --line: #3d444d; --ok: #3fb950; --bad: #f85149; --none: #848d97; --soft: #151b23; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px; max-width: 1200px; background: var(--bg); color: var(--fg);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 22px; margin: 0 0 8px; }
h2 { font-size: 17px; margin: 28px 0 10px; overflow-wrap: anywhere; }
h3 { font-size: 15px; margin: 20px 0 8px; }
.badge { display: inline-block; padding: 1px 10px; border-radius: 999px; color: var(--bg);
  background: var(--none); font-size: 13px; font-weight: 600; white-space: nowrap; }
.badge.ok { background: var(--ok); }
.badge.violated { background: var(--bad); }
dl { display: flex; flex-wrap: wrap; gap: 6px 22px; margin: 0 0 14px; }
dl div { display: flex; gap: 6px; }
dt { color: var(--dim); }
dd { margin: 0; font-variant-numeric: tabular-nums; font-weight: 600; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 7px 10px 7px 0; border-top: 1px solid var(--line); }
thead th { color: var(--dim); font-weight: 500; font-size: 13px; border-top: 0; }
ul { margin: 0; padding: 0; list-style: none; font-size: 13px; }
.note { margin: 2px 0 0; color: var(--dim); font-size: 13px; }
.violation { padding: 10px 14px; border-left: 4px solid var(--bad); background: var(--soft); }
.violation p { margin: 0 0 6px; overflow-wrap: anywhere; }
.violation td:nth-child(-n + 2) { font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font: 12px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
iframe { width: 100%; height: max(760px, 88vh); border: 1px solid var(--line); border-radius: 6px; background: #fff; }
`;
