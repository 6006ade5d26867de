/** What the server's HTTP API does with calls that SIP has no word for. */
import type { Call } from "../port";

interface Running {
  readonly id: string;
  readonly from: string;
  readonly to: string;
}

export class Server {
  constructor(private readonly csrf: () => string) {}

  /** The server's ids of these calls: the newest ones with those numbers; "" where there is none. */
  async idsOf(calls: readonly Pick<Call, "direction" | "number">[]): Promise<string[]> {
    const answer = await fetch("/api/v1/calls/running", { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error("unavailable");
    const left = [...((await answer.json()) as { items: Running[] }).items];
    return calls.map(({ direction, number }) => {
      const at = left.findIndex((one) => (direction === "in" ? one.from : one.to) === number);
      return at < 0 ? "" : (left.splice(at, 1)[0]?.id ?? "");
    });
  }

  /** Bring two talks together. Rejects with a reason that the page has words for. */
  async merge(call: string, other: string): Promise<void> {
    const answer = await fetch(`/api/v1/calls/${call}/merge`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf() },
      body: JSON.stringify({ with: other }),
    });
    if (!answer.ok) throw new Error("unavailable");
  }
}
