"use strict";
/* What the live view shows of each person now: the label, what words, voice and face say alone, the last minute, and a box. It needs page.js and live.js. */
const [QUIET, FORGOTTEN, MINUTE, STALE, LATE] = [1500, 8000, 60000, 600, 0.6];
const MODALITIES = ["text", "voice", "face"];
/** {who: row of the list, box over the picture, when it was told last, and what was shown: [time, label, probability]}. */
const people = new Map();

const best = (scores) => Object.entries(scores).reduce((a, b) => (b[1] > a[1] ? b : a));
const labelled = (label) => data.labels[label]?.name ?? label;

/** What one modality says alone. */
function opinion(modality, scores) {
  const said = make("dd", scores ? "" : "none");
  if (scores) {
    const [label, p] = best(scores);
    said.append(sign(label, true), ` ${labelled(label)} `, make("span", "about", about(p)));
  } else said.append(say("live_unread"));
  return [make("dt", "", data.modalities[modality]), said];
}

/** The last minute as bars: the colour of the label, as high as it is probable. A bar lasts until the next answer, at most 1.5 s. */
function history(past, name) {
  const place = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const drawn = place("svg", { class: "past", viewBox: "0 0 120 20", preserveAspectRatio: "none", role: "img", "aria-label": say("live_history", { who: name }) });
  drawn.append(place("path", { class: "half", d: "M0 10H120" }));
  const at = performance.now();
  past.forEach(([time, label, p], n) => {
    const until = Math.min(past[n + 1]?.[0] ?? at + 200, time + 1500);
    drawn.append(place("rect", { class: `e${data.labels[label]?.place}`, x: 120 - (at - time) / 500, y: 20 - 20 * p, width: (until - time) / 500, height: 20 * p }));
  });
  return make("div", "minute", drawn, make("span", "", say("live_ago")), make("span", "", say("live_now")));
}

/** Keeps what is shown, once for each half second. */
function remember(past, label, p) {
  const at = performance.now();
  if (past.length && Math.floor(past.at(-1)[0] / 500) === Math.floor(at / 500)) past.pop();
  past.push([at, label, p]);
  while (past[0][0] < at - MINUTE) past.shift();
}

/** A box over the mirrored picture, with the sign and the label. A late answer has none: the face has moved on. */
function showBox(one, face, name, label) {
  one.box.hidden = !face;
  if (!face) return;
  const [left, top, right, bottom] = face.map((part) => 100 * part);
  Object.assign(one.box.style, { left: `${100 - right}%`, top: `${top}%`, width: `${right - left}%`, height: `${bottom - top}%` });
  one.box.replaceChildren(make("span", "", sign(label, true), ` ${name ? `${name}: ` : ""}${labelled(label)}`));
}

/** Shows what a person expresses now: the label that does not flicker, and, while the utterance goes on, its words so far. */
function showNow({ answer, face, shown: { who, label, scores } }, goesOn) {
  if (!people.has(who)) {
    people.set(who, { row: make("li"), box: make("div", "box"), past: [], time: 0 });
    byId("live-now").append(people.get(who).row);
    byId("live-boxes").append(people.get(who).box);
  }
  const one = people.get(who);
  const name = who ? person(who) : "";
  const words = make("span", "words", answer.text);
  words.dir = "auto";
  remember(one.past, label, scores[label]);
  const opinions = make("dl", "opinions", ...MODALITIES.flatMap((m) => opinion(m, answer.opinions[m])));
  const mood = make("span", "mood", sign(label, !answer.uncertain), ` ${labelled(label)}${answer.uncertain ? "?" : ""} `, make("span", "about", about(scores[label])));
  one.row.replaceChildren(make("span", "who", name), mood, words, opinions, history(one.past, name));
  one.row.classList.toggle("on", goesOn);
  one.time = performance.now();
  showBox(one, liveTime() - answer.end < LATE ? face : null, name, label);
  byId("live-waiting").hidden = true;
}

/** Marks those who are silent and out of view now, and takes them away after a while. */
function forget() {
  for (const [who, { row, box, time }] of people) {
    const gone = performance.now() - time;
    if (gone > STALE) box.hidden = true;
    if (gone > QUIET) row.classList.remove("on");
    if (gone < FORGOTTEN) continue;
    row.remove();
    box.remove();
    people.delete(who);
  }
}

/** Empties the view for a new session. */
function forgetAll() {
  byId("live-now").replaceChildren();
  byId("live-boxes").replaceChildren();
  byId("live-waiting").hidden = false;
  people.clear();
}
