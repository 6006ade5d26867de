/** What outlives a reload of the page, kept in this tab's session storage: the talks, only while they go on, and under which
 * number of its own this tab registers, so that the server takes the page that comes for the one that went (RFC 5626). */
import type { Call } from "../port";

const NAME = "svara.calls";
const INSTANCE = "svara.phone";
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
  readonly via: string;
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

let chosen = "";

/** A number that nobody else has, the same for as long as this tab is open. */
export function instance(): string {
  if (chosen) return chosen;
  chosen = crypto.randomUUID();
  try {
    const before = sessionStorage.getItem(INSTANCE) ?? "";
    if (/^[0-9a-f-]{36}$/.test(before)) chosen = before;
    else sessionStorage.setItem(INSTANCE, chosen);
  } catch {
    // storage is off: the next page is another phone
  }
  return chosen;
}

/** The next phone of this tab is another one. */
export function forgetInstance(): void {
  chosen = "";
  try {
    sessionStorage.removeItem(INSTANCE);
  } catch {
    // it was not kept
  }
}
