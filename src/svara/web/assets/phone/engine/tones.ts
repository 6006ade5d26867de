/** The tone of a phone that rings far away, for who calls. */

const HZ = 425;
const ON_SECONDS = 1;
const PERIOD_SECONDS = 5;

export class Ringback {
  private context: AudioContext | null = null;
  private timer = 0;

  sound(on: boolean, speaker: string): void {
    if (on === (this.context !== null)) return;
    if (!on) {
      clearInterval(this.timer);
      void this.context?.close();
      this.context = null;
      return;
    }
    const context = (this.context = new AudioContext());
    void (context as AudioContext & { setSinkId?: (id: string) => Promise<void> }).setSinkId?.(speaker).catch(() => undefined);
    const ring = () => {
      const tone = context.createOscillator();
      const gain = context.createGain();
      tone.frequency.value = HZ;
      gain.gain.value = 0.08;
      tone.connect(gain).connect(context.destination);
      tone.start();
      tone.stop(context.currentTime + ON_SECONDS);
    };
    ring();
    this.timer = window.setInterval(ring, PERIOD_SECONDS * 1000);
  }
}
