// A greeting or prompt recorded on the page: it is put in place of the file that one would choose, so the form saves it.
import { listen, why, type Microphone } from "./microphone";
import { clipped, joined, loudness, peak, RATE_HZ, resampled, wav } from "./sound";
import { draw } from "./wave";

type State = "idle" | "asking" | "recording" | "taken" | "playing";
type Handle = "start" | "end";

/** What was said, and which part of it is kept (seconds). */
interface Take {
  readonly samples: Float32Array;
  readonly start: number;
  readonly end: number;
}

const STEP = RATE_HZ / 10;
const LEAST_SECONDS = 0.3;
const QUIET = 0.02;
const DISTORTED = 0.001;
const all = new WeakMap<Element, Recorder>();
let busy: Recorder | null = null;

/** The recorder of this part of the page. */
export function recorderOf(root: HTMLElement): Recorder {
  const found = all.get(root) ?? new Recorder(root);
  all.set(root, found);
  return found;
}

class Recorder {
  private state: State = "idle";
  private take: Take | null = null;
  private before: Take[] = [];
  private held: Handle | null = null; // moves of one handle are one step to undo
  private microphone: Microphone | null = null;
  private parts: Float32Array[] = [];
  private seconds = 0;
  private ending: "taken" | "full" | "lost" = "taken";
  private player: { context: AudioContext; began: number } | null = null;
  private saving = false;
  private readonly file: HTMLInputElement;
  private readonly canvas: HTMLCanvasElement;
  private readonly most: number;

  constructor(private readonly root: HTMLElement) {
    this.file = document.getElementById(root.dataset.recorder ?? "") as HTMLInputElement;
    this.canvas = root.querySelector("canvas")!;
    this.most = Number(root.dataset.most);
    for (const handle of ["start", "end"] as const) {
      const input = this.handle(handle);
      input.addEventListener("input", () => this.move(handle));
      input.addEventListener("blur", () => (this.held = null));
    }
    this.file.addEventListener("change", () => this.chosen());
    const life = new AbortController();
    const alive = <Kind extends Event>(act: (event: Kind) => void) => (event: Event) => (root.isConnected ? act(event as Kind) : life.abort());
    const first = { capture: true, signal: life.signal };
    document.addEventListener("submit", alive((event: SubmitEvent) => this.submit(event)), first);
    document.addEventListener("click", alive((event: MouseEvent) => this.leave(event)), first);
    document.addEventListener("htmx:error", alive(() => (this.saving = false)), first);
    addEventListener("beforeunload", alive((event) => this.unsaved() && event.preventDefault()), first);
    new ResizeObserver(() => this.paint()).observe(this.canvas);
  }

  act(what: string): void {
    if (what === "record") void this.record();
    else if (what === "stop") this.stop();
    else if (what === "play") this.play();
    else if (what === "halt") this.halt();
    else if (what === "undo") this.undo();
    else if (what === "drop") this.drop();
  }

  private async record(): Promise<void> {
    if (this.state !== "idle" && this.state !== "taken") return;
    busy?.stop();
    this.go("asking", "asking");
    this.parts = [];
    this.seconds = 0;
    this.ending = "taken";
    try {
      this.microphone = await listen((samples) => this.heard(samples), () => this.stop("lost"));
    } catch (error) {
      this.go(this.take ? "taken" : "idle", why(error));
      return;
    }
    busy = this;
    this.go("recording", "recording");
  }

  private heard(samples: Float32Array): void {
    const microphone = this.microphone;
    if (!microphone) return;
    if (!this.root.isConnected) return this.release(); // the page went on without us
    this.parts.push(samples);
    this.seconds += samples.length / microphone.rate;
    this.root.querySelector("meter")!.value = loudness(samples);
    this.time();
    draw(this.canvas, joined(this.parts.slice(-60))); // the last six seconds
    if (this.seconds >= this.most) this.stop("full");
  }

  private stop(ending: "taken" | "full" | "lost" = "taken"): void {
    if (this.state !== "recording" || !this.microphone) return;
    const whole = resampled(joined(this.parts), this.microphone.rate);
    const samples = whole.subarray(0, Math.min(this.most * RATE_HZ, whole.length - (whole.length % STEP))); // handles reach its end
    this.ending = ending;
    this.release();
    this.parts = [];
    const seconds = samples.length / RATE_HZ;
    if (seconds < LEAST_SECONDS) return this.go(this.take ? "taken" : "idle", "short");
    this.set({ samples, start: 0, end: seconds }, null);
    const words = peak(samples) < QUIET ? "quiet" : clipped(samples) > DISTORTED ? "loud" : this.ending;
    this.go("taken", words);
  }

  private release(): void {
    this.microphone?.close();
    this.microphone = null;
    if (busy === this) busy = null;
  }

  /** Another state of what is saved; `handle`: the one that was moved. */
  private set(take: Take, handle: Handle | null): void {
    if (this.take && !(handle && handle === this.held)) this.before.push(this.take);
    this.held = handle;
    this.take = take;
    this.put();
  }

  private put(): void {
    const files = new DataTransfer();
    if (this.take) {
      const { samples, start, end } = this.take;
      const sound = wav(samples.subarray(Math.round(start * RATE_HZ), Math.round(end * RATE_HZ)));
      files.items.add(new File([sound], this.root.dataset.name ?? "recording.wav", { type: "audio/wav" }));
    }
    this.file.files = files.files;
    this.show();
  }

  private move(handle: Handle): void {
    if (!this.take) return;
    if (this.state === "playing") this.halt();
    const wanted = Number(this.handle(handle).value);
    const { samples, start, end } = this.take;
    if (handle === "start") this.set({ samples, start: Math.max(0, Math.min(wanted, end - LEAST_SECONDS)), end }, handle);
    else this.set({ samples, start, end: Math.min(samples.length / RATE_HZ, Math.max(wanted, start + LEAST_SECONDS)) }, handle);
  }

  private undo(): void {
    const before = this.before.pop();
    if (!before) return;
    if (this.state === "playing") this.halt();
    this.held = null;
    this.take = before;
    this.put();
    this.go("taken", "undone");
  }

  private drop(): void {
    if (!this.take) return;
    this.before.push(this.take);
    this.take = null;
    this.put();
    this.go("idle", "dropped");
  }

  /** A file was chosen instead. */
  private chosen(): void {
    if (!this.take) return;
    if (this.state === "playing") this.halt();
    this.before.push(this.take);
    this.take = null;
    this.show();
    this.go("idle", "file");
  }

  private play(): void {
    if (!this.take || this.state !== "taken") return;
    const { samples, start, end } = this.take;
    const context = new AudioContext();
    const buffer = context.createBuffer(1, samples.length, RATE_HZ);
    buffer.getChannelData(0).set(samples);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(context.destination);
    source.onended = () => this.halt();
    source.start(0, start, end - start);
    this.player = { context, began: context.currentTime };
    this.go("playing", "playing");
    const frame = () => {
      if (!this.player) return;
      if (!this.root.isConnected) return this.halt();
      this.paint();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  private halt(): void {
    if (!this.player) return;
    void this.player.context.close();
    this.player = null;
    this.paint();
    this.go("taken", "taken");
  }

  private unsaved(): boolean {
    return !this.saving && (this.take !== null || this.microphone !== null);
  }

  private submit(event: SubmitEvent): void {
    if (event.target !== this.file.form) return this.keep(event); // another form of the page takes ours along when it is sent
    if (this.state === "recording") {
      event.preventDefault();
      event.stopImmediatePropagation();
      return this.stop();
    }
    this.saving = true;
    setTimeout(() => (this.saving = false), 60_000); // had the server not answered, the recording would still be here
  }

  private leave(event: MouseEvent): void {
    const link = (event.target as HTMLElement).closest<HTMLAnchorElement>("a[href]:not([target], [download])");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && link.hash === "") this.keep(event);
  }

  /** Nobody loses what was recorded by a click on something else. */
  private keep(event: Event): void {
    if (!this.unsaved() || confirm(this.words("leave"))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  // --- what one sees

  private go(state: State, words: string): void {
    const focus = this.root.contains(document.activeElement);
    if (state === "recording") this.canvas.setAttribute("aria-label", this.words("live"));
    this.state = state;
    this.root.dataset.state = state;
    for (const part of this.root.querySelectorAll<HTMLElement>("[data-in]")) part.hidden = !part.dataset.in!.split(" ").includes(state);
    this.root.querySelector<HTMLElement>('[data-do="undo"]')!.hidden = !this.before.length || state === "recording" || state === "asking";
    const said = this.root.querySelector("[data-said]")!;
    said.textContent = this.words(words);
    said.classList.toggle("trouble", ["insecure", "denied", "absent", "busy", "failed", "quiet", "loud", "short", "lost"].includes(words));
    const kept = this.root.contains(document.activeElement) && document.activeElement?.checkVisibility();
    if (focus && !kept) [...this.root.querySelectorAll<HTMLElement>("[data-do]")].find((one) => one.checkVisibility())?.focus();
    this.time();
    this.paint();
  }

  private show(): void {
    const take = this.take;
    if (!take) return;
    const seconds = take.samples.length / RATE_HZ;
    for (const handle of ["start", "end"] as const) {
      const input = this.handle(handle);
      input.max = String(seconds);
      input.value = String(take[handle]);
      input.setAttribute("aria-valuetext", this.words("seconds", { seconds: take[handle] }));
    }
    this.root.classList.toggle("late", take.start > seconds / 2); // the start can be taken hold of, too, where both are at the end
    this.canvas.setAttribute("aria-label", this.words("picture", { seconds, start: take.start, end: take.end }));
    this.root.querySelector<HTMLElement>('[data-do="undo"]')!.hidden = !this.before.length;
    this.time();
    this.paint();
  }

  private time(): void {
    const shown = this.state === "recording" || !this.take ? this.seconds : this.take.end - this.take.start;
    this.root.querySelector("[data-time]")!.textContent = `${clock(shown)} / ${clock(this.most)}`;
  }

  private paint(): void {
    if (!this.take || this.state === "recording") return;
    const { samples, start, end } = this.take;
    const seconds = samples.length / RATE_HZ;
    const at = this.player ? start + this.player.context.currentTime - this.player.began : null;
    draw(this.canvas, samples, start / seconds, end / seconds, at === null ? null : at / seconds);
  }

  private handle(which: Handle): HTMLInputElement {
    return this.root.querySelector<HTMLInputElement>(`[data-handle="${which}"]`)!;
  }

  private words(key: string, values: Record<string, number> = {}): string {
    const text = this.root.querySelector(`[data-words] [data-key="${key}"]`)?.textContent ?? "";
    const format = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    return text.replace(/\{(\w+)\}/g, (_, name: string) => format.format(values[name] ?? 0));
  }
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
