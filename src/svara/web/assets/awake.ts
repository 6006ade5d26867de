// A wall board: <body data-stay-awake> asks the browser not to switch the screen off, again each time the page is seen anew.
export function stayAwake(): void {
  if (document.body.dataset.stayAwake === undefined || !("wakeLock" in navigator)) return;
  const ask = (): void => {
    if (!document.hidden) navigator.wakeLock.request("screen").catch(() => undefined); // an empty battery may refuse
  };
  document.addEventListener("visibilitychange", ask);
  ask();
}
