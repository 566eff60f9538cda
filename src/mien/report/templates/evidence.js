"use strict";
/* Explanations: words, moments and bands of the voice, regions of the face. Weights are thousandths of a probability. */
const LEAST = 10; // one percentage point; the scale of the colours never becomes smaller
const largest = (weights) => Math.max(LEAST, ...weights.map(Math.abs));

function points(thousandths) {
  const value = Math.abs(thousandths) < 95 ? (thousandths / 10).toFixed(1) : String(Math.round(thousandths / 10));
  return say("points", { n: Number(value) > 0 ? `+${value}` : value });
}

/** "for", "against" or "". A weight below one percentage point, or small beside the largest weight, is not marked. */
const side = (weight, top) => (Math.abs(weight) < Math.max(LEAST, 0.15 * top) ? "" : weight > 0 ? "for" : "against");

function weighedWords(m) {
  const top = largest(m.ev.text.map(([, weight]) => weight));
  const space = m.ev.text.some(([word]) => /^\s/.test(word)) || !byId(`m${data.moments.indexOf(m)}`).textContent.includes(" ") ? "" : " ";
  return m.ev.text.flatMap(([word, weight]) => {
    const span = make("span", `w e${m.ev.label} ${side(weight, top)}`, word);
    span.style.setProperty("--depth", `${Math.round((45 * Math.abs(weight)) / top)}%`);
    return [span, space];
  });
}

/** A sentence on the part that supports the label most. */
function strongest(weights, name) {
  const at = weights.indexOf(Math.max(...weights));
  const line = weights[at] < LEAST ? say("evidence_nothing") : say("evidence_strongest", { what: name(at), points: points(weights[at]) });
  return make("p", "help", line);
}

function explainedWords(m) {
  const found = m.ev.text;
  return [make("h3", "", say("evidence_words")), make("p", "evidence-words", ...weighedWords(m)), strongest(found.map(([, w]) => w), (i) => found[i][0].trim())];
}

/** A rectangle that is darker for a larger weight. It is dashed when the weight is negative. */
function cell(x, y, width, height, weight, top, label) {
  const which = side(weight, top);
  const opacity = which === "for" ? (0.15 + (0.7 * weight) / top).toFixed(2) : "0";
  return drawn("rect", { x, y, width, height, class: `cell e${label} ${which}`, "fill-opacity": opacity });
}

const seconds = (time) => say("seconds", { n: time.toFixed(1) });

function explainedVoice(ev) {
  const { edges, bands, rows } = ev.voice;
  const length = edges.at(-1) - edges[0] || 1;
  const top = largest(rows.flat());
  const cells = rows.flatMap((row, y) => row.map((weight, i) => cell((100 * (edges[i] - edges[0])) / length, 10 * y + 0.6, (100 * (edges[i + 1] - edges[i])) / length - 0.6, 8.8, weight, top, ev.label)));
  const strip = drawn("svg", { class: "strip", viewBox: `0 0 100 ${10 * rows.length}`, preserveAspectRatio: "none", "aria-hidden": "true" }, ...cells);
  const count = edges.length - 1;
  const name = (i) => say("evidence_hertz", { from: bands[Math.floor(i / count)][0], to: bands[Math.floor(i / count)][1], time: seconds(edges[i % count]) });
  const pitch = make("span", "pitch", make("span", "", say("evidence_high")), make("span", "", say("evidence_low")));
  const clock = make("span", "clock", make("span", "", seconds(edges[0])), make("span", "", seconds(edges.at(-1))));
  return [make("h3", "", say("evidence_voice")), make("div", "sound", pitch, strip, clock), strongest(rows.flat(), name)];
}

function explainedFace(ev) {
  const { boxes, picture } = ev.face;
  const weights = boxes.map((box) => box[4]);
  const top = largest(weights);
  const map = make("div", "map");
  if (picture) {
    const shown = make("img");
    shown.src = picture;
    shown.alt = "";
    map.append(shown);
  }
  const cells = boxes.map(([x, y, right, bottom, weight]) => cell(100 * x, 100 * y, 100 * (right - x), 100 * (bottom - y), weight, top, ev.label));
  map.append(drawn("svg", { viewBox: "0 0 100 100", "aria-hidden": "true" }, ...cells));
  const third = (low, high, names) => say(names[Math.min(2, Math.floor(1.5 * (low + high)))]);
  const name = (i) => say("evidence_place", {
    row: third(boxes[i][1], boxes[i][3], ["place_top", "place_middle", "place_bottom"]),
    column: third(boxes[i][0], boxes[i][2], ["place_left", "place_centre", "place_right"]),
  });
  return [make("h3", "", say("evidence_face")), map, strongest(weights, name)];
}

function evidenceParts(m) {
  const ev = m.ev ?? {};
  return [ev.text ? explainedWords(m) : [], ev.voice ? explainedVoice(ev) : [], ev.face ? explainedFace(ev) : []].filter((part) => part.length);
}

const evidenceTitle = (m) => say("evidence", { label: data.labels[m.ev.label].name });

function evidence(m, open) {
  const parts = evidenceParts(m);
  return parts.length ? [folded(evidenceTitle(m), open, ...parts.flat(), make("p", "help", say("evidence_key")))] : [];
}

/** On a printed page nothing can be chosen, so every explained moment is shown. */
function printedEvidence() {
  const articles = data.moments.flatMap((m) => {
    const parts = evidenceParts(m).map((part) => make("div", "", ...part));
    if (!parts.length) return [];
    const when = data.duration > 0 && m.e > m.s ? `${clockText(m.s)} · ` : "";
    return make("article", "", make("h3", "", `${when}${data.people[m.w]} · ${evidenceTitle(m)}`), make("div", "evidences", ...parts));
  });
  return articles.length ? [make("p", "help", say("evidence_key")), ...articles] : [];
}
