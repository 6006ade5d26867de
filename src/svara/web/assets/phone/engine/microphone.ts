/** The microphone, opened when somebody talks or wants to see that it works, and closed when nobody does any more. */
import type { Engine } from "../port";

const IDLE_MS = 3_000;

export class NoMicrophone extends Error {
  constructor(readonly trouble: Engine["trouble"]) {
    super(trouble);
  }
}

export class Microphone {
  private opening: Promise<MediaStream> | null = null;
  private stream: MediaStream | null = null;
  private users = 0;
  private idle = 0;
  private meter: { context: AudioContext; analyser: AnalyserNode; data: Float32Array<ArrayBuffer> } | null = null;
  private device = "";

  /** Take part in it: a track of one's own, to be muted alone. Rejects with NoMicrophone. */
  async take(): Promise<MediaStreamTrack> {
    this.users += 1;
    try {
      const track = (await this.open()).getAudioTracks()[0];
      if (!track) throw new NoMicrophone("no-microphone");
      return track.clone();
    } catch (error) {
      this.release();
      throw error;
    }
  }

  /** Give back what `take` gave. */
  release(track?: MediaStreamTrack): void {
    track?.stop();
    this.users -= 1;
    this.rest();
  }

  /** Use another one from now on. Calls that go on get theirs by `take` anew. */
  choose(device: string): void {
    if (device === this.device) return;
    this.device = device;
    this.close();
  }

  /** How loud it is now, 0 to 1. Opens it where nobody had. */
  level(): number {
    if (!this.stream) {
      if (!this.opening) void this.open().catch(() => undefined);
      this.rest();
      return 0;
    }
    if (!this.meter) {
      const context = new AudioContext();
      const analyser = context.createAnalyser();
      analyser.fftSize = 1024;
      context.createMediaStreamSource(this.stream).connect(analyser);
      this.meter = { context, analyser, data: new Float32Array(analyser.fftSize) };
    }
    this.rest();
    const { analyser, data } = this.meter;
    analyser.getFloatTimeDomainData(data);
    const power = data.reduce((sum, each) => sum + each * each, 0) / data.length;
    // Decibels, because that is how loudness is felt: -60 dB and below is nothing.
    return Math.min(1, Math.max(0, 1 + (10 * Math.log10(power + 1e-9)) / 60));
  }

  /** Record it. */
  async record(seconds: number): Promise<Blob> {
    const track = await this.take();
    try {
      const recorder = new MediaRecorder(new MediaStream([track]));
      const parts: Blob[] = [];
      recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
      const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve));
      recorder.start();
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      recorder.stop();
      await stopped;
      return new Blob(parts, { type: recorder.mimeType });
    } finally {
      this.release(track);
    }
  }

  private open(): Promise<MediaStream> {
    clearTimeout(this.idle);
    this.opening ??= this.ask().catch((error: unknown) => {
      this.opening = null;
      throw error;
    });
    return this.opening;
  }

  private async ask(): Promise<MediaStream> {
    if (!navigator.mediaDevices) throw new NoMicrophone("insecure");
    const wanted = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    try {
      this.stream = await this.media({ ...wanted, deviceId: this.device ? { exact: this.device } : undefined });
    } catch (error) {
      const gone = error instanceof DOMException && (error.name === "OverconstrainedError" || error.name === "NotFoundError");
      if (!gone || !this.device) throw trouble(error);
      try {
        this.stream = await this.media(wanted); // the chosen one is not plugged in
      } catch (second) {
        throw trouble(second);
      }
    }
    return this.stream;
  }

  private media(audio: MediaTrackConstraints): Promise<MediaStream> {
    return navigator.mediaDevices.getUserMedia({ audio });
  }

  private rest(): void {
    clearTimeout(this.idle);
    if (this.users <= 0) this.idle = window.setTimeout(() => this.close(), IDLE_MS);
  }

  private close(): void {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = this.opening = null;
    void this.meter?.context.close();
    this.meter = null;
  }
}

/** Play what was recorded, through that loudspeaker; done when it is over. */
export async function play(recorded: Blob, speaker: string): Promise<void> {
  const context = new AudioContext();
  try {
    const sink = context as AudioContext & { setSinkId?: (id: string) => Promise<void> };
    await sink.setSinkId?.(speaker).catch(() => undefined);
    const source = context.createBufferSource();
    source.buffer = await context.decodeAudioData(await recorded.arrayBuffer());
    source.connect(context.destination);
    const over = new Promise((resolve) => source.addEventListener("ended", resolve));
    source.start();
    await over;
  } finally {
    await context.close();
  }
}

function trouble(error: unknown): NoMicrophone {
  const denied = error instanceof DOMException && (error.name === "NotAllowedError" || error.name === "SecurityError");
  return new NoMicrophone(denied ? "microphone-denied" : "no-microphone");
}
