"use strict";
/* Shows one clip after another and sends votes. What the set holds is text, never markup. The server alone knows what comes next. */
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const say = (key, values = {}) => data.words[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
const KEPT = "mien-annotator";
const HEAVIEST = 3;
const now = { who: "", question: null, media: null, seconds: 0, since: null, busy: false, scaled: false };

function status(text, wrong = false) {
  byId("status").textContent = text;
  byId("status").classList.toggle("wrong", wrong);
}

/** Asks the server, and gives its answer; `null` after an error, which the page then tells. */
async function ask(path, body) {
  const options = body ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : {};
  try {
    const answer = await fetch(path, options);
    if (answer.ok) return answer.status === 204 ? {} : await answer.json();
    const problem = await answer.json().catch(() => ({}));
    if (answer.status === 401) {
      byId("token-form").hidden = false;
      byId("token").focus();
    }
    status(problem.detail || data.words.gone, true);
    if (answer.status === 409) await next();
  } catch {
    status(data.words.gone, true);
  }
  return null;
}

/** The time that the clip was in view; a page in the background does not count. */
function spent() {
  return now.seconds + (now.since === null ? 0 : (performance.now() - now.since) / 1000);
}

function watch(on) {
  if (on === (now.since !== null)) return;
  now.seconds = spent();
  now.since = on ? performance.now() : null;
}

/** Plays a clip: the recording itself, or what the server makes of it where the browser cannot play that. */
function player(question, made = question.kind !== "picture" && !question.whole) {
  now.media?.pause?.();
  now.media = null;
  const kind = question.kind;
  const tag = { video: "video", silent: "video", picture: "img", sound: "audio" }[kind];
  byId("player").replaceChildren();
  byId("tools").hidden = byId("span").hidden = !tag || tag === "img" || question.start === null;
  if (!tag) return;
  const media = document.createElement(tag);
  media.setAttribute("aria-label", say("clip"));
  if (tag === "img") {
    media.alt = say("picture");
    media.src = `/media/${encodeURIComponent(question.clip)}`;
  } else {
    byId("tools").hidden = false;
    media.controls = true;
    media.playsInline = true;
    media.muted = kind === "silent";
    media.preload = "auto";
    media.src = `/${kind === "sound" ? "sound" : made ? "video" : "media"}/${encodeURIComponent(question.clip)}`;
    /* Where the file begins on the clock of the recording, if it is cut out of it. */
    media.dataset.offset = kind === "sound" || made ? question.offset : 0;
    media.addEventListener("loadedmetadata", () => again(false));
    media.addEventListener("timeupdate", () => {
      if (!media.paused && question.end !== null && clock() > Number(byId("end").value || question.end)) media.pause();
    });
    media.addEventListener("error", () => {
      if (now.media !== media) return;
      if (tag === "video" && !made) player(question, true);
      else status(say("unplayable"), true);
    });
    now.media = media;
  }
  byId("player").append(media);
}

/** The time of the player on the clock of the recording. */
function clock() {
  return now.media.currentTime + Number(now.media.dataset.offset);
}

function again(play = true) {
  if (!now.media) return;
  const start = Number(byId("start").value || now.question.start || 0);
  now.media.currentTime = Math.max(0, start - Number(now.media.dataset.offset));
  if (play) now.media.play().catch(() => {});
}

function toggle() {
  if (!now.media) return;
  if (!now.media.paused) return now.media.pause();
  const end = Number(byId("end").value || now.question.end || Infinity);
  if (clock() >= end - 0.05) return again();
  now.media.play().catch(() => {});
}

function draftText(draft) {
  const label = data.labels[draft.label]?.name ?? draft.label;
  const p = draft.scores[draft.label] ?? 0;
  const [key, n] = p < 0.05 ? ["under", 5] : p > 0.95 ? ["over", 95] : ["about", 5 * Math.round(20 * p)];
  return say("draft", { label, about: data.numbers[key].replace("{n}", n) });
}

function weigh(button, weight) {
  button.dataset.weight = weight;
  button.setAttribute("aria-pressed", String(weight > 0));
  const shown = button.querySelector(".weight");
  if (shown) shown.textContent = weight > 1 ? `×${weight}` : "";
}

const buttons = () => [...document.querySelectorAll("[data-label]")];
const cannotTell = () => byId("cannot").getAttribute("aria-pressed") === "true";

/** One more time: once, twice and three times as strong, and then not at all. */
function choose(button) {
  byId("cannot").setAttribute("aria-pressed", "false");
  weigh(button, (Number(button.dataset.weight) + 1) % (HEAVIEST + 1));
}

function tellNot() {
  const pressed = !cannotTell();
  if (pressed) buttons().forEach((button) => weigh(button, 0));
  byId("cannot").setAttribute("aria-pressed", String(pressed));
}

function scale(given) {
  now.scaled = given;
  const [v, a] = [Number(byId("valence").value), Number(byId("arousal").value)];
  byId("point").hidden = !given;
  byId("point").style.left = `${50 * (v + 1)}%`;
  byId("point").style.top = `${50 * (1 - a)}%`;
  byId("scaled").textContent = given ? say("scaled", { v: v.toFixed(2), a: a.toFixed(2) }) : say("not_given");
}

function unscale() {
  byId("valence").value = byId("arousal").value = 0;
  scale(false);
}

function show(question) {
  now.question = question;
  byId("desk").hidden = false;
  byId("who-form").hidden = true;
  byId("vote").hidden = document.querySelector(".clip").hidden = !question;
  if (!question) {
    now.media?.pause();
    watch(false);
    byId("progress").value = 1;
    byId("count").textContent = "";
    status(say("all_done"));
    return;
  }
  byId("progress").value = question.all ? question.done / question.all : 0;
  byId("count").textContent = say("count", { done: question.done, all: question.all });
  byId("alone").hidden = !question.alone;
  byId("alone").textContent = say("alone", { what: question.shown.map((m) => data.modalities[m] ?? m).join(" + ") });
  byId("words").hidden = !question.text;
  byId("words").textContent = question.text;
  byId("draft").hidden = !question.draft;
  byId("draft").textContent = question.draft ? draftText(question.draft) : "";
  for (const id of ["start", "end"]) byId(id).value = question[id] === null ? "" : question[id].toFixed(2);
  for (const id of ["free", "comment"]) byId(id).value = "";
  buttons().forEach((button) => weigh(button, 0));
  byId("cannot").setAttribute("aria-pressed", "false");
  unscale();
  player(question);
  now.seconds = 0;
  now.since = null;
  watch(!document.hidden);
  byId("h-clip").focus({ preventScroll: true });
}

async function next() {
  const answer = await ask(`/v1/label/next?annotator=${encodeURIComponent(now.who)}`);
  if (answer) show(answer.question);
}

/** The corrected end of the span; `null` for one that was left as it was. */
function corrected() {
  const [start, end] = [Number(byId("start").value), Number(byId("end").value)];
  const { start: was, end: until } = now.question;
  if (was === null || (Math.abs(start - was) < 0.006 && Math.abs(end - until) < 0.006)) return { start: null, end: null };
  return { start, end };
}

async function send() {
  if (now.busy || !now.question) return;
  const span = corrected();
  if (span.start !== null && !(span.end > span.start)) return status(say("bad_span"), true);
  const labels = Object.fromEntries(buttons().filter((b) => b.dataset.weight > 0).map((b) => [b.dataset.label, Number(b.dataset.weight)]));
  const words = byId("free").value.trim();
  if (!Object.keys(labels).length && !cannotTell() && !now.scaled && !words) return status(say("choose"), true);
  const scaled = now.scaled ? { valence: Number(byId("valence").value), arousal: Number(byId("arousal").value) } : {};
  const { clip, number } = now.question;
  const ballot = { annotator: now.who, clip, number, labels, words, cannot_tell: cannotTell(), comment: byId("comment").value.trim(), seconds: spent(), ...span, ...scaled };
  now.busy = true;
  const answer = await ask("/v1/label/votes", ballot);
  now.busy = false;
  if (!answer) return;
  status(answer.draft ? `${say("kept")} ${draftText(answer.draft)}` : say("kept"));
  show(answer.question);
}

async function undo() {
  if (now.busy) return;
  now.busy = true;
  const answer = await ask("/v1/label/undo", { annotator: now.who });
  now.busy = false;
  if (!answer) return;
  status(say(answer.undone ? "undone" : "nothing_to_undo"));
  show(answer.question);
}

function cut(id) {
  if (now.media) byId(id).value = clock().toFixed(2);
}

byId("who-form").addEventListener("submit", (event) => {
  event.preventDefault();
  now.who = byId("who").value.trim();
  if (!now.who) return;
  localStorage.setItem(KEPT, now.who);
  next();
});
byId("token-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!(await ask("/v1/session", { token: byId("token").value }))) return;
  byId("token-form").hidden = true;
  status("");
  next();
});
byId("vote").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
buttons().forEach((button) => button.addEventListener("click", () => choose(button)));
byId("cannot").addEventListener("click", tellNot);
byId("play").addEventListener("click", toggle);
byId("again").addEventListener("click", () => again());
byId("undo").addEventListener("click", undo);
byId("unscale").addEventListener("click", unscale);
byId("start-now").addEventListener("click", () => cut("start"));
byId("end-now").addEventListener("click", () => cut("end"));
for (const id of ["valence", "arousal"]) byId(id).addEventListener("input", () => scale(true));
byId("leave").addEventListener("click", () => {
  localStorage.removeItem(KEPT);
  location.reload();
});
byId("manifest").addEventListener("click", async () => {
  const answer = await ask("/v1/label/manifest", {});
  if (answer) status(say("written", answer));
});
for (const kind of ["pointerdown", "pointermove"]) {
  byId("pad").addEventListener(kind, (event) => {
    if (kind === "pointermove" && !event.buttons) return;
    const box = byId("pad").getBoundingClientRect();
    const part = (at, from, size) => Math.max(-1, Math.min(1, (2 * (at - from)) / size - 1));
    byId("valence").value = part(event.clientX, box.left, box.width);
    byId("arousal").value = -part(event.clientY, box.top, box.height);
    scale(true);
  });
}

/** Opens a part of the form that is folded, and puts the cursor into it. */
function open(part, field) {
  byId(part).open = true;
  byId(field).focus();
}

const KEYS = { " ": toggle, r: () => again(), u: undo, 0: tellNot, "?": tellNot, "[": () => cut("start"), "]": () => cut("end"), v: () => open("scale", "valence"), w: () => open("more", "free"), Enter: send };
document.addEventListener("keydown", (event) => {
  if (byId("desk").hidden || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = event.target;
  if (event.key === "Escape") return byId("h-clip").focus();
  const writing = at.matches("textarea, input:not([type='range'])");
  if (writing && !(event.key === "Enter" && at.tagName === "INPUT")) return;
  /* Keys that mean something to what has the focus keep that meaning. */
  const own = event.key === " " || (event.key === "Enter" && !at.matches(".label"));
  if (own && at.matches("button, summary, video, audio")) return;
  const place = Number(event.key) - 1;
  const act = place >= 0 && place < 9 ? buttons()[place] && (() => choose(buttons()[place])) : KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
document.addEventListener("visibilitychange", () => now.question && watch(!document.hidden));
byId("who").value = localStorage.getItem(KEPT) ?? "";
document.documentElement.dataset.ready = "";
