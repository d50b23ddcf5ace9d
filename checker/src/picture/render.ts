// Puts a picture into one HTML file that needs nothing else: style, script and data are inside, and
// a policy in the page forbids any connection.
import { PAGE_SCRIPT } from "./page-script.js";
import { PAGE_STYLE } from "./page-style.js";
import type { Picture } from "./picture.js";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => ENTITIES[char] ?? char);
}

/** JSON that cannot end the script element it stands in. */
function embeddedJson(picture: Picture): string {
  return JSON.stringify(picture).replace(/</g, "\\u003c");
}

function stepTools({ steps }: Picture): string {
  if (steps.length === 0) return "";
  const options = steps.map(({ name }, at) => `<option value="${at}">${escapeHtml(name)}</option>`);
  return (
    `<span><label for="orders">order</label> <select id="orders">${options.join("")}</select>` +
    `<button id="stepBack" title="one step back ([)">&lsaquo; step</button>` +
    `<button id="stepOn" title="one step on (])">step &rsaquo;</button>` +
    `<button id="stepEnd" title="to the last step (})">last</button></span>`
  );
}

function focusTools({ focuses }: Picture): string {
  if (focuses.length === 0) return "";
  return (
    `<span><button id="focusNext" title="next contradiction (x)">what is wrong</button>` +
    `<span id="focusName"></span></span>`
  );
}

const LEGEND =
  `<span class="legend"><i style="background:var(--ok)"></i>ok <i style="background:var(--fail)"></i>` +
  `refused <i style="background:var(--unknown)"></i>unknown ` +
  `<i style="background:var(--illegal)"></i>contradiction <i style="background:var(--lease)"></i>lease</span>`;

const KEYS =
  `<div class="keys"><kbd>&larr;</kbd> <kbd>&rarr;</kbd> move · <kbd>+</kbd> <kbd>-</kbd> <kbd>0</kbd> zoom · ` +
  `<kbd>n</kbd> <kbd>p</kbd> next, previous operation (<kbd>N</kbd> <kbd>P</kbd> in its lane) · ` +
  `<kbd>&uarr;</kbd> <kbd>&darr;</kbd> lane · <kbd>[</kbd> <kbd>]</kbd> step through the order · ` +
  `<kbd>x</kbd> what is wrong · <kbd>/</kbd> search, <kbd>g</kbd> next match · <kbd>Esc</kbd> clear · ` +
  `mouse: click, drag, wheel zooms, shift and wheel moves over lanes</div>`;

/** The whole HTML file of a picture. */
export function renderPicture(picture: Picture): string {
  const { title, verdict, verdictName, sentence } = picture;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>${escapeHtml(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>${escapeHtml(title)}: <span class="${verdict}">${verdictName}</span></h1>
<p id="sentence">${escapeHtml(sentence)}</p>
<div class="tools">
<span><button id="zoomIn" title="zoom in (+)">zoom in</button><button id="zoomOut" title="zoom out (-)">zoom out</button><button id="zoomAll" title="show all (0)">all</button></span>
${focusTools(picture)}
${stepTools(picture)}
<span><label for="search">search</label> <input id="search" type="search" placeholder="words, @client (/)"><button id="matchNext" title="next match (g)">next</button> <span id="found" role="status"></span></span>
${LEGEND}
</div>
</header>
<main><canvas id="chart" tabindex="0" role="img" aria-label="operations per client over time; the selected one is described below"></canvas></main>
<canvas id="map" aria-hidden="true"></canvas>
<footer><div id="detail" role="status" aria-live="polite"></div><div id="state" role="status" aria-live="polite"></div>${KEYS}</footer>
<script type="application/json" id="data">${embeddedJson(picture)}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}
