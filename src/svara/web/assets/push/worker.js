// What comes while no page is open: a call, or that it is over. Each message shows something, as browsers demand; the words come
// with it, encrypted, and nothing of it is kept. A tap leads to the page that is open, else opens one: its phone gets the call.
const OVER_MS = 3_000;
const { push } = self.svara;

self.addEventListener("push", (event) => event.waitUntil(show(read(event.data))));
self.addEventListener("notificationclick", (event) => event.waitUntil(tapped(event.notification)));
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));

function read(data) {
  try {
    return data.json();
  } catch {
    return {};
  }
}

async function show({ kind = "", tag = "svara", title = "Svara", body = "", url = "/", until = 0 }) {
  const windows = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const rings = kind === "ring" && Date.now() < until * 1000;
  const seen = windows.some((page) => page.visibilityState === "visible"); // the page shows the call itself
  await registration.showNotification(title, {
    body,
    tag,
    data: { kind, url },
    icon: push.icon,
    badge: push.icon,
    silent: kind === "over" || seen,
    renotify: kind !== "over" && !seen,
    requireInteraction: rings,
    ...(rings && !seen ? { vibrate: [400, 200, 400, 1000, 400, 200, 400] } : {}),
  });
  if (rings) for (const page of windows) page.postMessage({ woken: true }); // it need not show the call as well
  if (kind === "over") setTimeout(() => void close(tag), OVER_MS); // not at once: the browser would show words of its own
}

/** Takes away what says that it is over; not what came in its place meanwhile, as that the call was missed. */
async function close(tag) {
  for (const shown of await registration.getNotifications({ tag })) if (shown.data?.kind === "over") shown.close();
}

async function tapped(notification) {
  const url = new URL(notification.data?.url ?? "/", location.origin);
  notification.close();
  if (url.origin !== location.origin) return;
  const windows = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = windows.find((one) => one.visibilityState === "visible") ?? windows[0];
  if (!page) return clients.openWindow(url.href);
  await page.focus().catch(() => undefined); // some let a page come to the front only from a tap of their own making
  if (url.pathname !== "/") page.postMessage({ go: url.pathname }); // the page goes there without losing its phone
}

/** The push service has given the browser another address: told to the server where this browser is to be woken, else let go. */
async function renew(event) {
  const answer = await fetch(push.state, { redirect: "manual" });
  const { on, key, token } = answer.ok ? await answer.json() : {};
  if (!on) return event.newSubscription?.unsubscribe();
  const fresh = event.newSubscription ?? (await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
  const { endpoint, keys } = fresh.toJSON();
  const body = new URLSearchParams({ address: endpoint, p256dh: keys.p256dh, auth: keys.auth });
  await fetch(push.renew, { method: "POST", headers: { "X-CSRFToken": token }, body });
}
