"use strict";
/* Sends a clip, shows what the server tells while it reads, and then the report. Everything that comes from a clip is text, never markup. */
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const say = (key, values = {}) => data.words[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
const FORMS = { json: "get_json", csv: "get_csv", vtt: "get_vtt", html: "get_html" };
const now = { job: null, source: null, request: null, url: null, retry: null };

function make(tag, className, ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

function sign(label, sure) {
  const known = data.labels[label];
  if (!known) return "";
  const drawn = (tag, attributes, ...content) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...content);
    return element;
  };
  const use = drawn("use", { href: `#sign-${known.sign}` });
  return drawn("svg", { class: `sign e${known.place}${sure ? "" : " open"}`, viewBox: "0 0 16 16", "aria-hidden": "true" }, use);
}

function clock(seconds) {
  const two = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** A probability to the nearest 5 %, in the words of the report. */
function about(p) {
  const [key, n] = p < 0.05 ? ["under", 5] : p > 0.95 ? ["over", 95] : ["about", 5 * Math.round(20 * p)];
  return data.numbers[key].replace("{n}", n);
}

/** The name of a person as in the report. */
function person(who) {
  const found = /^(person|voice)-(\d+)$/.exec(who);
  return found ? data.people[found[1]].replace("{n}", found[2]) : who;
}

/** Asks for the token of the server, and then does what needed it. */
function askToken(again) {
  now.retry = again;
  byId("token-form").hidden = false;
  byId("token").focus();
}

function status(text) {
  byId("status").textContent = text;
}

function stop(text) {
  now.source?.close();
  Object.assign(now, { job: null, source: null, request: null });
  byId("progress").hidden = byId("cancel").hidden = true;
  byId("read").disabled = false;
  status(text);
}

/** The sentence of a problem (RFC 9457), or a general one when the answer holds none. */
function sentence(text) {
  try {
    return JSON.parse(text).detail || say("failed");
  } catch {
    return say("failed");
  }
}

function showAnswer(answer) {
  const label = answer.emotion.label;
  const name = data.labels[label]?.name ?? label;
  const mood = make("span", "mood", sign(label, !answer.uncertain), ` ${name}${answer.uncertain ? "?" : ""} `, make("span", "about", about(answer.emotion.scores[label])));
  const words = make("span", "words", answer.who ? `${person(answer.who)}: ` : "", answer.text || say("no_words"));
  words.dir = "auto";
  byId("moments").append(make("li", "", make("span", "when", clock(answer.start)), mood, words));
  byId("moments").scrollTop = byId("moments").scrollHeight;
}

function showProgress({ done, total }) {
  const bar = byId("progress");
  if (total > 0) bar.value = Math.min(1, done / total);
  else bar.removeAttribute("value");
  status(say("reached", { clock: clock(done) }));
}

function showReport(job) {
  const at = (form) => `/v1/jobs/${job}/result?form=${form}`;
  byId("links").replaceChildren(...Object.entries(FORMS).map(([form, key]) => {
    const link = make("a", "", say(key));
    link.href = at(form);
    link.download = `mien.${form}`;
    return link;
  }));
  byId("frame").src = at("html");
  byId("report").hidden = false;
}

function listen(job) {
  now.job = job;
  const source = (now.source = new EventSource(`/v1/jobs/${job}/events`));
  const on = (name, act) => source.addEventListener(name, (event) => act(JSON.parse(event.data)));
  on("progress", showProgress);
  on("answer", showAnswer);
  on("notice", (notice) => byId("notices").append(make("li", "", notice.sentence)));
  on("end", () => {
    stop(say("done"));
    showReport(job);
  });
  on("failed", (failure) => stop(failure.detail || say("failed")));
  on("cancelled", () => stop(say("cancelled")));
  source.onerror = () => source.readyState === EventSource.CLOSED && stop(say("gone"));
}

function showPlayer(file) {
  if (now.url) URL.revokeObjectURL(now.url);
  now.url = null;
  byId("player").replaceChildren();
  const kind = file?.type.split("/")[0];
  const tag = { video: "video", audio: "audio", image: "img" }[kind];
  if (!tag) return;
  const player = make(tag);
  player.src = now.url = URL.createObjectURL(file);
  if (tag === "img") player.alt = file.name;
  else player.controls = true;
  player.setAttribute("aria-label", file.name);
  byId("player").append(player);
}

function send(file, text) {
  if (file && file.size > data.most) return begin(file, say("too_large"), true);
  const form = new FormData();
  if (file) form.append("file", file);
  if (text) form.append("text", text);
  form.append("forms", "json,csv,vtt,html");
  form.append("lang", data.lang);
  const request = (now.request = new XMLHttpRequest());
  request.open("POST", "/v1/analyze");
  if (file) request.setRequestHeader("Prefer", "respond-async");
  let body = form;
  if (!file) {
    request.setRequestHeader("Content-Type", "application/json");
    request.setRequestHeader("Prefer", "respond-async");
    body = JSON.stringify({ text, forms: "json,csv,vtt,html", lang: data.lang });
  }
  request.upload.onprogress = (event) => event.lengthComputable && (byId("progress").value = event.loaded / event.total);
  request.onload = () => {
    if (request.status === 202) return listen(JSON.parse(request.responseText).id);
    if (request.status === 401) askToken(() => send(file, text));
    stop(sentence(request.responseText));
  };
  request.onerror = () => stop(say("gone"));
  begin(file, say("sending"));
  request.send(body);
}

/** Empties the page for a new clip. `over` says that there is none after all, and the text why. */
function begin(file, text, over = false) {
  for (const id of ["moments", "notices", "links"]) byId(id).replaceChildren();
  byId("reading").hidden = byId("progress").hidden = byId("cancel").hidden = false;
  byId("report").hidden = true;
  byId("frame").removeAttribute("src");
  byId("progress").removeAttribute("value");
  byId("read").disabled = true;
  showPlayer(file);
  status(text);
  if (over) stop(text);
  byId("reading").scrollIntoView({ block: "nearest" });
}

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const [file, text] = [byId("file").files[0], byId("text").value.trim()];
  if (file || text) send(file, text);
  else byId("file").focus();
});
byId("cancel").addEventListener("click", () => {
  now.request?.abort();
  if (now.job) fetch(`/v1/jobs/${now.job}`, { method: "DELETE" });
  stop(say("cancelled"));
});
byId("token-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = JSON.stringify({ token: byId("token").value });
  const answer = await fetch("/v1/session", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  if (!answer.ok) return status(sentence(await answer.text()));
  byId("token-form").hidden = true;
  byId("token").value = "";
  now.retry?.();
});
const drop = byId("drop");
for (const name of ["dragover", "dragenter"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  const file = event.dataTransfer.files[0];
  if (file && !byId("read").disabled) send(file, byId("text").value.trim());
});
document.documentElement.dataset.ready = "yes";
