/** What of the talks outlives a reload of the page: kept in this tab's session storage, and only while they go on. */
import type { Call } from "../port";

const NAME = "svara.calls";
/** The server ends a talk of which nothing is heard for half a minute. */
const MAX_AGE_MS = 30_000;

export interface Kept {
  readonly id: string;
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly direction: Call["direction"];
  readonly name: string;
  readonly number: string;
  readonly since: number | null;
  readonly held: boolean;
  readonly muted: boolean;
}

export function keep(calls: readonly Kept[]): void {
  try {
    if (calls.length) sessionStorage.setItem(NAME, JSON.stringify({ at: Date.now(), calls }));
    else sessionStorage.removeItem(NAME);
  } catch {
    // storage is off: a reload ends the call
  }
}

/** What the page before this one left, once. */
export function takeKept(): Kept[] {
  try {
    const found = JSON.parse(sessionStorage.getItem(NAME) ?? "null") as { at: number; calls: Kept[] } | null;
    sessionStorage.removeItem(NAME);
    return found && Date.now() - found.at < MAX_AGE_MS ? found.calls : [];
  } catch {
    return [];
  }
}
