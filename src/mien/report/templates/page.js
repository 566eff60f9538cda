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

/** Marks what is playing in the transcript, and keeps it in view without moving the page. */
function markTranscript() {
  for (const old of scroller.querySelectorAll('[aria-current="true"]')) old.removeAttribute("aria-current");
  for (const index of now.active) buttons[index].setAttribute("aria-current", "true");
  for (const old of scroller.querySelectorAll('.moment[tabindex="0"]')) old.tabIndex = -1;
  const shown = buttons[now.shown];
  shown.tabIndex = 0;
  if (shown.closest("li").hidden) return;
  const [frame, row] = [scroller.getBoundingClientRect(), shown.getBoundingClientRect()];
  if (row.top < frame.top || row.bottom > frame.bottom) scroller.scrollTop += row.top - frame.top - frame.height / 3;
}

/** The moment `by` places further, without the moments that are filtered out. */
function beside(by) {
  const open = data.moments.map((_, i) => i).filter((i) => !buttons[i].closest("li").hidden);
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
  if (data.people.length < 2) return;
  const select = make("select");
  select.append(new Option(say("everybody"), "-1"), ...data.people.map((person, i) => new Option(person, String(i))));
  select.addEventListener("change", () => {
    data.moments.forEach((m, i) => (buttons[i].closest("li").hidden = select.value !== "-1" && String(m.w) !== select.value));
  });
  byId("filter").append(make("label", "", `${say("filter")} `, select));
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
  const shares = byId("chart-shares");
  shares.setAttribute("role", "img");
  shares.setAttribute("aria-label", say("chart_shares"));
  byId("tools").append(
    toolButton("‹", say("previous"), () => choose(beside(-1))), toolButton("›", say("next"), () => choose(beside(1))),
    toolButton("−", say("zoom_out"), () => zoom(2)), toolButton("+", say("zoom_in"), () => zoom(0.5)),
    toolButton(say("zoom_all"), say("zoom_all"), () => look([0, data.duration])),
  );
  charts.all.push(new Emotions(box), new Shares(shares));
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

function draw(chart) {
  runPlotly();
  charts.drawn.add(chart);
  document.documentElement.dataset.drawn = String(charts.drawn.size);
  // The page is useful without its charts.
  if (window.Plotly) chart.draw();
  else chart.box.replaceChildren(make("p", "help", say("no_charts")));
}

/** Draws a chart when it comes near the view, each in its own task. For print, all charts are drawn. */
function setUpCharts() {
  // Labels that are not emotions have no valence and arousal, so there is no path.
  if (byId("chart-path")) charts.all.push(new Path(byId("chart-path")));
  const alone = byId("chart-alone");
  charts.all.push(new Alone(alone));
  const near = new IntersectionObserver((changes) => {
    for (const { target } of changes.filter((change) => change.isIntersecting)) {
      near.unobserve(target);
      setTimeout(() => {
        draw(charts.all.find((chart) => chart.box === target));
        performance.mark("mien-drawn");
      });
    }
  }, { rootMargin: "50% 0px" });
  addEventListener("load", () => charts.all.forEach((chart) => near.observe(chart.box)));
  let width = alone.clientWidth;
  new ResizeObserver(() => {
    if (!alone.clientWidth || alone.clientWidth === width) return;
    width = alone.clientWidth;
    charts.drawn.forEach(draw);
  }).observe(alone);
  const print = (printing) => {
    charts.printing = printing;
    charts.all.forEach(draw);
    byId("explained").replaceChildren(...(printing ? printedEvidence() : []));
  };
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
}

function start() {
  document.documentElement.dataset.ready = "yes";
  if (!data.moments.length) return;
  setUpPlayer();
  setUpTranscript();
  setUpTimeline();
  setUpCharts();
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
