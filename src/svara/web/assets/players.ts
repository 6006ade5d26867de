// Sound that cannot be played says why: the server tells it in plain words, and the player can be tried again.
import { announce } from "./htmx";

export function startPlayers(): void {
  // Events of media do not bubble: they are caught on their way down.
  document.addEventListener("error", (event) => {
    const player = event.target;
    if (player instanceof HTMLAudioElement && player.matches(".player")) void tell(player);
  }, true);
  document.addEventListener("play", (event) => note(event.target as Element)?.remove(), true);
}

async function tell(player: HTMLAudioElement): Promise<void> {
  let text = "";
  try {
    const answer = await fetch(player.currentSrc || player.src, { headers: { Range: "bytes=0-0" } });
    if (!answer.ok && answer.headers.get("Content-Type")?.startsWith("text/plain")) text = (await answer.text()).trim();
  } catch {
    // Nothing answers at all.
  }
  player.load(); // nothing is fetched until it is played again
  if (!text) return announce("failed");
  const told = note(player) ?? document.createElement("p");
  told.className = "player-note";
  told.setAttribute("role", "status");
  player.after(told);
  told.textContent = text;
}

function note(player: Element): Element | null {
  const next = player.nextElementSibling;
  return next?.matches(".player-note") ? next : null;
}
