// What this browser remembers of the phone, for each person who uses it. Nothing is kept before somebody turns the phone on.
import type { Devices } from "../port";

export interface Kept {
  readonly devices: Devices;
  /** Whether what the browser shows of a call says who it is. */
  readonly names: boolean;
}

const NO_CHOICE: Devices = { microphone: "", speaker: "", ringer: "" };

function name(): string {
  return `svara-phone-${document.body.dataset.me ?? ""}`;
}

/** Null where the phone is off. */
export function kept(): Kept | null {
  try {
    const found = JSON.parse(localStorage.getItem(name()) ?? "null") as Partial<Kept> | null;
    return found && { devices: { ...NO_CHOICE, ...found.devices }, names: found.names === true };
  } catch {
    return null; // a browser that keeps nothing
  }
}

export function keep(wish: Kept | null): void {
  try {
    if (wish) localStorage.setItem(name(), JSON.stringify(wish));
    else localStorage.removeItem(name());
  } catch {
    // then it is on for as long as this page is open
  }
}

export function noChoice(): Kept {
  return { devices: NO_CHOICE, names: false };
}
