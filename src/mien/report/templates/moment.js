"use strict";
/* The panel about one moment: answer, what each input says alone, evidence, quality, and how the answer came about. */
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
    const share = m.m[k] === null ? "" : say("share", { about: about(m.m[k]) });
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

function quality(m) {
  const rows = data.modalities.flatMap((modality, k) =>
    m.q[k].map(([name, value]) => make("tr", "", make("td", "", modality.name), make("td", "", name), make("td", "number", value))));
  return rows.length ? [folded(say("quality"), false, make("table", "", make("tbody", "", ...rows)))] : [];
}

/* Explanations: words, moments of the voice, regions of the face. Each is there when the report was made with it. */
const strength = (weight) => `${Math.round(40 * Math.abs(weight))}%`;

function weighedWords(m) {
  const label = labelOf(m);
  const space = m.ev.words.some(([word]) => /^\s/.test(word)) || !byId(`m${data.moments.indexOf(m)}`).textContent.includes(" ") ? "" : " ";
  return m.ev.words.flatMap(([word, weight]) => {
    const span = make("span", `w e${label} ${weight < -0.05 ? "against" : weight > 0.05 ? "for" : ""}`, word);
    span.style.setProperty("--depth", strength(weight));
    return [span, space];
  });
}

const explainedWords = (m) => [make("h3", "", say("evidence_words")), make("p", "evidence-words", ...weighedWords(m))];

function explainedVoice(ev, label, m) {
  const length = m.e - m.s || 1;
  const pieces = ev.voice.map(([start, end, weight]) => {
    const piece = make("i", `e${label} ${weight < 0 ? "against" : ""}`);
    const height = weight < 0 ? 0.4 : 1;
    Object.assign(piece.style, { left: `${(100 * (start - m.s)) / length}%`, width: `${(100 * (end - start)) / length}%`, height: `${100 * height * Math.abs(weight)}%` });
    return piece;
  });
  const sound = make("div", "sound", ...pieces);
  sound.setAttribute("role", "img");
  const top = ev.voice.reduce((found, piece) => (piece[2] > found[2] ? piece : found), ev.voice[0]);
  sound.setAttribute("aria-label", `${say("evidence_voice")}: ${clockText(top[0])}, ${say(top[2] < 0 ? "against" : "for")}`);
  return [make("h3", "", say("evidence_voice")), sound];
}

function explainedFace(ev, label) {
  const [rows, columns] = [ev.face.length, ev.face[0].length];
  const cells = ev.face.flatMap((row, y) => row.map((weight, x) =>
    drawn("rect", { x, y, width: 1, height: 1, class: `e${label}`, fill: weight < 0 ? "#000" : data.labels[label].colour, "fill-opacity": (0.65 * Math.abs(weight)).toFixed(2) })));
  const map = make("div", "map");
  if (ev.picture) {
    const picture = make("img");
    picture.src = ev.picture;
    picture.alt = "";
    map.append(picture);
  }
  map.append(drawn("svg", { viewBox: `0 0 ${columns} ${rows}`, preserveAspectRatio: "none", "aria-hidden": "true" }, ...cells));
  map.setAttribute("role", "img");
  map.setAttribute("aria-label", say("evidence_face"));
  return [make("h3", "", say("evidence_face")), map];
}

/** The label that the evidence of a moment is about. */
function labelOf(m) {
  const found = data.labels.findIndex((label) => label.name === m.ev.label);
  return found < 0 ? m.l : found;
}

function evidence(m) {
  const ev = m.ev;
  if (!ev) return [];
  const label = labelOf(m);
  const parts = [];
  if (ev.words.length) parts.push(...explainedWords(m));
  if (ev.voice.length) parts.push(...explainedVoice(ev, label, m));
  if (ev.face.length) parts.push(...explainedFace(ev, label));
  return [folded(say("evidence", { label: ev.label }), true, ...parts, make("p", "help", say("evidence_key")))];
}

function decision(m) {
  const there = data.modalities.filter((_, k) => m.o[k] || m.m[k] !== null).map((x) => x.name);
  const missing = data.modalities.filter((x) => !there.includes(x.name)).map((x) => x.name);
  const alone = data.modalities.flatMap((x, k) => (m.o[k] ? [`${x.name} ${data.labels[best(m.o[k])].name} (${about(m.o[k][best(m.o[k])])})`] : []));
  const weighed = data.modalities.flatMap((x, k) => (m.m[k] === null ? [] : [`${x.name} ${about(m.m[k])}`]));
  const lines = [say("path_inputs", { list: list(there) })];
  if (missing.length) lines.push(say("path_missing", { list: list(missing) }));
  if (alone.length) lines.push(say("path_opinions", { list: list(alone) }));
  if (weighed.length) lines.push(say("path_shares", { list: list(weighed) }));
  lines.push(say("path_answer", { label: data.labels[m.l].name, about: about(m.p[m.l]) }));
  return folded(say("path"), false, make("ol", "prose", ...lines.map((line) => make("li", "", line))));
}

function conflict(m) {
  if (!m.c) return [];
  const [a, b] = m.c.map((k) => ({ name: data.modalities[k].name, label: best(m.o[k]), value: m.o[k][best(m.o[k])] }));
  const values = { a: a.name, la: data.labels[a.label].name, pa: about(a.value), b: b.name, lb: data.labels[b.label].name, pb: about(b.value) };
  return [make("p", "clash", say("conflict", values))];
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

/** Fill the panel; folds the reader opened stay open. */
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
  const uncertain = isSure(m) ? [] : [make("p", "help", say("unsure"))];
  panel.replaceChildren(
    make("p", "facts", ...(when ? [make("span", "", when)] : []), make("span", "", who)), title, ...uncertain, ...quote, make("div", "steps", ...stepButtons()), ...conflict(m),
    folded(say("probabilities"), roomy, bars(m.p, 4)), ...evidence(m), folded(say("opinions"), roomy, ...opinions(m)), ...quality(m), decision(m),
  );
  if (known.size) for (const details of panel.querySelectorAll("details")) if (known.has(details.firstChild.textContent)) details.open = open.has(details.firstChild.textContent);
}
