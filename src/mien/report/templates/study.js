"use strict";
/* Draws the charts that the page's data describe. All their text is already escaped, because Plotly reads markup. */
const specs = JSON.parse(document.getElementById("data").textContent);
const charts = { all: specs };
const dark = matchMedia("(prefers-color-scheme: dark)");

function ink(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function themed(layout, width) {
  const axis = { gridcolor: ink("--line"), zerolinecolor: ink("--line"), linecolor: ink("--line"), automargin: true };
  const base = {
    width, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { size: 12, color: ink("--quiet") },
    margin: { l: 56, r: 16, t: 12, b: 44 }, legend: { orientation: "h", y: 1.02, yanchor: "bottom" },
  };
  const whole = { ...base, ...layout };
  for (const key of Object.keys(layout)) {
    // Titles keep away from the labels of their axis.
    if (/^[xy]axis/.test(key)) whole[key] = { ...axis, ...layout[key], title: { standoff: 10, ...layout[key].title } };
  }
  return whole;
}

/** A trace in colours for light or dark: text is readable on the cells of a matrix, and thin lines stand out. */
function shaded(trace) {
  if (trace.type === "heatmap") return { ...trace, colorscale: [[0, ink("--track")], [1, ink("--heat")]] };
  return dark.matches ? JSON.parse(JSON.stringify(trace).replaceAll("#0072b2", "#5591f0")) : trace;
}

async function draw() {
  runPlotly();
  for (const spec of specs) {
    const box = document.getElementById(spec.id);
    const width = Math.min(box.clientWidth, spec.layout.width ?? 900);
    await Plotly.react(box, spec.traces.map(shaded), themed({ ...spec.layout, width }, width), { staticPlot: true });
  }
  document.documentElement.dataset.drawn = String(specs.length);
}

// The code of Plotly comes after this script in the page.
addEventListener("load", async () => {
  await draw();
  document.documentElement.dataset.ready = "";
  addEventListener("resize", draw);
  dark.addEventListener("change", draw);
});
