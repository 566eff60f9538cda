"use strict";
/* The charts, drawn as SVG: lanes of people over time, and a map of valence and arousal. */
const MARGIN = 10; // pixels left and right of a lane
const COLUMN = 4; // pixels; narrower moments and rows of curves are shown as a mean
const PAPER = 650; // pixels; this width fits on A4 and on Letter
const SIGNS = 18; // pixels above the moments
const HEIGHTS = { moments: 60, curve: 38, gap: 6 };
const charts = { view: [0, data.duration], all: [], printing: false };
const widthOf = (box) => (charts.printing ? PAPER : box.clientWidth);

/* Neutral is the ground: what stands out from it is drawn. Labels that are no emotions have no ground. */
const ORDER = data.labels.map((_, k) => k).filter((k) => data.labels[k].key !== "neutral");
const heightOf = (p, count = ORDER.length) => ORDER.slice(0, count).reduce((sum, k) => sum + p[k], 0);

/** Times for ticks, in round steps: about one for each hundred pixels. */
function ticks([from, to], width) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
  const step = steps.find((s) => (to - from) / s <= Math.max(2, width / 90)) ?? 14400;
  const values = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) values.push(t);
  return values;
}

/** The visible moments. If they are narrower than a few pixels, means over stretches of time replace them. */
function averaged(moments, [from, to], width) {
  const seen = moments.filter((m) => m.e > from && m.s < to);
  const length = (COLUMN * (to - from)) / Math.max(width, 1);
  if (seen.length <= 12 || seen.reduce((sum, m) => sum + m.e - m.s, 0) / seen.length >= length) return { shown: seen, length: 0 };
  const cells = [];
  for (const m of seen) {
    for (let k = Math.floor(m.s / length); k * length < m.e; k++) {
      const weight = Math.min(m.e, (k + 1) * length) - Math.max(m.s, k * length);
      if (cells.at(-1)?.k !== k) cells.push({ k, s: k * length, e: (k + 1) * length, weight: 0, p: m.p.map(() => 0) });
      const cell = cells.at(-1);
      cell.weight += weight;
      m.p.forEach((value, i) => (cell.p[i] += weight * value));
    }
  }
  for (const cell of cells) cell.p = cell.p.map((value) => value / (cell.weight || 1));
  for (const cell of cells) cell.l = cell.p.indexOf(Math.max(...cell.p));
  return { shown: cells, length };
}

/** Runs of the rows of a curve between gaps, as points {x, p, d, u}. Rows that are too close are shown as a mean. */
function runsOf(curve, moments, pixel, [from, to]) {
  const runs = [];
  const step = data.modalities[curve.m].key === "voice" ? 1 : 0.5;
  const gap = step + 0.7;
  const last = new Map(); // the time of the last row of each run
  let before = -Infinity;
  curve.t.forEach((t, i) => {
    if (t < from - gap || t > to + gap) return;
    const x = Math.min(pixel(to) , Math.max(pixel(from), pixel(t)));
    if (t - before > gap) runs.push([]);
    before = t;
    const run = runs.at(-1);
    last.set(run, t);
    const mean = run.at(-1);
    if (mean && x - mean.x0 < COLUMN) {
      mean.n += 1;
      mean.p = mean.p.map((value, k) => value + (curve.p[i][k] - value) / mean.n);
      mean.d = Math.max(mean.d, curve.d[i]);
      mean.u = mean.u && curve.u[i];
    } else run.push({ t, x, x0: x, p: curve.p[i], d: curve.d[i], u: curve.u[i], n: 1 });
  });
  // A row alone is about its whole moment.
  return runs.map((run) => {
    if (run.length > 1) {
      // A row is about the time around it, so a run begins and ends half a step further out.
      const inside = (t) => pixel(Math.min(to, Math.max(from, t)));
      return [{ ...run[0], x: inside(run[0].t - step / 2) }, ...run, { ...run.at(-1), x: inside(last.get(run) + step / 2) }];
    }
    const m = moments.find((one) => one.s <= run[0].t && run[0].t < one.e);
    const [a, b] = m ? [pixel(Math.max(from, m.s)), pixel(Math.min(to, m.e))] : [run[0].x - 4, run[0].x + 4];
    return [{ ...run[0], x: a }, { ...run[0], x: b }];
  });
}

const polygon = (top, foot) => `M${[...top, ...foot.reverse()].join("L")}Z`;
const point = (x, y) => `${x.toFixed(1)} ${y.toFixed(1)}`;

/** The stacked areas of runs; `y` turns a height from 0 to 1 into pixels. */
function areas(runs, y) {
  return ORDER.map((k, place) => {
    const d = runs.map((run) => polygon(run.map((q) => point(q.x, y(heightOf(q.p, place + 1)))), run.map((q) => point(q.x, y(heightOf(q.p, place))))));
    return drawn("path", { d: d.join(""), fill: `url(#fill-${k})` });
  });
}

/** A pale band around the upper edge: how far single answers lie apart. */
function band(runs, y) {
  const clip = (h) => y(Math.min(1, Math.max(0, h)));
  const d = runs.map((run) => polygon(run.map((q) => point(q.x, clip(heightOf(q.p) + q.d))), run.map((q) => point(q.x, clip(heightOf(q.p) - q.d)))));
  return drawn("path", { d: d.join(""), class: "spread" });
}

/** A veil over what is uncertain. */
function veil(spans, top, foot) {
  const d = spans.map(([a, b]) => `M${a.toFixed(1)} ${top}H${b.toFixed(1)}V${foot}H${a.toFixed(1)}Z`);
  return drawn("path", { d: d.join(""), fill: "url(#veil)" });
}

/** Lanes over time, one for each person: moments, and under them a curve for each input that has one. */
class Lanes {
  constructor(box) {
    this.box = box;
    this.lanes = [...box.querySelectorAll(".lane")].map((lane, w) => ({
      plot: lane.querySelector(".plot"), moments: data.moments.filter((m) => m.w === w), curves: data.curves.filter((c) => c.w === w),
    }));
    this.axis = box.querySelector(".axis");
    this.here = box.appendChild(make("div", "here"));
    this.head = box.appendChild(make("div", "playhead"));
    this.tip = box.appendChild(make("div", "tip"));
    this.tip.hidden = true;
    this.note = make("p", "help");
    box.after(this.note);
    box.addEventListener("pointermove", (event) => this.point(event));
    box.addEventListener("pointerleave", () => (this.tip.hidden = true));
    box.addEventListener("click", (event) => this.go(event));
  }
  get width() {
    return Math.max(60, widthOf(this.box));
  }
  pixel(time) {
    const [from, to] = charts.view;
    return MARGIN + ((time - from) / (to - from || 1)) * (this.width - 2 * MARGIN);
  }
  draw() {
    let longest = 0;
    for (const lane of this.lanes) {
      const { shown, length } = averaged(lane.moments, charts.view, this.width - 2 * MARGIN);
      longest = Math.max(longest, length);
      const height = SIGNS + HEIGHTS.moments + lane.curves.length * (HEIGHTS.curve + HEIGHTS.gap);
      const parts = this.moments(shown);
      lane.curves.forEach((curve, i) => parts.push(...this.curve(curve, lane.moments, SIGNS + HEIGHTS.moments + HEIGHTS.gap + i * (HEIGHTS.curve + HEIGHTS.gap))));
      lane.plot.replaceChildren(drawn("svg", { width: this.width, height, viewBox: `0 0 ${this.width} ${height}` }, ...parts));
    }
    this.drawAxis();
    this.note.textContent = longest ? say("averaged", { n: longest.toFixed(longest < 10 ? 1 : 0) }) : "";
    this.note.hidden = !longest;
    this.follow();
  }
  ground(top, foot) {
    return drawn("path", { class: "ground-line", d: `M${MARGIN} ${foot + 0.5}H${this.width - MARGIN}M${MARGIN} ${(top + foot) / 2}h4M${MARGIN} ${top + 0.5}h4` });
  }
  moments(shown) {
    const [top, foot] = [SIGNS, SIGNS + HEIGHTS.moments];
    const y = (h) => foot - h * (foot - top);
    const [from, to] = charts.view;
    const inside = (t) => this.pixel(Math.min(to, Math.max(from, t)));
    const runs = shown.map((m) => [{ x: inside(m.s), p: m.p }, { x: Math.max(inside(m.s) + 1, inside(m.e)), p: m.p }]);
    const backs = shown.map((m) => `M${inside(m.s).toFixed(1)} ${top}H${inside(m.e).toFixed(1)}V${foot}H${inside(m.s).toFixed(1)}Z`);
    const unsure = shown.filter((m) => !isSure(m)).map((m) => [inside(m.s), inside(m.e)]);
    return [drawn("path", { class: "back", d: backs.join("") }), ...areas(runs, y), veil(unsure, top, foot), this.ground(top, foot), ...this.signs(shown)];
  }
  /** As many signs as fit without overlap. */
  signs(moments) {
    let last = -Infinity;
    return moments.flatMap((m) => {
      const x = this.pixel((m.s + m.e) / 2);
      if (x < MARGIN || x > this.width - MARGIN || x - last < 16) return [];
      last = x;
      const mark = sign(m.l, isSure(m));
      for (const [name, value] of Object.entries({ x: x - 6, y: 2, width: 12, height: 12 })) mark.setAttribute(name, value);
      return [mark];
    });
  }
  curve(curve, moments, top) {
    const foot = top + HEIGHTS.curve;
    const y = (h) => foot - h * (foot - top);
    const runs = runsOf(curve, moments, (t) => this.pixel(t), charts.view);
    const unsure = runs.flatMap((run) => run.slice(1).flatMap((q, i) => (q.u || run[i].u ? [[run[i].x, q.x]] : [])));
    const name = drawn("text", { x: MARGIN + 7, y: top + 11, class: "row-name" }, data.modalities[curve.m].name);
    return [...areas(runs, y), band(runs, y), veil(unsure, top, foot), this.ground(top, foot), name];
  }
  drawAxis() {
    const marks = ticks(charts.view, this.width).map((t) => {
      const x = this.pixel(t);
      const anchor = x < 24 ? "start" : x > this.width - 24 ? "end" : "middle";
      return drawn("text", { x: Math.min(this.width - 2, Math.max(2, x)), y: 13, "text-anchor": anchor, class: "tick" }, clockText(t));
    });
    this.axis.replaceChildren(drawn("svg", { width: this.width, height: 18, viewBox: `0 0 ${this.width} 18` }, ...marks));
  }
  /** The time, the moment and the place under a pointer. */
  under(event) {
    const frame = this.box.getBoundingClientRect();
    const [from, to] = charts.view;
    const part = (event.clientX - frame.left - MARGIN) / (frame.width - 2 * MARGIN);
    const time = from + Math.min(1, Math.max(0, part)) * (to - from);
    const row = this.lanes.findLastIndex((lane) => lane.plot.parentElement.getBoundingClientRect().top <= event.clientY);
    const found = at(time);
    return { time, row, moment: found.find((i) => data.moments[i].w === row) ?? found[0] ?? null, x: event.clientX - frame.left, y: event.clientY - frame.top };
  }
  go(event) {
    const { time, moment } = this.under(event);
    this.box.focus({ preventScroll: true });
    seek(time, moment);
  }
  point(event) {
    const { time, row, moment, x, y } = this.under(event);
    this.tip.replaceChildren(...this.tell(time, row, moment));
    this.tip.hidden = event.pointerType === "touch";
    const right = x > this.width / 2;
    this.tip.style.left = right ? "" : `${x + 14}px`;
    this.tip.style.right = right ? `${this.width - x + 14}px` : "";
    this.tip.style.top = `${Math.max(0, y - 40)}px`;
  }
  tell(time, row, index) {
    const who = data.people.length > 1 && row >= 0 ? ` · ${data.people[row]}` : "";
    const lines = [make("b", "", `${clockText(time)}${who}`)];
    if (index !== null) lines.push(make("br"), `${nameOf(data.moments[index])}, ${about(data.moments[index].p[data.moments[index].l])}`);
    for (const curve of data.curves.filter((c) => c.w === row)) {
      const i = nearest(curve.t, time);
      if (i === null || Math.abs(curve.t[i] - time) > 1.1) continue;
      const k = best(curve.p[i]);
      lines.push(make("br"), `${data.modalities[curve.m].name}: ${data.labels[k].name}${curve.u[i] ? "?" : ""}, ${about(curve.p[i][k])}`);
    }
    return lines;
  }
  follow() {
    const [from, to] = charts.view;
    const frame = this.box.getBoundingClientRect();
    this.head.hidden = now.time < from || now.time > to;
    this.head.style.left = `${this.pixel(now.time)}px`;
    const m = data.moments[now.shown];
    const plot = this.lanes[m.w].plot.getBoundingClientRect();
    const [left, right] = [Math.max(this.pixel(m.s), MARGIN), Math.min(this.pixel(m.e), this.width - MARGIN)];
    this.here.hidden = right < left;
    Object.assign(this.here.style, {
      left: `${left - 1}px`, width: `${Math.max(4, right - left + 2)}px`, top: `${plot.top - frame.top + SIGNS - 1}px`, height: `${HEIGHTS.moments + 2}px`,
    });
  }
}

/** The index of the value nearest to a time in a sorted list; null in an empty one. */
function nearest(times, time) {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  if (!times.length) return null;
  return low === times.length || (low > 0 && time - times[low - 1] < times[low] - time) ? low - 1 : low;
}

/** Valence and arousal of every moment, with a line through the means of stretches of time. */
class Path {
  constructor(box) {
    this.box = box;
    this.plot = box.appendChild(make("div", "plot"));
    this.plot.setAttribute("aria-hidden", "true");
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", say("chart_path"));
    this.ring = box.appendChild(make("div", "ring"));
    box.addEventListener("click", (event) => this.go(event));
  }
  get width() {
    return Math.max(60, widthOf(this.box));
  }
  get side() {
    return Math.min(this.width, 380);
  }
  place(m) {
    const [width, height] = [this.width - 2 * MARGIN, this.side - 48];
    return [MARGIN + ((m.v + 1.05) / 2.1) * width, 24 + ((1.05 - m.a) / 2.1) * height];
  }
  text(words, v, a, anchor, down = 4) {
    const [x, y] = this.place({ v, a });
    return drawn("text", { x, y: y + down, "text-anchor": anchor, class: "tick" }, words);
  }
  draw() {
    const [zero, one] = [this.place({ v: -1, a: -1 }), this.place({ v: 1, a: 1 })];
    const middle = this.place({ v: 0, a: 0 });
    const axes = drawn("path", { class: "ground-line", d: `M${zero[0]} ${middle[1]}H${one[0]}M${middle[0]} ${zero[1]}V${one[1]}` });
    const names = [this.text(say("unpleasant"), -1, 0, "start", -5), this.text(say("pleasant"), 1, 0, "end", -5), this.text(say("calm"), 0.03, -1, "start"), this.text(say("excited"), 0.03, 1, "start")];
    const parts = [axes, ...names, ...this.labels(), ...this.lines(), ...data.moments.map((m) => this.dot(m))];
    this.plot.replaceChildren(drawn("svg", { width: this.width, height: this.side, viewBox: `0 0 ${this.width} ${this.side}` }, ...parts));
    this.follow();
  }
  /** Where people placed each label; names keep off their neighbours. */
  labels() {
    const named = data.labels.filter((label) => label.place);
    return named.flatMap((label) => {
      const [v, a] = label.place;
      const [x, y] = this.place({ v, a });
      const near = named.find(({ place: [b, c] }) => (b !== v || c !== a) && Math.abs(b - v) < 0.3 && Math.abs(c - a) < 0.12);
      const [dx, dy, anchor] = near ? (near.place[0] > v ? [-8, 4, "end"] : [8, 4, "start"]) : v || a ? [0, v > 0.6 ? -8 : 17, "middle"] : [6, 16, "start"];
      return [drawn("path", { class: "cross", d: `M${x - 4} ${y}h8M${x} ${y - 4}v8` }), drawn("text", { x: x + dx, y: y + dy, "text-anchor": anchor, class: "tick" }, label.name)];
    });
  }
  dot(m) {
    const [x, y] = this.place(m);
    // Of many moments a sign could not be seen, and would take twice as many elements.
    if (data.moments.length > 200) return drawn("circle", { cx: x, cy: y, r: 2.5, class: `dot e${m.l}` });
    const mark = sign(m.l, isSure(m));
    const size = 11;
    for (const [name, value] of Object.entries({ x: x - size / 2, y: y - size / 2, width: size, height: size })) mark.setAttribute(name, value);
    return mark;
  }
  /** At most 24 stretches for each of the first six people; later pieces are darker. */
  lines() {
    return data.people.slice(0, 6).flatMap((_, who) => {
      const mine = data.moments.filter((m) => m.w === who);
      const size = Math.max(1, Math.ceil(mine.length / 24));
      const mean = (chunk, key) => chunk.reduce((sum, m) => sum + m[key], 0) / chunk.length;
      const points = [];
      for (let i = 0; i < mine.length; i += size) points.push(this.place({ v: mean(mine.slice(i, i + size), "v"), a: mean(mine.slice(i, i + size), "a") }));
      return points.slice(1).map(([x, y], i) =>
        drawn("path", { class: `way way${who % 3}`, d: `M${points[i].join(" ")}L${x} ${y}`, "stroke-opacity": 0.25 + (0.65 * (i + 1)) / (points.length - 1) }));
    });
  }
  go(event) {
    const frame = this.box.getBoundingClientRect();
    const distance = (m) => Math.hypot(this.place(m)[0] - (event.clientX - frame.left), this.place(m)[1] - (event.clientY - frame.top));
    const near = data.moments.reduce((closest, m, i) => (distance(m) < distance(data.moments[closest]) ? i : closest), 0);
    if (distance(data.moments[near]) < 24) choose(near);
  }
  follow() {
    const [x, y] = this.place(data.moments[now.shown]);
    Object.assign(this.ring.style, { left: `${x}px`, top: `${y}px` });
  }
}

/** Shows another stretch of time. */
function look([from, to]) {
  const length = Math.min(data.duration, Math.max(2, to - from));
  const start = Math.min(Math.max(0, from), data.duration - length);
  charts.view = [start, start + length];
  for (const chart of charts.all) if (chart instanceof Lanes) chart.draw();
}

/** Zooms around the current time. */
function zoom(factor) {
  const [from, to] = charts.view;
  const length = (to - from) * factor;
  const middle = now.time >= from && now.time <= to ? now.time : (from + to) / 2;
  const part = (middle - from) / (to - from);
  look([middle - part * length, middle + (1 - part) * length]);
}
