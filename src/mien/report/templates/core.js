"use strict";
/* What the other scripts share: the data, words, functions that make elements, and the clock that a player or a click moves. */
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);

/** A sentence of the catalogue with its gaps filled. */
const say = (key, values = {}) => data.words[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));

/** A probability to the nearest 5 %, or ">99%", in the same words as in Python. */
function about(p) {
  if (p < 0.05) return say("under", { n: 5 });
  if (p >= 0.995) return say("nearly");
  if (p > 0.95) return say("over", { n: 95 });
  return say("about", { n: 5 * Math.round(20 * p) });
}

/** A time in the form that players show. */
function clockText(seconds) {
  const t = Math.floor(seconds + 1e-6);
  const two = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(t / 3600), Math.floor(t / 60) % 60, t % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

const list = (parts) => (parts.length < 2 ? parts.join("") : parts.slice(0, -1).join(say("comma")) + say("and") + parts.at(-1));

/** An element. Its text is never read as markup. */
function make(tag, className = "", ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";
function drawn(tag, attributes, ...content) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...content);
  return element;
}

function sign(label, sure = true) {
  const use = drawn("use", { href: `#sign-${data.labels[label].sign}` });
  return drawn("svg", { class: `sign e${label}${sure ? "" : " open"}`, viewBox: "0 0 16 16", "aria-hidden": "true" }, use);
}

const SURE = 0.5;
const isSure = (moment) => !moment.u;
const nameOf = (moment) => data.labels[moment.l].name + (isSure(moment) ? "" : "?");

/* The bytes of an embedded clip become a file of the page, because seeking in a file works in every browser. */
const clip = byId("clip");
if (clip && byId("clip-bytes")) {
  const raw = atob(byId("clip-bytes").textContent);
  const bytes = Uint8Array.from(raw, (c) => c.charCodeAt(0));
  byId("clip-bytes").remove();
  clip.src = URL.createObjectURL(new Blob([bytes], { type: data.mime.includes("*") ? "" : data.mime }));
}
const player = clip instanceof HTMLMediaElement ? clip : null;

/* The current time, the moments at this time, and the moment that is shown. Other scripts listen to its changes. */
const now = { time: 0, active: new Set(), shown: 0, listeners: [] };
const longest = Math.max(0, ...data.moments.map((m) => m.e - m.s));

/** Indices of the moments at a time. */
function at(time) {
  let [low, high] = [0, data.moments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (data.moments[middle].s <= time) low = middle + 1;
    else high = middle;
  }
  const found = [];
  for (let i = low - 1; i >= 0 && data.moments[i].s >= time - longest; i--) if (time < data.moments[i].e) found.unshift(i);
  return found;
}

/** Tells all listeners what is playing. `wanted` is the moment that the user chose; without it, the latest one is shown. */
function moveTo(time, wanted = null) {
  const found = at(time);
  if (wanted !== null && !found.includes(wanted)) found.push(wanted);
  const kept = found.includes(now.shown) ? now.shown : found.at(-1);
  const shown = wanted ?? kept ?? now.shown;
  const changed = shown !== now.shown || found.length !== now.active.size || found.some((i) => !now.active.has(i));
  Object.assign(now, { time, shown, active: new Set(found) });
  for (const listener of now.listeners) listener(changed);
}

/** Goes to a moment or to a time. */
function seek(time, wanted = null) {
  if (player) player.currentTime = time;
  moveTo(time, wanted);
}
const choose = (index) => seek(data.moments[index].s + 0.001 * (data.moments[index].e > data.moments[index].s), index);
