// The page "Phone in this browser": letting this browser be woken. The browser is asked, then subscribes at its maker's push
// service for our key alone; a form takes what came of it to the server.
const READY_MS = 10_000;

type State = "insecure" | "home-screen" | "unsupported" | "denied" | "failed" | "ready";

export function startPush(): void {
  const look = (): void => {
    paint();
    void tellLapsed();
  };
  look();
  document.body.addEventListener("svara:page", look);
  document.addEventListener("click", (event) => {
    const button = (event.target as HTMLElement).closest<HTMLButtonElement>("[data-push-on]");
    if (!button) return;
    button.disabled = true;
    turnOn(button.form as HTMLFormElement)
      .catch(() => paint("failed"))
      .finally(() => (button.disabled = false));
  });
  document.addEventListener("submit", (event) => {
    if ((event.target as HTMLElement).matches("form[data-push-off]")) void letGo();
  });
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  workers?.addEventListener("message", (event: MessageEvent<{ go?: unknown; woken?: unknown }>) => {
    const { go, woken } = event.data ?? {};
    if (woken) document.dispatchEvent(new CustomEvent("svara:woken"));
    if (typeof go === "string" && go.startsWith("/") && !go.startsWith("//")) visit(go);
  });
}

/** As if somebody had followed a link of the page. */
function visit(path: string): void {
  const link = [...document.querySelectorAll<HTMLAnchorElement>(".nav a")].find((one) => one.pathname === path);
  if (link) link.click();
  else if (document.documentElement.dataset.inCall === undefined) location.assign(path);
}

function state(): State {
  if (!isSecureContext) return "insecure";
  if (!("PushManager" in window) || !("Notification" in window)) {
    const apple = /iPhone|iPad/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
    return apple ? "home-screen" : "unsupported";
  }
  return Notification.permission === "denied" ? "denied" : "ready";
}

/** Of the sentences that may be true the one that is. */
function paint(now: State = state()): void {
  for (const part of document.querySelectorAll<HTMLElement>("[data-push-when]")) {
    part.hidden = !(part.dataset.pushWhen ?? "").split(" ").includes(now);
  }
}

async function turnOn(form: HTMLFormElement): Promise<void> {
  if ((await Notification.requestPermission()) !== "granted") return paint();
  const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error("no service worker")), READY_MS));
  const { pushManager } = await Promise.race([navigator.serviceWorker.ready, late]);
  const key = form.dataset.pushKey ?? "";
  const before = await pushManager.getSubscription();
  if (before && written(before.options.applicationServerKey) !== key) await before.unsubscribe();
  const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint, keys } = subscription.toJSON();
  const given: Record<string, string> = { address: endpoint ?? "", p256dh: keys?.p256dh ?? "", auth: keys?.auth ?? "" };
  for (const [name, value] of Object.entries(given)) (form.elements.namedItem(name) as HTMLInputElement).value = value;
  paint();
  form.requestSubmit();
}

/** Only a browser that was woken before says that it is not any more: its subscription outlives the session. */
async function tellLapsed(): Promise<void> {
  const told = document.querySelector<HTMLElement>("[data-push-lapsed]");
  if (!told || state() !== "ready") return;
  const registration = await navigator.serviceWorker?.getRegistration();
  told.hidden = !(await registration?.pushManager?.getSubscription());
}

async function letGo(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  await (await registration?.pushManager?.getSubscription())?.unsubscribe();
}

function written(key: ArrayBuffer | null): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(key ?? new ArrayBuffer(0))));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
