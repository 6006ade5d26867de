// What one hears and sees of a call that comes in while one looks elsewhere: ringing on the chosen device, a notification.
//
// The sounds are made here: two tones for a call that comes in, one soft tone for one that comes in while one talks.
export type Tone = "ring" | "knock";

interface Pattern {
  readonly hertz: readonly number[];
  readonly seconds: readonly (readonly [from: number, to: number])[];
  readonly every: number;
  readonly loudness: number;
}

const PATTERNS: Record<Tone, Pattern> = {
  ring: { hertz: [523.25, 659.25], seconds: [[0, 0.4], [0.5, 0.9]], every: 3, loudness: 0.28 },
  knock: { hertz: [440], seconds: [[0, 0.18]], every: 4, loudness: 0.07 },
};

export class Ringing {
  private context: AudioContext | null = null;
  private playing: Tone | null = null;
  private timer = 0;

  /** Play `tone` on the device of that id ("" for the system's choice) until told otherwise; null for silence. */
  play(tone: Tone | null, device: string): void {
    if (tone === this.playing) return;
    this.playing = tone;
    clearInterval(this.timer);
    void this.context?.close();
    this.context = null;
    if (tone === null) return;
    const context = (this.context = new AudioContext());
    const sink = context as AudioContext & { setSinkId?: (id: string) => Promise<void> };
    if (device) void sink.setSinkId?.(device).catch(() => undefined); // a device that is gone: the system's choice
    const pattern = PATTERNS[tone];
    const round = (): void => {
      // Browsers are silent until somebody has touched the page; nothing is saved up for later.
      if (context.state === "running") sound(context, pattern);
      else void context.resume().then(() => undefined, () => undefined);
    };
    round();
    context.addEventListener("statechange", round, { once: true });
    this.timer = window.setInterval(round, pattern.every * 1000);
  }
}

function sound(context: AudioContext, { hertz, seconds, loudness }: Pattern): void {
  const now = context.currentTime + 0.02;
  for (const [from, to] of seconds) {
    for (const frequency of hertz) {
      const tone = new OscillatorNode(context, { frequency });
      const gain = new GainNode(context, { gain: 0 });
      gain.gain.setValueAtTime(0, now + from);
      gain.gain.linearRampToValueAtTime(loudness / hertz.length, now + from + 0.03);
      gain.gain.setValueAtTime(loudness / hertz.length, now + to - 0.06);
      gain.gain.linearRampToValueAtTime(0, now + to);
      tone.connect(gain).connect(context.destination);
      tone.start(now + from);
      tone.stop(now + to);
    }
  }
}

const WOKEN_MS = 60_000;
const shown = new Map<string, Notification>();
let woken = 0;

/** The service worker was woken for a call, and shows it: one notification is enough. */
document.addEventListener("svara:woken", () => {
  woken = Date.now();
  unnotify(new Set());
});

/** Tell of a call where the page is not seen and the person allowed it. */
export function notify(id: string, title: string, body: string): void {
  if (!document.hidden || Date.now() - woken < WOKEN_MS || !("Notification" in window) || Notification.permission !== "granted" || shown.has(id)) return;
  try {
    const note = new Notification(title, { body, tag: `svara-${id}`, requireInteraction: true });
    note.onclick = () => {
      window.focus();
      note.close();
    };
    shown.set(id, note);
  } catch {
    // browsers on phones show notifications of service workers alone
  }
}

/** What is over needs no notification any more. */
export function unnotify(ringing: ReadonlySet<string>): void {
  for (const [id, note] of shown) {
    if (ringing.has(id)) continue;
    note.close();
    shown.delete(id);
  }
}
