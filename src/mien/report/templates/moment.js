"use strict";
/* The panel about one moment: answer, what each input says alone, evidence, quality, and the decision path. */
function bar(label, value) {
  const rect = drawn("rect", { width: `${100 * value}%`, height: "100%", rx: 2 });
  return drawn("svg", { class: `bar e${label}`, "aria-hidden": "true" }, rect);
}

function bars(values, most) {
  const order = values.map((_, k) => k).sort((a, b) => values[b] - values[a]).slice(0, most);
  return make("ul", "bars", ...order.map((k) =>
    make("li", "", make("span", "name", sign(k), ` ${data.labels[k].name}`), bar(k, values[k]), make("span", "about", about(values[k])))));
}

function folded(title, open, ...content) {
  const details = make("details", "", make("summary", "", title), ...content);
  details.open = open;
  return details;
}

const best = (values) => values.reduce((top, value, k) => (value > values[top] ? k : top), 0);

function opinions(m) {
  return data.modalities.flatMap((modality, k) => {
    if (!m.o[k]) return [];
    const top = best(m.o[k]);
    const counted = m.k?.[k] ?? null;
    const share = counted !== null ? say("moved", { points: points(1000 * counted) }) : m.m[k] === null ? "" : say("share", { about: about(m.m[k]) });
    const stack = make("div", "stack", ...m.o[k].map((value, label) => {
      const piece = make("i", `e${label}`);
      piece.style.width = `${100 * value}%`;
      return piece;
    }));
    stack.setAttribute("aria-hidden", "true");
    const line = make("span", "line", make("b", "", modality.name), " ", sign(top, m.o[k][top] >= SURE), ` ${data.labels[top].name} `, make("span", "about", about(m.o[k][top])), make("span", "share", share));
    return [make("div", "opinion", line, stack)];
  });
}

/** The value from which the contributions start. */
function started(m) {
  if (!m.k) return [];
  const prior = m.p[m.l] - m.k.reduce((sum, value) => sum + (value ?? 0), 0);
  return [make("p", "help", say("started", { about: about(Math.max(0, prior)) }))];
}

function quality(m) {
  const rows = data.modalities.flatMap((modality, k) =>
    m.q[k].map(([name, value]) => make("tr", "", make("td", "", modality.name), make("td", "", name), make("td", "number", value))));
  return rows.length ? [folded(say("quality"), false, make("table", "", make("tbody", "", ...rows)))] : [];
}

function decision(m) {
  const there = data.modalities.filter((_, k) => m.o[k] || m.m[k] !== null).map((x) => x.name);
  const missing = data.modalities.filter((x) => !there.includes(x.name)).map((x) => x.name);
  const alone = data.modalities.flatMap((x, k) => (m.o[k] ? [`${x.name} ${data.labels[best(m.o[k])].name} (${about(m.o[k][best(m.o[k])])})`] : []));
  const weighed = data.modalities.flatMap((x, k) => (m.m[k] === null ? [] : [`${x.name} ${about(m.m[k])}`]));
  const lines = [say("path_inputs", { list: list(there) })];
  if (missing.length) lines.push(say("path_missing", { list: list(missing) }));
  if (alone.length) lines.push(say("path_opinions", { list: list(alone) }));
  if (m.ev) lines.push(...ran(m));
  if (weighed.length) lines.push(say("path_shares", { list: list(weighed) }));
  lines.push(say("path_answer", { label: data.labels[m.l].name, about: about(m.p[m.l]) }));
  return folded(say("path"), false, make("ol", "prose", ...lines.map((line) => make("li", "", line))));
}

/** What ran for a moment, with which files, and the results of fusion and calibration. */
function ran(m) {
  const keys = data.modalities.flatMap((x, k) => (m.o[k] ? [x.key] : []));
  const mine = data.graphs.filter(([, modality]) => !modality || keys.includes(modality));
  const read = mine.filter(([step]) => step === "prepare").map(([, , part]) => part);
  const files = mine.filter(([, , , file]) => file).map(([, , , file]) => file);
  const weights = data.modalities.flatMap((x, k) => (m.ev.weights[k] === null ? [] : [`${x.name} ${about(m.ev.weights[k])}`]));
  const lines = [say("path_prepared", { list: list(read) }), say("path_weights", { list: list(weights) })];
  const [before, after] = [about(m.ev.pooled), about(m.p[m.ev.label])];
  if (before !== after) lines.push(say("path_calibrated", { before, after }));
  return [...lines, say("path_graphs", { list: list(files) })];
}

function conflict(m) {
  if (!m.c) return [];
  const [a, b] = m.c.map((k) => ({ name: data.modalities[k].name, label: best(m.o[k]), value: m.o[k][best(m.o[k])] }));
  const values = { a: a.name, la: data.labels[a.label].name, pa: about(a.value), b: b.name, lb: data.labels[b.label].name, pb: about(b.value) };
  return [make("p", "clash", say("conflict", values))];
}

/** Why the answer is less sure, and which labels are possible. */
function reasonsOf(m) {
  const lines = [];
  if (m.r) lines.push(say("less_sure", { list: list(m.r.map((name) => data.reasons[name] ?? name)) }));
  if (m.ls?.length > 1) lines.push(say("plausible", { list: list(m.ls.map((k) => data.labels[k].name)) }));
  return lines;
}

function stepButtons() {
  const button = (text, action) => {
    const made = make("button", "tool", text);
    made.type = "button";
    made.addEventListener("click", action);
    return made;
  };
  const parts = [];
  if (player) parts.push(button(`▶ ${say("play")}`, () => { choose(now.shown); player.play().catch(() => {}); }));
  return parts;
}

/** What each input alone says. Of one input alone, all has been said. */
function apart(m, open) {
  return m.o.filter((o) => o).length > 1 ? [folded(say("opinions"), open, ...opinions(m), ...started(m))] : [];
}

/** Fills the panel. Folds that the reader opened stay open. */
function showMoment() {
  const panel = byId("moment");
  const open = new Set([...panel.querySelectorAll("details[open] > summary")].map((s) => s.textContent));
  const known = new Set([...panel.querySelectorAll("summary")].map((s) => s.textContent));
  const roomy = matchMedia("(min-width: 60rem)").matches;
  const m = data.moments[now.shown];
  const words = byId(`m${now.shown}`).querySelector(".words:not(.none)");
  const when = data.duration > 0 && m.e > m.s ? `${clockText(m.s)}–${clockText(m.e)}` : "";
  const who = make("span", "who", data.people[m.w]);
  who.dir = "auto";
  const title = make("p", "title", make("span", "big", sign(m.l, isSure(m)), ` ${nameOf(m)}`), make("span", "about", about(m.p[m.l])));
  const quote = words ? [make("blockquote", "", words.textContent)] : [];
  quote.forEach((q) => (q.dir = "auto"));
  const doubts = [...(isSure(m) ? [] : [say("unsure")]), ...reasonsOf(m)].map((line) => make("p", "help", line));
  panel.replaceChildren(
    make("p", "facts", ...(when ? [make("span", "", when)] : []), make("span", "", who)), title, ...doubts, ...quote, make("div", "steps", ...stepButtons()), ...conflict(m),
    folded(say("probabilities"), roomy, bars(m.p, 4)), ...evidence(m, roomy), ...apart(m, roomy), ...quality(m), decision(m),
  );
  if (known.size) for (const details of panel.querySelectorAll("details")) if (known.has(details.firstChild.textContent)) details.open = open.has(details.firstChild.textContent);
}
