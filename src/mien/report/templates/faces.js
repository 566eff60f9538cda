"use strict";
/* Numbered boxes around the faces, over the picture or the playing video. */
const NEAR = 0.35; // seconds; a box is shown for so long around a sighting that stands alone
const GAP = 1; // seconds; between closer sightings a box moves
const boxes = { on: true, layer: null };

/** The box of a face at a time, in thousandths of the picture; null when it is out of view. */
function boxAt(face, time) {
  const i = nearest(face.t, time);
  if (i === null) return null;
  const j = face.t[i] > time ? i - 1 : i + 1;
  if (j >= 0 && j < face.t.length && Math.abs(face.t[i] - face.t[j]) <= GAP) {
    const part = Math.abs((time - face.t[i]) / (face.t[j] - face.t[i] || 1));
    return face.b[i].map((value, k) => value + part * (face.b[j][k] - value));
  }
  return !data.duration || Math.abs(face.t[i] - time) <= NEAR ? face.b[i] : null;
}

/** The answer about a person now: that of the moment, or in a picture the only one. */
function answerOf(who) {
  const active = [...now.active].map((i) => data.moments[i]).filter((m) => m.w === who);
  return active.at(-1) ?? (data.duration ? null : data.moments.find((m) => m.w === who)) ?? null;
}

function drawBoxes() {
  if (!boxes.layer) return;
  const [width, height] = [clip.videoWidth || clip.naturalWidth || 0, clip.videoHeight || clip.naturalHeight || 0];
  if (!width || !height || !boxes.on) return void boxes.layer.replaceChildren();
  // The layer has the shape of the picture, so it fits wherever the browser leaves bars beside the picture.
  boxes.layer.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const unit = Math.max(width, height) / 45;
  boxes.layer.replaceChildren(...data.faces.flatMap((face) => {
    const box = boxAt(face, now.time);
    if (!box) return [];
    const [left, top, right, bottom] = [box[0] * width, box[1] * height, box[2] * width, box[3] * height].map((v) => v / 1000);
    const m = answerOf(face.w);
    const name = (data.people[face.w].match(/\d+$/) ?? [String(face.w + 1)])[0];
    const high = 1.7 * unit;
    const above = top > high ? top - high : top;
    const shown = m && m.w === data.moments[now.shown].w ? " chosen" : "";
    const group = drawn("g", { class: `face ${m ? `e${m.l}` : "nobody"}${shown}` },
      drawn("rect", { class: "edge", x: left, y: top, width: right - left, height: bottom - top, "stroke-width": unit / 4 }),
      drawn("rect", { class: "tag", x: left - unit / 8, y: above, width: 1.1 * unit * name.length + unit, height: high }),
      drawn("text", { x: left + unit / 2, y: above + 1.3 * unit, "font-size": 1.4 * unit }, name));
    return [group];
  }));
}

function setUpBoxes() {
  if (!clip || clip instanceof HTMLAudioElement || !data.faces.length) return;
  boxes.layer = clip.parentElement.appendChild(drawn("svg", { class: "boxes", "aria-hidden": "true" }));
  for (const event of ["loadedmetadata", "load"]) clip.addEventListener(event, drawBoxes);
  const toggle = toolButton(say("boxes"), say("boxes"), () => {
    boxes.on = !boxes.on;
    toggle.setAttribute("aria-pressed", String(boxes.on));
    drawBoxes();
  });
  toggle.setAttribute("aria-pressed", "true");
  byId("player-tools").append(toggle);
  now.listeners.push(drawBoxes);
  drawBoxes();
}
