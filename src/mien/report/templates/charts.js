"use strict";
/* The charts. Plotly reads markup in its texts, so names from users are shown in our own elements and not by Plotly. */
const COLUMN = 5; // pixels; narrower moments are shown as a mean
const MARGIN = { l: 18, r: 18, t: 2, b: 26 };
const PAPER = 650; // pixels; this width fits on A4 and on Letter
const charts = { view: [0, data.duration], all: [], drawn: new Set(), printing: false };
const widthOf = (box) => (charts.printing ? PAPER : box.clientWidth);
const still = { staticPlot: true, displayModeBar: false, responsive: false };
const axis = { fixedrange: true, showgrid: false, zeroline: false, showline: false, ticks: "", automargin: false };
const bare = () => ({ margin: MARGIN, showlegend: false, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { size: 12 } });
const suffix = (i) => (i ? String(i + 1) : "");

/** Times for ticks, in round steps: about one for each hundred pixels. */
function ticks([from, to], width) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
  const step = steps.find((s) => (to - from) / s <= Math.max(2, width / 90)) ?? 14400;
  const values = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) values.push(t);
  return { tickvals: values, ticktext: values.map(clockText) };
}

/** The steps of one person: value(moment) while a moment lasts, and a gap between moments. */
function steps(moments, value) {
  const [x, y] = [[], []];
  moments.forEach((m, i) => {
    x.push(m.s);
    y.push(value(m));
    const next = moments[i + 1];
    if (!next || next.s - m.e > 0.02) {
      x.push(Math.max(m.e, m.s + 0.02));
      y.push(0);
    }
  });
  return { x, y, type: "scatter", mode: "lines", hoverinfo: "skip" };
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
      if (cells.at(-1)?.k !== k) cells.push({ k, s: k * length, e: (k + 1) * length, weight: 0, p: m.p.map(() => 0), m: m.m.map(() => 0) });
      const cell = cells.at(-1);
      cell.weight += weight;
      m.p.forEach((value, i) => (cell.p[i] += weight * value));
      m.m.forEach((value, i) => (cell.m[i] += weight * (value ?? 0)));
    }
  }
  for (const cell of cells) for (const key of ["p", "m"]) cell[key] = cell[key].map((value) => value / (cell.weight || 1));
  for (const cell of cells) cell.l = cell.p.indexOf(Math.max(...cell.p));
  return { shown: cells, length };
}

const fill = (look) => (look.pattern ? { shape: look.pattern, fgcolor: "rgba(0,0,0,.36)", bgcolor: look.colour, size: 6, solidity: 0.14 } : undefined);
const area = (steps_, look, group, row) => ({
  ...steps_, stackgroup: group, line: { shape: "hv", width: 0 }, fillcolor: look.colour, fillpattern: fill(look), yaxis: `y${suffix(row)}`,
});

/** A chart over time with a row for each person. */
class OverTime {
  constructor(box, height, top) {
    Object.assign(this, { box, rowHeight: height, top, people: data.people.map((_, i) => data.moments.filter((m) => m.w === i)) });
    this.height = MARGIN.t + MARGIN.b + height * data.people.length;
    this.plot = box.appendChild(make("div", "plot"));
    this.plot.setAttribute("aria-hidden", "true");
    box.style.minHeight = `${this.height}px`;
    data.people.forEach((person, row) => {
      if (data.people.length < 2) return;
      const label = box.appendChild(make("span", "label", person));
      label.dir = "auto";
      label.style.top = `${MARGIN.t + row * height + 1}px`;
    });
    this.here = box.appendChild(make("div", "here"));
    this.head = box.appendChild(make("div", "playhead"));
    this.head.style.height = `${this.height - MARGIN.b}px`;
    this.tip = box.appendChild(make("div", "tip"));
    this.tip.hidden = true;
    this.note = box.appendChild(make("p", "help"));
    box.addEventListener("pointermove", (event) => this.point(event));
    box.addEventListener("pointerleave", () => (this.tip.hidden = true));
    box.addEventListener("click", (event) => this.go(event));
  }
  get width() {
    return widthOf(this.box);
  }
  layout() {
    const n = data.people.length;
    const layout = { ...bare(), width: this.width, height: this.height };
    layout.xaxis = { ...axis, range: charts.view, ...ticks(charts.view, this.width), anchor: "free", position: 0 };
    for (let row = 0; row < n; row++) {
      const domain = [(n - row - 1) / n + 0.03 / n, (n - row) / n];
      const lines = { showgrid: true, tickvals: [0, 0.5, 1], showticklabels: false, gridwidth: 1 };
      layout[`yaxis${suffix(row)}`] = { ...axis, ...lines, range: [0, this.top], domain };
    }
    return layout;
  }
  draw() {
    const rows = this.people.map((mine) => averaged(mine, charts.view, this.width - MARGIN.l - MARGIN.r));
    Plotly.react(this.plot, rows.flatMap(({ shown }, row) => this.traces(shown, row)), this.layout(), still);
    const length = Math.max(...rows.map((row) => row.length));
    this.note.textContent = length ? say("averaged", { n: length.toFixed(length < 10 ? 1 : 0) }) : "";
    this.follow();
  }
  pixel(time) {
    const [from, to] = charts.view;
    return MARGIN.l + ((time - from) / (to - from)) * (this.width - MARGIN.l - MARGIN.r);
  }
  /** The time, row and moment under a pointer. */
  under(event) {
    const frame = this.box.getBoundingClientRect();
    const [from, to] = charts.view;
    const part = (event.clientX - frame.left - MARGIN.l) / (frame.width - MARGIN.l - MARGIN.r);
    const time = from + Math.min(1, Math.max(0, part)) * (to - from);
    const row = Math.min(data.people.length - 1, Math.max(0, Math.floor((event.clientY - frame.top - MARGIN.t) / this.rowHeight)));
    const found = at(time);
    return { time, moment: found.find((i) => data.moments[i].w === row) ?? found[0] ?? null, x: event.clientX - frame.left };
  }
  go(event) {
    const { time, moment } = this.under(event);
    this.box.focus({ preventScroll: true });
    seek(time, moment);
  }
  point(event) {
    const { time, moment, x } = this.under(event);
    this.tip.replaceChildren(...this.tell(time, moment));
    this.tip.hidden = event.pointerType === "touch";
    const right = x > this.width / 2;
    this.tip.style.left = right ? "" : `${x + 14}px`;
    this.tip.style.right = right ? `${this.width - x + 14}px` : "";
    this.tip.style.top = "24px";
  }
  tell(time, index) {
    if (index === null) return [clockText(time)];
    const m = data.moments[index];
    const who = data.people.length > 1 ? ` · ${data.people[m.w]}` : "";
    return [make("b", "", `${clockText(m.s)}${who}`), make("br"), ...this.detail(m)];
  }
  detail(m) {
    return [`${nameOf(m)}, ${about(m.p[m.l])}`];
  }
  follow() {
    const [from, to] = charts.view;
    this.head.hidden = now.time < from || now.time > to;
    this.head.style.left = `${this.pixel(now.time)}px`;
    const m = data.moments[now.shown];
    const [left, right] = [Math.max(this.pixel(m.s), MARGIN.l), Math.min(this.pixel(m.e), this.width - MARGIN.r)];
    this.here.hidden = right < left;
    Object.assign(this.here.style, {
      left: `${left - 1}px`, width: `${Math.max(4, right - left + 2)}px`,
      top: `${MARGIN.t + (m.w + 0.97 - 0.97 / this.top) * this.rowHeight - 1}px`, height: `${(0.97 / this.top) * this.rowHeight + 2}px`,
    });
  }
}

/** Bands of probabilities. Above them is a sign for the most probable label; it is open when the label is uncertain. */
class Emotions extends OverTime {
  constructor(box) {
    super(box, data.people.length > 1 ? 150 : 134, data.people.length > 1 ? 1.42 : 1.26);
  }
  traces(shown, row) {
    const veil = { shape: "/", fgcolor: "rgba(255,255,255,.95)", bgcolor: "rgba(255,255,255,.3)", size: 9, solidity: 0.28 };
    return [
      ...data.labels.map((label, k) => area(steps(shown, (m) => m.p[k]), label, `p${row}`, row)),
      { ...steps(shown, (m) => (isSure(m) ? 0 : 1)), fill: "tozeroy", line: { shape: "hv", width: 0 }, yaxis: `y${suffix(row)}`, fillcolor: veil.bgcolor, fillpattern: veil },
      this.signs(shown, row),
    ];
  }
  /** As many signs as fit without overlap. */
  signs(moments, row) {
    let last = -Infinity;
    const shown = moments.filter((m) => {
      const x = this.pixel((m.s + m.e) / 2);
      if (x < MARGIN.l || x > this.width - MARGIN.r || x - last < 16) return false;
      last = x;
      return true;
    });
    const symbol = shown.map((m) => data.labels[m.l].sign + (isSure(m) ? "" : "-open"));
    const line = { width: shown.map((m) => (isSure(m) ? 0 : 1.6)) };
    const marker = { size: 11, opacity: 1, color: shown.map((m) => data.labels[m.l].colour), symbol, line };
    return { x: shown.map((m) => (m.s + m.e) / 2), y: shown.map(() => 1.13), type: "scatter", mode: "markers", yaxis: `y${suffix(row)}`, cliponaxis: false, marker };
  }
}

class Shares extends OverTime {
  constructor(box) {
    super(box, 90, data.people.length > 1 ? 1.32 : 1.05);
  }
  traces(shown, row) {
    return data.modalities.map((look, k) => area(steps(shown, (m) => m.m[k] ?? 0), look, `s${row}`, row));
  }
  detail(m) {
    return [list(m.m.flatMap((share, k) => (share === null ? [] : [`${data.modalities[k].name} ${about(share)}`])))];
  }
}

/** The position of a label's name, away from the names of its neighbours. */
function besides([x, y], named) {
  const near = named.map((label) => label.place).find(([a, b]) => (a !== x || b !== y) && Math.abs(a - x) < 0.3 && Math.abs(b - y) < 0.12);
  if (near) return near[0] > x ? "middle left" : "middle right";
  if (!x && !y) return "bottom right"; // off the axes
  return x > 0.6 ? "top center" : "bottom center";
}

/** Valence and arousal of every moment, with a line through the means of stretches of time. */
class Path {
  constructor(box) {
    this.box = box;
    this.plot = box.appendChild(make("div", "plot"));
    this.plot.setAttribute("aria-hidden", "true");
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", say("chart_path"));
    box.style.minHeight = `${this.side}px`;
    this.ring = box.appendChild(make("div", "ring"));
    box.addEventListener("click", (event) => this.go(event));
  }
  get width() {
    return widthOf(this.box);
  }
  get side() {
    return Math.min(this.width, 460);
  }
  place(m) {
    const [width, height] = [this.width - 2 * MARGIN.l, this.side - 2 * MARGIN.b];
    return [MARGIN.l + ((m.v + 1.05) / 2.1) * width, MARGIN.b + ((1.05 - m.a) / 2.1) * height];
  }
  draw() {
    const range = [-1.05, 1.05];
    const named = data.labels.filter((label) => label.place);
    const texts = [["unpleasant", -1, 0, "left", "bottom"], ["pleasant", 1, 0, "right", "bottom"], ["calm", 0.02, -1, "left", "bottom"], ["excited", 0.02, 1, "left", "top"]];
    const layout = {
      ...bare(), width: this.width, height: this.side, margin: { ...MARGIN, t: MARGIN.b },
      xaxis: { ...axis, range, showticklabels: false, zeroline: true, zerolinewidth: 1 },
      yaxis: { ...axis, range, showticklabels: false, zeroline: true, zerolinewidth: 1 },
      annotations: texts.map(([key, x, y, xanchor, yanchor]) => ({ x, y, xanchor, yanchor, text: say(key), showarrow: false, font: { size: 12 } })),
    };
    const places = {
      x: named.map((label) => label.place[0]), y: named.map((label) => label.place[1]), text: named.map((label) => label.name), mode: "markers+text",
      textposition: named.map((label) => besides(label.place, named)), textfont: { size: 12 }, marker: { symbol: "cross-thin-open", size: 8, color: "#8a93a0", line: { width: 1.5 } },
    };
    const dots = {
      x: data.moments.map((m) => m.v), y: data.moments.map((m) => m.a), mode: "markers",
      marker: {
        size: data.moments.length > 200 ? 5 : 9, opacity: data.moments.length > 200 ? 0.45 : 0.9, color: data.moments.map((m) => data.labels[m.l].colour),
        symbol: data.moments.map((m) => data.labels[m.l].sign + (isSure(m) ? "" : "-open")),
      },
    };
    Plotly.react(this.plot, [places, dots, ...this.lines()], layout, still);
    this.follow();
  }
  /** At most 24 stretches for each of the first six people, in up to six pieces. Later pieces are darker. */
  lines() {
    return data.people.slice(0, 6).flatMap((_, who) => {
      const mine = data.moments.filter((m) => m.w === who);
      const size = Math.max(1, Math.ceil(mine.length / 24));
      const mean = (chunk, key) => chunk.reduce((sum, m) => sum + m[key], 0) / chunk.length;
      const points = [];
      for (let i = 0; i < mine.length; i += size) points.push([mean(mine.slice(i, i + size), "v"), mean(mine.slice(i, i + size), "a")]);
      const count = Math.min(6, points.length - 1);
      const cut = (k) => Math.round((k * (points.length - 1)) / count);
      return Array.from({ length: Math.max(0, count) }, (_, k) => points.slice(cut(k), cut(k + 1) + 1)).map((piece, k) => ({
        x: piece.map(([v]) => v), y: piece.map(([, a]) => a), mode: "lines",
        line: { color: `rgba(84,110,150,${0.25 + (0.65 * (k + 1)) / count})`, width: 2, dash: ["solid", "dash", "dot"][who % 3] },
      }));
    });
  }
  go(event) {
    const frame = this.box.getBoundingClientRect();
    const distance = (m) => Math.hypot(this.place(m)[0] - (event.clientX - frame.left), this.place(m)[1] - (event.clientY - frame.top));
    const near = data.moments.reduce((best, m, i) => (distance(m) < distance(data.moments[best]) ? i : best), 0);
    if (distance(data.moments[near]) < 24) choose(near);
  }
  follow() {
    const [x, y] = this.place(data.moments[now.shown]);
    Object.assign(this.ring.style, { left: `${x}px`, top: `${y}px` });
  }
}

/** A bar of probabilities for each input alone, and one for all together. */
class Alone {
  constructor(box) {
    this.box = box;
    this.plot = box.appendChild(make("div", "plot"));
    this.plot.setAttribute("aria-hidden", "true");
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", say("chart_alone"));
    box.style.minHeight = `${46 * (data.modalities.length + 1) + 30}px`;
  }
  get width() {
    return widthOf(this.box);
  }
  draw() {
    const rows = data.modalities.map((m, i) => [m.name, data.alone[i]]).filter(([, values]) => values);
    rows.push([say("together"), data.overall]);
    const names = rows.map(([name]) => name);
    const traces = data.labels.map((label, k) => ({
      type: "bar", orientation: "h", y: names, x: rows.map(([, values]) => values[k]), hoverinfo: "skip",
      marker: { color: label.colour, pattern: fill(label), line: { width: 0.5, color: "rgba(255,255,255,.8)" } },
    }));
    const layout = {
      ...bare(), width: this.width, height: 46 * rows.length + 30, margin: { ...MARGIN, l: 76, r: 30 }, barmode: "stack", bargap: 0.35,
      xaxis: { ...axis, range: [0, 1], tickvals: [0, 0.5, 1], ticktext: ["0%", "50%", "100%"], showgrid: true }, yaxis: { ...axis, autorange: "reversed" },
    };
    Plotly.react(this.plot, traces, layout, still);
  }
  follow() {}
}

/** Shows another stretch of time in all charts. */
function look([from, to]) {
  const length = Math.min(data.duration, Math.max(2, to - from));
  const start = Math.min(Math.max(0, from), data.duration - length);
  charts.view = [start, start + length];
  for (const chart of charts.drawn) if (chart instanceof OverTime) chart.draw();
}

/** Zooms around the current time. */
function zoom(factor) {
  const [from, to] = charts.view;
  const length = (to - from) * factor;
  const middle = now.time >= from && now.time <= to ? now.time : (from + to) / 2;
  const part = (middle - from) / (to - from);
  look([middle - part * length, middle + (1 - part) * length]);
}
