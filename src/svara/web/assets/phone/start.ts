/** The phone of this page, loaded when it is first wanted: the page's element `#phone` says where its pass comes from, and
 * offers the phone to whoever finds it (`element.phone()`). */
import type { Engine } from "./port";

let made: Promise<Engine> | null = null;

/** The page's engine; null where there is none (a visitor's page, the door). */
export function phone(): Promise<Engine> | null {
  const credentials = place()?.dataset.credentials;
  if (!credentials) return null;
  made ??= import("./engine").then(({ createEngine }) => createEngine({ credentials, csrf }));
  return made;
}

export function startPhone(): void {
  const element = place();
  if (element) element.phone = phone;
}

function place(): (HTMLElement & { phone?: typeof phone }) | null {
  return document.querySelector("#phone[data-credentials]");
}

/** The token that the server wants to see in every POST: in the page as htmx sends it. */
export function csrf(): string {
  const headers = document.querySelector("[hx-headers\\:inherited]")?.getAttribute("hx-headers:inherited");
  return headers ? ((JSON.parse(headers) as Record<string, string>)["X-CSRFToken"] ?? "") : "";
}
