// The script of the picture's page: plain browser JavaScript, kept as text because it is shipped
// inside the HTML file. It reads the data from the element #data, lays every lane out in rows so that
// overlapping bars do not hide each other, and draws only what is in view.

export const PAGE_SCRIPT = `
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const by = (id) => document.getElementById(id);
const chart = by("chart"), map = by("map"), detail = by("detail"), stateBox = by("state");
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const KINDS = ["ok", "fail", "unknown", "illegal"];
const LEFT = 110, TOP = 24, ROW = 18, GAP = 8, CONTEXT_BARS = 12;

// --- layout: rows inside lanes -------------------------------------------------------------------
let first = Infinity, last = -Infinity;
for (const bar of data.bars) { first = Math.min(first, bar.from); last = Math.max(last, bar.to ?? bar.from); }
for (const shade of data.shades) last = Math.max(last, shade.to);
if (!(last > first)) { if (first === Infinity) first = 0; last = first + 1; }
const pad = (last - first) * 0.01;
const end = (bar) => bar.to === null ? last + pad : bar.to;
const lanes = data.lanes.map((name) => ({ name, rows: [], y: 0 }));
const rowOf = new Int32Array(data.bars.length);
const inTime = data.bars.map((_, index) => index).sort((a, b) => data.bars[a].from - data.bars[b].from || a - b);
const ROWS_MAX = 12;
for (const index of inTime) {
  const bar = data.bars[index], rows = lanes[bar.lane].rows;
  let row = rows.findIndex((one) => one.free <= bar.from);
  if (row < 0) { if (rows.length < ROWS_MAX) { row = rows.length; rows.push({ free: 0, bars: [] }); } else row = index % ROWS_MAX; }
  rows[row].free = bar.to === null ? bar.from : Math.max(rows[row].free, bar.to);
  rows[row].bars.push(index);
  rowOf[index] = row;
}
let height = TOP;
for (const lane of lanes) { lane.y = height; height += Math.max(1, lane.rows.length) * ROW + GAP; }
const barY = (index) => lanes[data.bars[index].lane].y + rowOf[index] * ROW;

// --- view ----------------------------------------------------------------------------------------
let from = first - pad, to = last + pad, scroll = 0, selected = -1, focus = -1;
let steps = 0, step = 0, matches = [], match = -1;
const width = () => chart.clientWidth - LEFT;
const x = (time) => LEFT + ((time - from) / (to - from)) * width();
const timeAt = (px) => from + ((px - LEFT) / width()) * (to - from);
function show(a, b) {
  const least = Math.max((last - first) / 1e7, 1e-6), span = Math.max(b - a, least), middle = (a + b) / 2;
  const most = (last - first) + 2 * pad, wide = Math.min(span, most);
  from = Math.max(first - pad, Math.min(middle - wide / 2, last + pad - wide)); to = from + wide;
  draw();
}
function anchor() {
  const bar = data.bars[selected], middle = bar ? (bar.from + Math.min(end(bar), to)) / 2 : from;
  return bar && middle > from && middle < to ? middle : (from + to) / 2;
}
const zoom = (by, at = anchor()) => show(at - (at - from) * by, at + (to - at) * by);
const pan = (share) => { const d = (to - from) * share; show(from + d, to + d); };
function reveal(index) {
  const bar = data.bars[index], span = to - from, stop = Math.min(end(bar), bar.from + span);
  if (bar.from < from || stop > to) show((bar.from + stop) / 2 - span / 2, (bar.from + stop) / 2 + span / 2);
  const y = barY(index), view = chart.clientHeight - 20;
  if (y - scroll < TOP || y - scroll > view - ROW) scroll = Math.max(0, Math.min(y - view / 2, height - view));
}
function select(index, quiet) {
  selected = index;
  if (index >= 0 && !quiet) reveal(index);
  draw(); tell();
}

// --- drawing -------------------------------------------------------------------------------------
function fit(canvas) {
  const ratio = window.devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight;
  if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
    canvas.width = Math.round(w * ratio); canvas.height = Math.round(h * ratio);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0); pen.clearRect(0, 0, w, h);
  return pen;
}
// First bar of a row that can still be in view: bars of a row are in order of time.
function firstVisible(bars) {
  let low = 0, high = bars.length;
  while (low < high) { const mid = (low + high) >> 1; if (end(data.bars[bars[mid]]) < from) low = mid + 1; else high = mid; }
  return low;
}
function niceStep(span, count) {
  const raw = span / count, power = Math.pow(10, Math.floor(Math.log10(raw))), part = raw / power;
  return (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10) * power;
}
function timeText(time) {
  const t = time - first;
  if (data.unit === "lines") return "line " + Math.round(time);
  if (data.unit !== "us") return String(Math.round(t));
  const span = to - from;
  if (span > 2e6) return (t / 1e6).toFixed(span > 2e7 ? 0 : 1) + " s";
  return span > 2e3 ? (t / 1e3).toFixed(span > 2e4 ? 0 : 1) + " ms" : t.toFixed(span < 20 ? 2 : 0) + " us";
}
let planned = false;
function draw() { if (!planned) { planned = true; requestAnimationFrame(() => { planned = false; paint(); paintMap(); }); } }
function paint() {
  const pen = fit(chart), w = chart.clientWidth, h = chart.clientHeight;
  const palette = Object.fromEntries(KINDS.map((kind) => [kind, color(kind)]));
  const text = color("text"), faint = color("faint"), line = color("line"), back = color("back");
  pen.font = "12px system-ui, sans-serif"; pen.textBaseline = "middle";
  pen.save(); pen.beginPath(); pen.rect(LEFT, 0, w - LEFT, h); pen.clip();
  for (const one of focus < 0 ? data.focuses : [data.focuses[focus]]) { pen.fillStyle = color("focus"); pen.fillRect(x(one.from) - 2, 0, Math.max(4, x(one.to) - x(one.from) + 4), h); }
  const tick = niceStep(to - from, Math.max(2, w / 130));
  pen.strokeStyle = line; pen.lineWidth = 1;
  for (let t = first + Math.ceil((from - first) / tick) * tick; t <= to; t += tick) { pen.beginPath(); pen.moveTo(x(t), TOP); pen.lineTo(x(t), h); pen.stroke(); }
  pen.save(); pen.translate(0, -scroll);
  pen.fillStyle = color("lease");
  let shadeEnd = -1, shadeLane = -1;
  for (const shade of data.shades) {
    if (shade.to < from || shade.from > to) continue;
    const a = x(shade.from), b = Math.max(a + 1, x(shade.to));
    if (b - a < 2 && shadeLane === shade.lane && b - shadeEnd < 1) continue;
    const lane = lanes[shade.lane];
    pen.fillRect(a, lane.y - 3, b - a, Math.max(1, lane.rows.length) * ROW + 4); shadeEnd = b; shadeLane = shade.lane;
  }
  const dots = stepDots(), dotAt = new Map(dots.map((dot) => [dot.index, dot.px]));
  for (const lane of lanes) {
    if (lane.y + lane.rows.length * ROW < scroll || lane.y > scroll + h) continue;
    lane.rows.forEach((row, at) => paintRow(pen, row.bars, lane.y + at * ROW, palette, text, back, dotAt));
  }
  paintSteps(pen, dots);
  for (const index of matches) outline(pen, index, color("unknown"), 1.5);
  if (selected >= 0) outline(pen, selected, text, 2.5);
  pen.restore(); pen.restore();
  pen.fillStyle = back; pen.fillRect(0, 0, w, TOP - 4); pen.fillStyle = faint; pen.textAlign = "center";
  for (let t = first + Math.ceil((from - first) / tick) * tick; t <= to; t += tick) if (x(t) > LEFT + 20 && x(t) < w - 24) pen.fillText(timeText(t), x(t), 10);
  pen.textAlign = "right"; pen.fillStyle = text;
  lanes.forEach((lane) => {
    const y = lane.y - scroll + (Math.max(1, lane.rows.length) * ROW) / 2 - 3;
    if (y > TOP && y < h) pen.fillText(lane.name.length > 14 ? lane.name.slice(0, 13) + "…" : lane.name, LEFT - 8, y);
  });
  if (height + 20 > h) {
    // More lanes than fit: how far down this is.
    const rail = h - TOP, tall = Math.max(20, (rail * h) / (height + 20));
    pen.fillStyle = faint; pen.globalAlpha = 0.6;
    pen.fillRect(w - 7, TOP + (rail - tall) * Math.min(1, scroll / (height + 20 - h)), 5, tall); pen.globalAlpha = 1;
  }
}
function paintRow(pen, bars, y, palette, text, back, dotAt) {
  let drawnTo = -1;
  for (let at = firstVisible(bars); at < bars.length; at += 1) {
    const bar = data.bars[bars[at]];
    if (bar.from > to) break;
    const a = Math.max(x(bar.from), LEFT - 4), b = Math.max(x(end(bar)), a + 2);
    if (b <= drawnTo + 0.5 && bar.kind !== "illegal") continue;
    pen.fillStyle = palette[bar.kind];
    pen.globalAlpha = bar.to === null ? 0.45 : 1;
    pen.fillRect(a, y, b - a, ROW - 5);
    if (bar.open && bar.to !== null) { pen.globalAlpha = 0.5; pen.fillRect(b, y + 5, 10, 3); }
    pen.globalAlpha = 1;
    if (bar.kind === "illegal") { pen.strokeStyle = palette.illegal; pen.lineWidth = 2; pen.strokeRect(a - 2, y - 2, b - a + 4, ROW - 1); }
    if (b - a > 34) {
      // A step's number must not hide the words: they begin behind it when there is room.
      const dot = dotAt.get(bars[at]), behind = dot === undefined ? 0 : dot + 15;
      const words = Math.max(a + 4, LEFT + 4, behind < b - 24 ? behind : 0);
      pen.save(); pen.beginPath(); pen.rect(a, y, b - a - 3, ROW); pen.clip();
      pen.fillStyle = bar.to === null ? text : back; pen.textAlign = "left"; pen.font = "11px system-ui, sans-serif"; pen.fillText(bar.label, words, y + 7); pen.restore();
    }
    drawnTo = b;
  }
}
function outline(pen, index, style, thick) {
  const bar = data.bars[index], a = Math.max(x(bar.from), LEFT - 4), b = Math.max(x(end(bar)), a + 2);
  if (b < LEFT || a > chart.clientWidth) return;
  pen.strokeStyle = style; pen.lineWidth = thick; pen.strokeRect(a - 1.5, barY(index) - 1.5, b - a + 3, ROW - 2);
}
// Where the numbers of the placed steps stand: each at the earliest moment the order allows.
function stepDots() {
  const shown = data.steps[steps];
  if (!shown || step === 0) return [];
  let when = -Infinity; const dots = [];
  for (let at = 0; at < step; at += 1) {
    const index = shown.order[at];
    when = Math.max(when, data.bars[index].from);
    if (when < from - (to - from) || when > to + (to - from)) continue;
    dots.push({ px: x(when) + 3, py: barY(index) + 6, at, index });
  }
  // From far away the whole order is only a tangle: the last steps say where it ends.
  return dots.length < 400 ? dots : dots.slice(-20);
}
function paintSteps(pen, dots) {
  const style = color("step"), back = color("back");
  pen.strokeStyle = style; pen.lineWidth = 1.5; pen.beginPath();
  dots.forEach(({ px, py }, at) => { if (at === 0) pen.moveTo(px, py); else pen.lineTo(px, py); });
  pen.stroke();
  pen.textAlign = "center"; pen.font = "10px system-ui, sans-serif";
  for (const { px, py, at } of dots) {
    const wide = Math.max(14, String(at + 1).length * 6 + 6);
    pen.fillStyle = style; pen.beginPath(); pen.roundRect(px - wide / 2, py - 7, wide, 14, 7); pen.fill();
    pen.fillStyle = back; pen.fillText(String(at + 1), px, py + 0.5);
  }
}
function paintMap() {
  const pen = fit(map), w = map.clientWidth, h = map.clientHeight, span = last - first + 2 * pad, cells = Math.max(1, w | 0);
  const at = (time) => ((time - first + pad) / span) * w;
  if (!paintMap.density || paintMap.density.length !== cells) {
    paintMap.density = new Float64Array(cells);
    for (const bar of data.bars) paintMap.density[Math.min(cells - 1, at(bar.from) | 0)] += 1;
  }
  const top = paintMap.density.reduce((a, b) => Math.max(a, b), 1);
  pen.fillStyle = color("fail");
  paintMap.density.forEach((count, px) => { if (count) { const tall = 4 + (count / top) * (h - 8); pen.fillRect(px, h - tall, 1, tall); } });
  pen.fillStyle = color("illegal");
  for (const one of data.focuses) {
    pen.globalAlpha = 0.25; pen.fillRect(at(one.from), 0, at(one.to) - at(one.from), h);
    pen.globalAlpha = 1; pen.fillRect(at(one.to) - 1, 0, 3, h);
  }
  pen.strokeStyle = color("ok"); pen.lineWidth = 2; pen.strokeRect(at(from), 1, Math.max(3, at(to) - at(from)), h - 2);
}

// --- words ---------------------------------------------------------------------------------------
function tell() {
  const bar = data.bars[selected];
  detail.textContent = bar === undefined
    ? "No operation selected. Tab to the chart, then n selects the next operation."
    : bar.label + "\\nclient " + data.lanes[bar.lane] + ", " + (bar.open ? "outcome unknown: may take effect later or never" : bar.kind === "fail" ? "refused" : bar.kind) +
      (bar.line > 0 ? ", line " + bar.line : "") + "\\nat " + (data.unit === "lines" ? "line " + bar.from : lengthText(bar.from - first)) + (bar.to === null ? ", no answer" : ", took " + lengthText(bar.to - bar.from)) + leaseText(bar);
  const shown = data.steps[steps];
  stateBox.textContent = !shown ? "" : step === 0
    ? "Order: " + shown.name + "\\nbefore the first step"
    : "Step " + step + " of " + shown.order.length + ": " + data.bars[shown.order[step - 1]].label + "\\nstate: " + shown.states[step - 1] +
      (step === shown.order.length && data.verdict === "illegal" ? "\\nno order gets past this" : "");
}
function lengthText(length) {
  if (data.unit !== "us") return length + " " + data.unit;
  return length < 1e3 ? length + " us" : length < 1e6 ? length / 1e3 + " ms" : length / 1e6 + " s";
}
function leaseText(bar) {
  const held = data.shades.filter((one) => one.lane === bar.lane && one.from === bar.to);
  return held.length === 0 ? "" : "\\n" + held[0].label;
}
function goStep(to) {
  const shown = data.steps[steps];
  if (!shown) return;
  step = Math.max(0, Math.min(shown.order.length, to));
  if (step > 0) select(shown.order[step - 1]); else { draw(); tell(); }
}
function goFocus(next) {
  if (data.focuses.length === 0) return;
  focus = (next + data.focuses.length) % data.focuses.length;
  const one = data.focuses[focus], span = Math.max(one.to - one.from, (last - first) / 2000);
  // Some of what was before belongs to the story: the last operations, when they are not far away.
  let at = inTime.length;
  while (at > 0 && data.bars[inTime[at - 1]].from >= one.from) at -= 1;
  const before = data.bars[inTime[Math.max(0, at - CONTEXT_BARS)]]?.from ?? one.from;
  show(Math.max(one.from - span * 4, Math.min(before, one.from - span * 0.6)), one.to + span * 0.6);
  select(one.bars[one.bars.length - 1] ?? -1);
  by("focusName").textContent = focus + 1 + " of " + data.focuses.length;
}
function search(words) {
  const wanted = words.toLowerCase().split(" ").filter(Boolean);
  matches = wanted.length === 0 ? [] : inTime.filter((index) => {
    const label = data.bars[index].label.toLowerCase(), client = "@" + data.lanes[data.bars[index].lane].toLowerCase();
    return wanted.every((word) => word === client || label.includes(word));
  });
  match = -1;
  by("found").textContent = wanted.length === 0 ? "" : matches.length + " found";
  draw();
}
function goMatch(by_) {
  if (matches.length === 0) return;
  match = (match + by_ + matches.length) % matches.length;
  by("found").textContent = match + 1 + " of " + matches.length;
  select(matches[match]);
}
const placeInTime = new Map(inTime.map((index, at) => [index, at]));
function goNext(by_, sameLane) {
  let at = selected < 0 ? (by_ > 0 ? -1 : inTime.length) : placeInTime.get(selected);
  do at += by_; while (sameLane && at >= 0 && at < inTime.length && data.bars[inTime[at]].lane !== data.bars[selected]?.lane);
  if (at >= 0 && at < inTime.length) select(inTime[at]);
}
function goLane(by_) {
  const bar = data.bars[selected];
  if (!bar) { goNext(1); return; }
  const lane = bar.lane + by_;
  if (lane < 0 || lane >= lanes.length) return;
  let best = -1;
  for (const row of lanes[lane].rows) for (const index of row.bars)
    if (best < 0 || Math.abs(data.bars[index].from - bar.from) < Math.abs(data.bars[best].from - bar.from)) best = index;
  if (best >= 0) select(best);
}

// --- hands ---------------------------------------------------------------------------------------
const KEYS = {
  "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), "0": () => show(first - pad, last + pad),
  ArrowLeft: () => pan(-0.2), ArrowRight: () => pan(0.2), ArrowUp: () => goLane(-1), ArrowDown: () => goLane(1),
  n: () => goNext(1), p: () => goNext(-1), N: () => goNext(1, true), P: () => goNext(-1, true),
  "]": () => goStep(step + 1), "[": () => goStep(step - 1), "}": () => goStep(Infinity), "{": () => goStep(0),
  x: () => goFocus(focus + 1), X: () => goFocus(focus - 1), g: () => goMatch(1), G: () => goMatch(-1),
  "/": () => by("search").focus(), PageDown: () => { scroll = Math.min(Math.max(0, height - chart.clientHeight + 20), scroll + 200); draw(); },
  PageUp: () => { scroll = Math.max(0, scroll - 200); draw(); }, Escape: () => select(-1, true),
};
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (typing && event.key === "Escape") { chart.focus(); return; }
  if (typing) return;
  const action = KEYS[event.key];
  if (action) { event.preventDefault(); action(); }
});
by("search").addEventListener("input", (event) => search(event.target.value));
by("search").addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); goMatch(event.shiftKey ? -1 : 1); } });
for (const [id, action] of [["zoomIn", KEYS["+"]], ["zoomOut", KEYS["-"]], ["zoomAll", KEYS["0"]], ["focusNext", KEYS.x],
  ["stepBack", KEYS["["]], ["stepOn", KEYS["]"]], ["stepEnd", KEYS["}"]], ["matchNext", KEYS.g]]) by(id)?.addEventListener("click", action);
by("orders")?.addEventListener("change", (event) => { steps = Number(event.target.value); step = 0; goStep(0); });
function hit(px, py) {
  const time = timeAt(px), near = ((to - from) / width()) * 3;
  for (const lane of lanes) for (let at = 0; at < lane.rows.length; at += 1) {
    const y = lane.y + at * ROW - scroll;
    if (py < y - 2 || py > y + ROW - 3) continue;
    const bars = lane.rows[at].bars;
    for (let i = firstVisible(bars); i < bars.length && data.bars[bars[i]].from <= time + near; i += 1)
      if (end(data.bars[bars[i]]) >= time - near) return bars[i];
  }
  return -1;
}
let drag = null;
chart.addEventListener("pointerdown", (event) => { drag = { px: event.offsetX, py: event.offsetY, from, to, scroll, moved: false }; chart.setPointerCapture(event.pointerId); });
chart.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const dx = event.offsetX - drag.px, dy = event.offsetY - drag.py;
  if (Math.abs(dx) + Math.abs(dy) > 3) drag.moved = true;
  if (!drag.moved) return;
  const shift = (dx / width()) * (drag.to - drag.from);
  scroll = Math.max(0, Math.min(drag.scroll - dy, Math.max(0, height - chart.clientHeight + 20)));
  show(drag.from - shift, drag.to - shift);
});
chart.addEventListener("pointerup", (event) => { if (drag && !drag.moved) select(hit(event.offsetX, event.offsetY), true); drag = null; });
chart.addEventListener("wheel", (event) => {
  event.preventDefault();
  if (event.shiftKey) { scroll = Math.max(0, Math.min(scroll + event.deltaY, Math.max(0, height - chart.clientHeight + 20))); draw(); }
  else zoom(Math.exp(event.deltaY / 400), timeAt(event.offsetX));
}, { passive: false });
map.addEventListener("pointerdown", (event) => {
  const time = first - pad + (event.offsetX / map.clientWidth) * (last - first + 2 * pad), half = (to - from) / 2;
  show(time - half, time + half);
});
// A page in a frame has no height at first: what is selected must be in view when it has.
new ResizeObserver(() => { if (selected >= 0) reveal(selected); draw(); }).observe(chart);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
tell();
if (data.steps.length > 0 && data.verdict === "illegal") step = data.steps[0].order.length;
if (data.focuses.length > 0) goFocus(0); else draw();
document.documentElement.dataset.ready = "yes";
`;
