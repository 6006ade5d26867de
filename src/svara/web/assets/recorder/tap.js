// Runs beside the sound: hands on what the microphone gives, a tenth of a second at a time, mixed to one channel.
class Tap extends AudioWorkletProcessor {
  constructor() {
    super();
    this.kept = new Float32Array(Math.round(sampleRate / 10));
    this.filled = 0;
  }

  process([channels]) {
    const count = channels.length;
    if (!count) return true;
    for (let index = 0; index < channels[0].length; index++) {
      let sum = 0;
      for (const channel of channels) sum += channel[index];
      this.kept[this.filled++] = sum / count;
      if (this.filled === this.kept.length) {
        this.port.postMessage(this.kept, [this.kept.buffer]);
        this.kept = new Float32Array(Math.round(sampleRate / 10));
        this.filled = 0;
      }
    }
    return true;
  }
}

registerProcessor("tap", Tap);
