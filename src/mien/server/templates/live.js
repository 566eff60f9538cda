"use strict";
/* The live view: sends camera and microphone to the server of this page, after a notice, and shows what it answers. It needs page.js and now.js. */
const [SOUND, PICTURE, RATE, PAUSE, WIDTH, MOST_WAITING, QUIETEST] = [1, 2, 16000, 200, 640, 400000, 60];
const live = { socket: null, stream: null, context: null, timer: 0, samples: 0, begun: 0, job: null, ended: true };

/** Seconds of the session. The clock is that of the sound, so that mouth and voice belong together. */
const liveTime = () => (live.samples ? live.samples / RATE : (performance.now() - live.begun) / 1000);

/** One piece: kind, seven zero bytes, seconds as a double, and the content. */
function sendPiece(kind, time, content) {
  if (live.socket?.readyState !== WebSocket.OPEN) return;
  const head = new DataView(new ArrayBuffer(16));
  head.setUint8(0, kind);
  head.setFloat64(8, time, true);
  live.socket.send(new Blob([head.buffer, content]));
}

function onSound({ data: heard }) {
  const samples = Int16Array.from(heard, (x) => Math.max(-32768, Math.min(32767, Math.round(32768 * x))));
  sendPiece(SOUND, live.samples / RATE, samples.buffer);
  live.samples += samples.length;
  // Levels are heard in decibels: silence is 0, and the loudest sound is 1.
  const power = heard.reduce((sum, x) => sum + x * x, 0) / heard.length;
  byId("level").value = Math.max(0, 1 + (10 * Math.log10(power + 1e-12)) / QUIETEST);
}

/** Sends a picture, unless earlier ones still wait. */
function sendPicture(canvas) {
  const video = byId("live-video");
  if (!video.videoWidth || live.socket.bufferedAmount > MOST_WAITING) return;
  const time = liveTime();
  canvas.width = Math.min(WIDTH, video.videoWidth);
  canvas.height = Math.round((canvas.width * video.videoHeight) / video.videoWidth);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((picture) => picture && sendPiece(PICTURE, time, picture), "image/jpeg", 0.8);
}

async function listenAndLook() {
  live.begun = performance.now();
  if (live.stream.getAudioTracks().length) {
    live.context = new AudioContext({ sampleRate: RATE });
    await live.context.audioWorklet.addModule("/static/sound.js");
    const collector = new AudioWorkletNode(live.context, "collector", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    collector.port.onmessage = onSound;
    live.context.createMediaStreamSource(live.stream).connect(collector);
    await live.context.resume();
  }
  const canvas = document.createElement("canvas");
  live.timer = setInterval(() => {
    sendPicture(canvas);
    forget();
  }, PAUSE);
  status(say("live_listening"));
}

function onLive(message) {
  if (message.type === "ready") {
    live.job = message.job;
    listenAndLook().catch(() => endLive(say("live_refused")));
  } else if (message.type === "partial") {
    showNow(message, true);
  } else if (message.type === "final") {
    showAnswer(message.answer);
    showNow(message, false);
  } else if (message.type === "notice") byId("notices").append(make("li", "", message.sentence));
  else if (message.type === "end") {
    endLive(say("live_done"));
    showReport(live.job);
  } else if (message.type === "problem") endLive(message.problem.detail);
}

/** Shows the session in place of what gives a clip, or the other way round. Who uses the keyboard goes on at the button that is there now. */
function setView(on) {
  byId("live-view").hidden = !on;
  byId("live-open").hidden = byId("notice").hidden = byId("form").hidden = on;
  byId(on ? "live-stop" : "live-open").focus({ preventScroll: true });
}

/** Closes camera and microphone. */
function closeDevices() {
  clearInterval(live.timer);
  live.context?.close();
  for (const track of live.stream?.getTracks() ?? []) track.stop();
  byId("live-video").srcObject = null;
  Object.assign(live, { stream: null, context: null, timer: 0 });
}

function endLive(text) {
  if (live.ended) return;
  live.ended = true;
  closeDevices();
  live.socket?.close();
  setView(false);
  stop(text);
}

async function devices() {
  const video = { width: WIDTH, height: 480 };
  const audio = { channelCount: 1 };
  for (const wanted of [{ audio, video }, { audio }, { video }]) {
    try {
      return await navigator.mediaDevices.getUserMedia(wanted);
    } catch (error) {
      if (error.name === "NotAllowedError") return null;
    }
  }
  return null;
}

async function openLive() {
  if (!navigator.mediaDevices) return begin(null, say("live_insecure"), true);
  const answer = await fetch("/v1/version");
  if (answer.status === 401) return askToken(openLive);
  live.stream = await devices();
  if (!live.stream) return begin(null, say("live_refused"), true);
  begin(null, say("live_starting"));
  byId("progress").hidden = byId("cancel").hidden = true;
  forgetAll();
  setView(true);
  byId("live").scrollIntoView({ block: "start" });
  byId("live-video").srcObject = live.stream;
  byId("live-video").play().catch(() => {});
  Object.assign(live, { samples: 0, job: null, ended: false });
  const socket = (live.socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/live`));
  socket.onopen = () => socket.send(JSON.stringify({ type: "start", schema: "mien.live/1", lang: data.lang }));
  socket.onmessage = (event) => onLive(JSON.parse(event.data));
  socket.onclose = () => endLive(say("gone"));
}

byId("live-open").addEventListener("click", () => byId("live-notice").showModal());
byId("live-not-now").addEventListener("click", () => byId("live-notice").close());
byId("live-begin").addEventListener("click", () => {
  byId("live-notice").close();
  openLive();
});
byId("live-stop").addEventListener("click", () => {
  closeDevices();
  status(say("live_ending"));
  if (live.job && live.socket.readyState === WebSocket.OPEN) live.socket.send(JSON.stringify({ type: "stop" }));
  else endLive(say("cancelled"));
});
document.documentElement.dataset.live = "yes";
