"use strict";
/* Runs beside the page: collects the sound of the microphone into pieces of 0.1 s. The context has 16 kHz already. */
class Collector extends AudioWorkletProcessor {
  constructor() {
    super();
    this.held = new Float32Array(1600);
    this.count = 0;
  }

  process([input]) {
    const samples = input[0];
    if (!samples) return true;
    for (const sample of samples) {
      this.held[this.count++] = sample;
      if (this.count < this.held.length) continue;
      this.port.postMessage(this.held.slice());
      this.count = 0;
    }
    return true;
  }
}
registerProcessor("collector", Collector);
