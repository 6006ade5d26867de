// What this browser's pages are (version, size of the screen) stands beside its session on the page of devices: told once a
// session, and again when it has changed. The browser keeps nothing for it.
export function startHere(): void {
  const { here: address, release, told } = document.body.dataset;
  if (!address || !release) return;
  const size = `${screen.width}×${screen.height}`;
  if (told === `${release} ${size}`) return;
  const headers = JSON.parse(document.body.getAttribute("hx-headers:inherited") ?? "{}") as Record<string, string>;
  const body = new URLSearchParams({ version: release, screen: size });
  fetch(address, { method: "POST", headers, body }).catch(() => undefined); // the next page tells it
}
