// The page "Phone in this browser": devices, how loud the microphone is, hearing oneself, the ringing, notifications.
import type { Devices, Engine } from "../port";
import { keep, kept, noChoice } from "./kept";
import { Ringing } from "./ringing";
import { word } from "./words";

export interface Desk {
  engine(): Promise<Engine>;
  choose(devices: Devices): Promise<void>;
}

const KINDS: Record<keyof Devices, MediaDeviceKind> = { microphone: "audioinput", speaker: "audiooutput", ringer: "audiooutput" };
const LISTEN_SECONDS = 4;

function selects(): HTMLSelectElement[] {
  return [...document.querySelectorAll<HTMLSelectElement>("select[data-device]")];
}

/** Ask for the leave to use the microphone; rejects as browsers do where it is refused. */
export async function allowed(): Promise<void> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  for (const track of stream.getTracks()) track.stop(); // it was only about the leave
}

/** Fill the choices with the devices that are there; without leave to use the microphone they have no names. */
export async function fillDevices(): Promise<void> {
  if (!selects().length || !navigator.mediaDevices) return;
  const there = await navigator.mediaDevices.enumerateDevices();
  const chosen = (kept() ?? noChoice()).devices;
  for (const select of selects()) {
    const role = select.dataset.device as keyof Devices;
    const found = there.filter((one) => one.kind === KINDS[role] && one.deviceId && one.deviceId !== "default" && one.label);
    const first = select.options[0] as HTMLOptionElement;
    select.replaceChildren(first, ...found.map((one) => new Option(one.label, one.deviceId)));
    if (chosen[role] && !found.some((one) => one.deviceId === chosen[role])) select.add(new Option(word("device-gone"), chosen[role]));
    select.value = chosen[role];
  }
}

export function chosenDevices(): Devices {
  const devices = { ...noChoice().devices };
  for (const select of selects()) devices[select.dataset.device as keyof Devices] = select.value;
  return devices;
}

function say(text: string): void {
  const line = document.getElementById("phone-test");
  if (line) line.textContent = text;
}

let meter = 0;

/** Show how loud the microphone is, for as long as the page is there. */
function listen(engine: Engine): void {
  clearInterval(meter);
  meter = window.setInterval(() => {
    const bar = document.querySelector<HTMLMeterElement>("meter#phone-level");
    if (bar) bar.value = engine.level();
    else clearInterval(meter);
  }, 100);
}

const ringing = new Ringing();

async function act(what: string, desk: Desk): Promise<void> {
  if (what === "listen") {
    const engine = await desk.engine();
    await allowed();
    listen(engine);
    await fillDevices();
    say(word("speak"));
  } else if (what === "hear") {
    const engine = await desk.engine();
    say(word("recording"));
    await engine.hearMyself(LISTEN_SECONDS);
    say(word("heard"));
  } else if (what === "ring") {
    ringing.play("ring", chosenDevices().ringer);
    setTimeout(() => ringing.play(null, ""), 2_500);
  } else if (what === "notify") {
    await Notification.requestPermission();
    paintNotices();
  }
}

/** What the browser answered to the question whether it may notify. */
export function paintNotices(): void {
  const line = document.getElementById("phone-notices");
  if (!line) return;
  const leave = "Notification" in window ? Notification.permission : "unsupported";
  line.textContent = word(`notices-${leave}`);
  const button = document.querySelector<HTMLElement>("[data-test=notify]");
  if (button) button.hidden = leave !== "default";
  const names = document.querySelector<HTMLInputElement>("#phone-names");
  if (!names) return;
  names.checked = kept()?.names === true;
  for (const choice of document.querySelectorAll<HTMLElement>("[data-notices]")) choice.hidden = leave !== "granted";
}

export function startDevices(desk: Desk, trouble: (error: unknown) => string): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as HTMLElement).closest<HTMLButtonElement>("[data-test]");
    if (!button?.dataset.test) return;
    button.disabled = true;
    act(button.dataset.test, desk)
      .catch((error: unknown) => say(trouble(error)))
      .finally(() => (button.disabled = false));
  });
  document.addEventListener("change", (event) => {
    const target = event.target as HTMLElement;
    const before = kept();
    if (target.id === "phone-names" && before) keep({ ...before, names: (target as HTMLInputElement).checked });
    if (!target.matches("select[data-device]")) return;
    void desk.choose(chosenDevices());
  });
  navigator.mediaDevices?.addEventListener("devicechange", () => void fillDevices());
}
