// Passkeys: a form with data-passkey asks the server what to sign (data-options), lets the browser make or show a passkey, and
// is then sent like any other form, with the answer in its field `credential`. Without passkeys such a form is not there.
const AGAIN_MS = 5 * 60_000; // what is offered beside the user name is asked for anew, before the server forgets it

type Options = Record<string, unknown> & { challenge: string };
interface Named {
  readonly id: string;
}

let offered: AbortController | null = null;

export function startPasskeys(): void {
  const there = "PublicKeyCredential" in window;
  const look = () => {
    for (const form of document.querySelectorAll<HTMLElement>("form[data-passkey]")) form.hidden = !there;
    for (const words of document.querySelectorAll<HTMLElement>("[data-passkey-lacking]")) words.hidden = there;
  };
  look();
  document.addEventListener("svara:page", look);
  document.addEventListener("htmx:after:swap", look);
  if (!there) return;
  document.addEventListener("submit", (event) => sent(event), true); // before htmx, which sends forms of the app
  const form = document.querySelector<HTMLFormElement>("form[data-passkey][data-offer]");
  if (form) void offer(form);
}

function sent(event: Event): void {
  const form = (event.target as HTMLElement).closest<HTMLFormElement>("form[data-passkey]");
  if (!form || field(form).value) return;
  event.preventDefault();
  event.stopPropagation();
  offered?.abort();
  offered = null;
  for (const words of form.querySelectorAll<HTMLElement>("[data-trouble]")) words.hidden = true;
  form.querySelector("button")?.setAttribute("aria-busy", "true");
  ceremony(form, {}).then(
    (answer) => answer && finish(form, answer),
    (error: unknown) => {
      form.querySelector("button")?.removeAttribute("aria-busy");
      const name = error instanceof DOMException ? error.name : "";
      const kind = name === "NotAllowedError" || name === "AbortError" ? "none" : name === "InvalidStateError" ? "there" : "failed";
      const words = form.querySelector<HTMLElement>(`[data-trouble="${kind}"]`);
      if (words) words.hidden = false;
    },
  );
}

// Beside the user name, where browsers show what they have: nothing is asked of who does not choose it.
async function offer(form: HTMLFormElement): Promise<void> {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  const mine = new AbortController();
  offered = mine;
  const again = setTimeout(() => {
    mine.abort();
    if (offered === mine) void offer(form);
  }, AGAIN_MS);
  try {
    const answer = await ceremony(form, { mediation: "conditional", signal: mine.signal });
    if (answer) finish(form, answer);
  } catch {
    // nothing was chosen
  } finally {
    clearTimeout(again);
  }
}

function finish(form: HTMLFormElement, answer: object): void {
  field(form).value = JSON.stringify(answer);
  for (const copy of form.querySelectorAll<HTMLInputElement>("[data-as]")) {
    const box = document.getElementById(copy.dataset.as ?? "") as HTMLInputElement | null;
    copy.value = box?.checked ? box.value : "";
  }
  form.requestSubmit();
}

async function ceremony(form: HTMLFormElement, how: CredentialRequestOptions): Promise<object | null> {
  const token = form.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "";
  const reply = await fetch(form.dataset.options ?? "", { method: "POST", headers: { "X-CSRFToken": token } });
  const asked = (await reply.json()) as Options & { ask?: string };
  if (asked.ask) {
    location.assign(`${asked.ask}?next=${encodeURIComponent(location.pathname)}`);
    return null;
  }
  if (!reply.ok) throw new Error(String(reply.status));
  const publicKey = read(asked);
  const made =
    form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey: publicKey as unknown as PublicKeyCredentialCreationOptions })
      : await navigator.credentials.get({ ...how, publicKey: publicKey as unknown as PublicKeyCredentialRequestOptions });
  return written(made as PublicKeyCredential);
}

function read(options: Options): Record<string, unknown> {
  const listed = (name: string) => (options[name] as Named[] | undefined)?.map((one) => ({ ...one, id: bytes(one.id) }));
  const user = options.user as Named | undefined;
  return {
    ...options,
    challenge: bytes(options.challenge),
    ...(user && { user: { ...user, id: bytes(user.id) } }),
    ...(options.excludeCredentials ? { excludeCredentials: listed("excludeCredentials") } : {}),
    ...(options.allowCredentials ? { allowCredentials: listed("allowCredentials") } : {}),
  };
}

// As the standard's toJSON() does, which not every browser has.
function written(credential: PublicKeyCredential): object {
  const response = credential.response as unknown as Record<string, ArrayBuffer | null>;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const given = parts.flatMap((name) => (response[name] instanceof ArrayBuffer ? [[name, text(response[name])]] : []));
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    clientExtensionResults: {},
    response: Object.fromEntries(given),
  };
}

function field(form: HTMLFormElement): HTMLInputElement {
  return form.elements.namedItem("credential") as HTMLInputElement;
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
}

function text(buffer: ArrayBuffer): string {
  const signs = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(signs).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
