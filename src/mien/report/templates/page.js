"use strict";
/* Joins all parts: player, charts, transcript, keys, print. */
const buttons = [...document.querySelectorAll("#transcript .moment")];
const scroller = byId("transcript");

function toolButton(text, label, action) {
  const made = make("button", "tool", text);
  made.type = "button";
  made.setAttribute("aria-label", label);
  made.title = label;
  made.addEventListener("click", action);
  return made;
}

/* Rows of the transcript that are there at once. The others are a click away, so that no list scrolls inside the page. */
const ROWS = matchMedia("(max-width: 40rem)").matches ? 6 : 40;
const rows = { page: 0, all: false };

/** Indices of the moments that the filter leaves. */
const left = () => data.moments.map((_, i) => i).filter((i) => !buttons[i].closest("li").hidden);

/** Shows the stretch of the transcript with the given number, or all of it. */
function showRows() {
  const open = left();
  const last = Math.max(0, Math.ceil(open.length / ROWS) - 1);
  rows.page = Math.min(last, Math.max(0, rows.page));
  const near = new Set(rows.all ? open : open.slice(rows.page * ROWS, (rows.page + 1) * ROWS));
  buttons.forEach((button, i) => button.closest("li").classList.toggle("away", !near.has(i)));
  const step = (by) => () => { rows.page += by; showRows(); };
  const parts = [];
  if (last && !rows.all) {
    const from = rows.page * ROWS;
    parts.push(make("span", "about", say("rows", { from: from + 1, to: Math.min(open.length, from + ROWS), all: open.length })));
    if (rows.page) parts.push(toolButton(say("earlier"), say("earlier"), step(-1)));
    if (rows.page < last) parts.push(toolButton(say("later"), say("later"), step(1)));
  }
  if (last) parts.push(toolButton(say(rows.all ? "rows_few" : "rows_all"), say(rows.all ? "rows_few" : "rows_all"), () => { rows.all = !rows.all; showRows(); }));
  byId("pages").replaceChildren(...parts);
}

/** Marks what is playing in the transcript, and turns to its rows. */
function markTranscript() {
  for (const old of scroller.querySelectorAll('[aria-current="true"]')) old.removeAttribute("aria-current");
  for (const index of now.active) buttons[index].setAttribute("aria-current", "true");
  for (const old of scroller.querySelectorAll('.moment[tabindex="0"]')) old.tabIndex = -1;
  const shown = buttons[now.shown];
  shown.tabIndex = 0;
  const row = shown.closest("li");
  if (row.hidden || !row.classList.contains("away")) return;
  rows.page = Math.floor(left().indexOf(now.shown) / ROWS);
  showRows();
}

/** The moment `by` places further, without the moments that are filtered out. */
function beside(by) {
  const open = left();
  const place = Math.max(0, open.indexOf(now.shown));
  return open[Math.min(open.length - 1, Math.max(0, place + by))] ?? now.shown;
}

const MOVES = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };

function onKey(event, focusMoment) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key in MOVES) {
    choose(beside(MOVES[event.key]));
    if (focusMoment) buttons[now.shown].focus({ preventScroll: true });
  } else if (event.key === " " && player) {
    if (player.paused) player.play().catch(() => {});
    else player.pause();
  } else if (event.key === "+" || event.key === "=") zoom(0.5);
  else if (event.key === "-") zoom(2);
  else return;
  event.preventDefault();
}

/** Colours explained words by their own weights and not by the answer. */
function colourWords() {
  data.moments.forEach((m, index) => {
    if (!m.ev?.text?.length) return;
    const mark = buttons[index].querySelector("mark");
    mark?.classList.add("explained");
    mark?.replaceChildren(...weighedWords(m));
  });
}

function setUpTranscript() {
  colourWords();
  buttons.forEach((button, index) => button.addEventListener("click", () => choose(index)));
  scroller.addEventListener("keydown", (event) => onKey(event, true));
  for (const button of document.querySelectorAll(".go")) button.addEventListener("click", () => choose(Number(button.dataset.moment)));
  showRows();
  setUpConflicts();
  if (data.people.length < 2) return;
  const select = make("select");
  select.append(new Option(say("everybody"), "-1"), ...data.people.map((person, i) => new Option(person, String(i))));
  select.addEventListener("change", () => {
    data.moments.forEach((m, i) => (buttons[i].closest("li").hidden = select.value !== "-1" && String(m.w) !== select.value));
    showRows();
  });
  byId("filter").append(make("label", "", `${say("filter")} `, select));
}

/** The first conflicts; a button shows all. */
function setUpConflicts() {
  const found = [...document.querySelectorAll(".conflicts li")].slice(ROWS / 2);
  if (!found.length) return;
  for (const row of found) row.classList.add("away");
  const button = toolButton(say("rows_all"), say("rows_all"), () => {
    for (const row of found) row.classList.remove("away");
    button.remove();
  });
  byId("more-conflicts").append(button);
}

function setUpTimeline() {
  const box = byId("chart-timeline");
  if (!box) return;
  box.tabIndex = 0;
  box.setAttribute("role", "slider");
  box.setAttribute("aria-label", `${say("slider")}. ${say("chart_timeline")}`);
  box.setAttribute("aria-valuemin", "0");
  box.setAttribute("aria-valuemax", String(data.duration));
  box.addEventListener("keydown", (event) => onKey(event, false));
  byId("tools").append(
    toolButton("‹", say("previous"), () => choose(beside(-1))), toolButton("›", say("next"), () => choose(beside(1))),
    toolButton("−", say("zoom_out"), () => zoom(2)), toolButton("+", say("zoom_in"), () => zoom(0.5)),
    toolButton(say("zoom_all"), say("zoom_all"), () => look([0, data.duration])),
  );
  charts.all.push(new Lanes(box));
}

/** What a screen reader says about the position in the timeline. */
function tellTimeline() {
  const box = byId("chart-timeline");
  if (!box) return;
  const m = data.moments[now.shown];
  box.setAttribute("aria-valuenow", now.time.toFixed(1));
  box.setAttribute("aria-valuetext", `${clockText(now.time)}, ${data.people[m.w]}, ${nameOf(m)}, ${about(m.p[m.l])}`);
}

function setUpPlayer() {
  if (!clip) return;
  const missing = () => (byId("missing").hidden = false);
  clip.addEventListener("error", missing);
  setUpBoxes();
  // The player may have failed before this script ran.
  if (player ? player.error : clip.complete && !clip.naturalWidth) missing();
  if (!player) return;
  const tick = () => {
    moveTo(player.currentTime);
    const [from, to] = charts.view;
    if (!player.paused && (player.currentTime > to || player.currentTime < from)) look([player.currentTime, player.currentTime + to - from]);
    if (!player.paused && !player.ended) requestAnimationFrame(tick);
  };
  player.addEventListener("play", tick);
  player.addEventListener("timeupdate", () => { if (player.paused) moveTo(player.currentTime); });
  player.addEventListener("seeked", () => moveTo(player.currentTime));
}

/** The clip stays in view while the page scrolls below it, until it is unpinned. */
function setUpPin() {
  const pinned = player ? byId("player") : byId("watch");
  const button = toolButton(say("pin"), say("pin"), () => {
    const off = document.documentElement.classList.toggle("unpinned");
    button.setAttribute("aria-pressed", String(!off));
  });
  button.setAttribute("aria-pressed", "true");
  byId("player-tools").append(button);
  // A panel that is higher than the window sticks by its lower end, so that all of it can be read.
  const watch = byId("watch");
  const fit = () => (watch.style.top = `${Math.min(16, innerHeight - watch.offsetHeight - 16)}px`);
  new ResizeObserver(fit).observe(watch);
  addEventListener("resize", fit);
  return pinned;
}

/** All charts are there from the start, and are drawn anew when the width changes or the page is printed. */
function setUpCharts() {
  // Labels that are not emotions have no valence and arousal, so there is no path.
  if (byId("chart-path")) charts.all.push(new Path(byId("chart-path")));
  const folds = [...document.querySelectorAll("details.fold, details.how")];
  const roomy = matchMedia("(min-width: 60rem)").matches;
  for (const fold of folds) fold.open = roomy && fold.classList.contains("fold");
  charts.all.forEach((chart) => chart.draw());
  document.documentElement.dataset.drawn = String(charts.all.length);
  const widths = new Map(charts.all.map((chart) => [chart.box, chart.box.clientWidth]));
  const resized = new ResizeObserver((changes) => {
    for (const { target } of changes) {
      if (!target.clientWidth || target.clientWidth === widths.get(target)) continue;
      widths.set(target, target.clientWidth);
      charts.all.find((chart) => chart.box === target).draw();
    }
  });
  for (const chart of charts.all) resized.observe(chart.box);
  let were = [];
  const print = (printing) => {
    charts.printing = printing;
    if (printing) were = folds.map((fold) => fold.open);
    folds.forEach((fold, i) => (fold.open = printing || were[i]));
    charts.all.forEach((chart) => chart.draw());
    byId("explained").replaceChildren(...(printing ? printedEvidence() : []));
  };
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
}

function start() {
  document.documentElement.dataset.ready = "yes";
  if (!data.moments.length) return;
  setUpTranscript();
  setUpTimeline();
  setUpCharts();
  setUpPlayer();
  if (clip) setUpPin();
  now.listeners.push((changed) => {
    for (const chart of charts.all) chart.follow();
    tellTimeline();
    if (!changed) return;
    markTranscript();
    showMoment();
  });
  showMoment();
  moveTo(0, 0);
  performance.mark("mien-ready");
}
start();
