// On the page that stands in while the server cannot be reached: goes back to what was wanted as soon as it answers again.
const EVERY_MS = 10_000;

async function back(): Promise<void> {
  try {
    if ((await fetch("/api/v1/healthz", { cache: "no-store" })).status < 500) location.reload();
  } catch {
    // still away
  }
}

addEventListener("online", () => void back());
setInterval(() => void back(), EVERY_MS);
