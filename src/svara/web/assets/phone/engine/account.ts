/** What this browser's phone registers with: given to the signed-in session, for some minutes at a time. */
import type { Engine } from "../port";

export interface Pass {
  readonly login: string;
  readonly password: string;
  readonly phone: string;
  readonly address: string;
  readonly expires_seconds: number;
}

/** There is no pass: `signed-out` is for good, `server` may pass. */
export class NoPass extends Error {
  constructor(readonly trouble: Engine["trouble"]) {
    super(trouble);
  }
}

/** A pass is asked for anew when so much of its time is over. */
const RENEW_AT = 0.6;

export class Account {
  private pass: Pass | null = null;
  private renewAt = 0;

  constructor(
    private readonly url: string,
    private readonly csrf: () => string,
  ) {}

  /** One that is good for some minutes. Rejects with NoPass. */
  async current(): Promise<Pass> {
    if (this.pass && Date.now() < this.renewAt) return this.pass;
    let answer: Response;
    try {
      answer = await fetch(this.url, {
        method: "POST",
        headers: { "X-CSRFToken": this.csrf(), Accept: "application/json" },
        redirect: "manual",
        signal: AbortSignal.timeout(10_000),
      });
    } catch {
      throw new NoPass("server");
    }
    // A redirect leads to the door.
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) throw new NoPass("signed-out");
    if (!answer.ok) throw new NoPass("server");
    this.pass = (await answer.json()) as Pass;
    this.renewAt = Date.now() + this.pass.expires_seconds * 1000 * RENEW_AT;
    return this.pass;
  }

  /** The server took it no more. */
  forget(): void {
    this.pass = null;
  }
}
