// A wall board: <body data-stay-awake> asks the browser not to switch the screen off, again each time the page is seen anew.
// Several queues in turn: <body data-turn="30" data-turn-to="/queues/…">. The next one is looked for first: while the server does not
// answer, the one that is there stays.
function takeTurns(): void {
  const { turn, turnTo } = document.body.dataset;
  if (!turn || !turnTo) return;
  setInterval(() => {
    fetch(turnTo).then(
      (answer) => answer.ok && !answer.redirected && location.replace(turnTo),
      () => undefined,
    );
  }, Number(turn) * 1_000);
}

export function stayAwake(): void {
  takeTurns();
  if (document.body.dataset.stayAwake === undefined || !("wakeLock" in navigator)) return;
  const ask = (): void => {
    if (!document.hidden) navigator.wakeLock.request("screen").catch(() => undefined); // an empty battery may refuse
  };
  document.addEventListener("visibilitychange", ask);
  ask();
}
