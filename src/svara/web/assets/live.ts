// Live news (server-sent events): presence is painted at once, calls make the parts that listen ask for themselves anew.
//
// A hidden tab lets its connection go (browsers allow six per server over HTTP/1.1) and catches up when it is seen again.
interface Presence {
  id: string;
  presence: string;
}

let source: EventSource | null = null;

function tell(name: string, detail: unknown = null): void {
  document.body.dispatchEvent(new CustomEvent(name, { detail }));
}

function paint({ id: person, presence: availability }: Presence): void {
  const words = document.querySelector<HTMLTemplateElement>("template#availabilities");
  const text = words?.content.querySelector(`[data-key="${CSS.escape(availability)}"]`)?.textContent ?? availability;
  for (const element of document.querySelectorAll<HTMLElement>(`[data-person="${CSS.escape(person)}"]`)) {
    element.dataset.availability = availability;
    for (const label of element.querySelectorAll(".availability")) label.textContent = text;
  }
}

let newest = 0; // when the newest news came

function parsed(event: MessageEvent): Record<string, unknown> | null {
  newest = performance.now();
  try {
    return JSON.parse(event.data as string) as Record<string, unknown>;
  } catch {
    return null;
  }
}

// A part that asked anew may have been made before the newest news came: what came since it asked is painted over it. What it
// knows of oneself holds for the rest of the page too.
const heard = new Map<string, { presence: string; at: number }>();
const asked = new WeakMap<object, number>();

function settle(event: Event): void {
  const me = document.querySelector<HTMLElement>(`#presence [data-person="${CSS.escape(document.body.dataset.me ?? "")}"]`);
  if (me?.dataset.availability) paint({ id: me.dataset.person ?? "", presence: me.dataset.availability });
  const since = asked.get((event as CustomEvent).detail?.ctx ?? {}) ?? 0;
  for (const [id, { presence, at }] of heard) if (at >= since) paint({ id, presence });
}

function connect(address: string): void {
  if (source || document.hidden) return;
  source = new EventSource(address);
  source.addEventListener("open", () => {
    document.documentElement.dataset.live = "on";
    tell("svara:catch-up"); // what happened between the page's making and now
  });
  source.addEventListener("error", () => {
    document.documentElement.dataset.live = "off";
    if (source?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    source = null;
    setTimeout(() => connect(address), 5_000);
  });
  source.addEventListener("reset", () => tell("svara:catch-up"));
  source.addEventListener("presence.changed", (event) => {
    const data = parsed(event);
    if (!data) return;
    const news = data as unknown as Presence;
    heard.set(news.id, { presence: news.presence, at: performance.now() });
    paint(news);
    if (data.id === document.body.dataset.me) tell("svara:mine");
  });
  for (const name of ["started", "ringing", "answered", "held", "resumed", "supervised", "taped", "ended"])
    source.addEventListener(`call.${name}`, (event) => tell("svara:call", parsed(event)));
  source.addEventListener("queue.changed", (event) => tell("svara:queue", parsed(event)));
  source.addEventListener("conference.changed", (event) => tell("svara:conference", parsed(event)));
  source.addEventListener("message.changed", (event) => tell("svara:message", parsed(event)));
  source.addEventListener("call.recorded", (event) => tell("svara:recorded", parsed(event)));
}

export function startLive(): void {
  const address = document.body.dataset.live;
  if (!address) return;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      source?.close();
      source = null;
    } else connect(address);
  });
  document.addEventListener("htmx:before:request", (event) => asked.set((event as CustomEvent).detail.ctx, performance.now()));
  document.addEventListener("htmx:after:swap", settle);
  // A page that was being made when news came may not know them.
  document.addEventListener("svara:page", (event) => {
    if (newest >= (event as CustomEvent<{ at: number }>).detail.at) tell("svara:catch-up");
  });
  addEventListener("pagehide", () => source?.close());
  connect(address);
}
