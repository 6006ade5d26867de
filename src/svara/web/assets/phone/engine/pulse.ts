/** Whether anything comes over a connection at all: sound, or answers to the browser's own checks of the way (RFC 7675). It
 * notices in less than a second what browsers call disconnected after six. */
import { arrived, hears } from "./quality";

const BEAT_MS = 200;
const QUIET_MS = 700;
/** Where no sound is expected there are the checks alone, each few seconds. */
const UNHEARD_MS = 5_000;

export class Pulse {
  private readonly timer: number;
  private seen = -1;
  private since = performance.now();
  private told = false;

  constructor(
    private readonly peer: RTCPeerConnection,
    private readonly quiet: () => void,
  ) {
    this.timer = window.setInterval(() => void this.beat(), BEAT_MS);
  }

  /** Nothing comes now. */
  get still(): boolean {
    return this.told;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async beat(): Promise<void> {
    const { bytes, answers } = await arrived(this.peer);
    const now = performance.now();
    if (bytes + answers !== this.seen || this.peer.connectionState === "new") {
      this.seen = bytes + answers;
      this.since = now;
      this.told = false;
    } else if (!this.told && now - this.since > (hears(this.peer) ? QUIET_MS : UNHEARD_MS)) {
      this.told = true;
      this.quiet();
    }
  }
}
