/** Of several tabs of one browser one is the phone (Web Locks). When it closes, another takes over. */

const NAME = "svara.phone";
/** So long a tab that was waiting leaves the phone to the one that had it: that may only be loading its page again. */
const RELOAD_MS = 2_000;

export class OneTab {
  private release: (() => void) | null = null;
  private ended = new AbortController();

  /** Wait until this tab is the phone; `elsewhere` is told when another one is. False when `leave` came first. */
  async enter(elsewhere: () => void): Promise<boolean> {
    this.ended = new AbortController();
    if (!("locks" in navigator)) return true;
    const { signal } = this.ended;
    while (!signal.aborted) {
      if (await this.take()) return true;
      elsewhere();
      try {
        await navigator.locks.request(NAME, { signal }, () => undefined); // somebody let go
      } catch {
        return false;
      }
      await new Promise((resolve) => setTimeout(resolve, RELOAD_MS));
    }
    return false;
  }

  /** Be the phone no more, nor wait for it. */
  leave(): void {
    this.ended.abort();
    this.release?.();
    this.release = null;
  }

  private take(): Promise<boolean> {
    return new Promise((resolve) => {
      void navigator.locks.request(NAME, { ifAvailable: true }, (lock) => {
        if (!lock || this.ended.signal.aborted) {
          resolve(false);
          return undefined;
        }
        return new Promise<void>((release) => {
          this.release = release;
          resolve(true);
        });
      });
    });
  }
}
