// What one's own contacts call a number outside, and what a feature code (`*96`) does: asked once for each number while a call with it is in the window. The number
// goes to the server in the body of a POST, so that it stands in no address.
import { csrf } from "../start";

const ASKED = /^(\+?\d{6,}|[*#][*#\d]+)$/;
const names = new Map<string, string>();

/** "" where no contact has it, or it is not known yet; `news` is told when it becomes known. */
export function ownName(number: string, news: () => void): string {
  const url = document.getElementById("phone")?.dataset.named;
  if (!url || !ASKED.test(number)) return "";
  const name = names.get(number);
  if (name === undefined) {
    names.set(number, "");
    void ask(url, number).then((found) => {
      names.set(number, found);
      if (found) news();
    }, () => undefined);
  }
  return name ?? "";
}

/** When no call is in the window, nothing is remembered: a contact may be changed. */
export function forgetNames(): void {
  names.clear();
}

async function ask(url: string, number: string): Promise<string> {
  const answer = await fetch(url, {
    method: "POST",
    body: new URLSearchParams({ number }),
    headers: { "X-CSRFToken": csrf(), Accept: "application/json" },
    redirect: "error",
    signal: AbortSignal.timeout(5_000),
  });
  if (!answer.ok) return "";
  const { name } = (await answer.json()) as { name?: unknown };
  return typeof name === "string" ? name : "";
}
