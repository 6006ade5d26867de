/** One call: a session of SIP.js with its sound, and how it looks from outside (`Call`). */
import { Grammar, Inviter, Invitation, SessionState, type Session } from "sip.js";
import type { IncomingResponse } from "sip.js/lib/core";
import type { Call, CallState } from "../port";
import type { Kept } from "./kept";
import { arrived, type Count, count, type Figures, figures, header, hears, judge, NOTHING, together, type Verdict } from "./quality";
import { keysMs, type Sound } from "./sound";

const GLARE_MS = 700;
const MAX_TRIES = 4;
/** In so long some sound comes, where any comes at all. */
const CHECK_MS = 300;
/** With every so many looks the server is told how it sounded, and with the first. */
const TOLD_LOOKS = 5;
/** So long an ended call can still be seen. */
export const ENDED_MS = 4_000;

export class Talk {
  state: CallState;
  ended: Call["ended"] = "";
  since: number | null = null;
  muted = false;
  /** What the person wants; the sound knows what is. */
  held = false;
  /** 180 or 183 came. */
  rang = false;
  /** The other side is heard before it answers, or may be in a moment. */
  private early = false;
  private verdict: Verdict | null = null;
  private counted: Count | null = null;
  private looks = 0;
  /** What the connection counts in all, and what those before it did. */
  private newest = NOTHING;
  private before = NOTHING;
  private counting: RTCPeerConnection | null = null;
  private changing: Promise<void> = Promise.resolve();
  private renewing = false;
  private hangingUp = false;
  private shownAs: Call | null = null;

  constructor(
    readonly id: string,
    readonly direction: Call["direction"],
    readonly session: Session,
    readonly sound: Sound,
    public name: string,
    public number: string,
    readonly via: string,
    private readonly changed: () => void,
  ) {
    this.state = direction === "in" ? "ringing" : "calling";
    sound.onlost = () => void this.renew();
    session.delegate = { ...session.delegate, onInvite: () => this.led() };
    session.stateChange.addListener((state) => {
      if (state === SessionState.Established) this.talks();
      else if (state === SessionState.Terminated) queueMicrotask(() => this.over("")); // why it was refused is told right after
    });
  }

  /** As it looks now; the same object while nothing changes. */
  get shown(): Call {
    const now: Call = {
      id: this.id,
      direction: this.direction,
      name: this.name,
      number: this.number,
      via: this.via,
      state: this.state,
      held: this.held,
      muted: this.muted,
      since: this.since,
      quality: this.verdict?.quality ?? null,
      cause: this.verdict?.cause ?? "",
      ended: this.ended,
    };
    const before = this.shownAs;
    const same = before && (Object.keys(now) as (keyof Call)[]).every((key) => before[key] === now[key]);
    return same ? before : (this.shownAs = now);
  }

  get kept(): Kept | null {
    const dialog = this.session.dialog;
    if (this.state !== "talking" || this.hangingUp || !dialog) return null;
    const { callId, localTag, remoteTag } = dialog;
    const { id, direction, name, number, via, since, held, muted } = this;
    return { id, callId, localTag, remoteTag, direction, name, number, via, since, held, muted };
  }

  /** Nothing is heard of the phone that rings far away, so that the page has to ring. */
  get ringsUnheard(): boolean {
    return this.state === "calling" && this.rang && !this.early;
  }

  /** The phone rings far away, and what it sends meanwhile is heard. */
  rings(progress: IncomingResponse): void {
    const { statusCode, body } = progress.message;
    this.rang ||= (statusCode ?? 0) >= 180;
    if (body && !this.early && progress.message.getHeader("Content-Type")?.startsWith("application/sdp")) {
      this.early = true;
      const heard = (early: boolean) => {
        if (early === this.early) return;
        this.early = early;
        this.changed();
      };
      void this.sound.early(body, heard).catch(() => heard(false));
    }
    this.met(progress);
  }

  /** The server answered, and may have said who it is that rings or talks (RFC 3325). The number stays what was dialled. */
  met(answer: IncomingResponse): void {
    const told = answer.message.getHeader("P-Asserted-Identity");
    this.name = (told && Grammar.nameAddrHeaderParse(told)?.displayName) || this.name;
    this.changed();
  }

  /** The server led the call to somebody else. */
  private led(): void {
    const who = this.session.assertedIdentity;
    if (!who?.uri.user || (who.displayName === this.name && who.uri.user === this.number)) return;
    this.name = who.displayName;
    this.number = who.uri.user;
    this.changed();
  }

  get open(): boolean {
    return this.state !== "ended";
  }

  mute(on: boolean): void {
    this.muted = this.sound.muted = on;
    this.changed();
  }

  /** Put the other side on hold, or take it back. One change after the other. */
  async hold(on: boolean): Promise<void> {
    if (this.state !== "talking" || this.held === on) return;
    this.held = on;
    this.changed();
    await this.next(async () => {
      if (this.sound.held === this.held || this.state !== "talking") return;
      this.sound.held = this.held;
      try {
        await this.reinvite(true);
      } catch (error) {
        this.sound.held = this.held = !on;
        this.changed();
        throw error;
      }
    });
  }

  /** A fresh connection for this call, because the old one is lost. */
  async renew(): Promise<void> {
    if (this.renewing || this.state !== "talking") return;
    this.renewing = true;
    try {
      await this.next(() => this.reinvite(false));
    } catch {
      // lost again, or not there yet: the next change of the network or the connection tries once more
    } finally {
      this.renewing = false;
    }
  }

  /** Does anything still come from the other side? A fresh connection where not. */
  async check(): Promise<void> {
    const peer = this.sound.connection;
    if (this.state !== "talking" || !peer) return;
    if (this.sound.still) {
      await this.renew();
      return;
    }
    const before = await arrived(peer);
    await new Promise((resolve) => setTimeout(resolve, CHECK_MS));
    if (peer === this.sound.connection && (await arrived(peer)).bytes === before.bytes) await this.renew();
  }

  /** Does the server still know of this talk? Ends it here where not; also tells the server where this browser is now. */
  async ask(): Promise<void> {
    if (this.state !== "talking" || this.session.state !== SessionState.Established) return;
    await this.session.info({
      requestDelegate: {
        onReject: (response) => {
          const status = response.message.statusCode ?? 0;
          if (status === 481) this.over("");
        },
      },
    });
  }

  async keys(digits: string): Promise<void> {
    const wanted = digits.toUpperCase().replace(/[^0-9A-D*#]/g, "");
    if (this.state !== "talking" || !wanted) return;
    if (this.sound.sendDtmf(wanted)) {
      await new Promise((resolve) => setTimeout(resolve, keysMs(wanted)));
      return;
    }
    for (const digit of wanted) {
      const body = {
        contentDisposition: "render",
        contentType: "application/dtmf-relay",
        content: `Signal=${digit}\r\nDuration=160\r\n`,
      };
      await this.session.info({ requestOptions: { body } });
    }
  }

  /** Look how it sounds. */
  async look(): Promise<void> {
    const peer = this.sound.connection;
    if (this.state !== "talking" || !peer) return;
    if (peer.connectionState === "failed") void this.renew(); // what was tried when it failed did not help
    const now = await count(peer).catch(() => null);
    if (!now) return;
    const before = this.counted;
    this.counted = now;
    // A fresh connection counts from nothing.
    if (before && now.received >= before.received && !this.held) this.verdict = judge(before, now, hears(peer));
    if (this.held) this.verdict = null;
    this.changed();
    await this.sum(peer);
    const told = this.looks % TOLD_LOOKS === 0;
    this.looks += 1;
    if (told) await this.tell();
  }

  /** Tell the server how it sounded so far. The page after a reload counts from nothing, and the server adds it to this. */
  async tell(): Promise<void> {
    if (this.state === "talking") await this.session.info({ requestOptions: { extraHeaders: [this.figures] } });
  }

  private async sum(peer: RTCPeerConnection): Promise<void> {
    const now: Figures = await figures(peer);
    if (peer !== this.counting) this.before = together(this.before, this.newest);
    this.counting = peer;
    this.newest = now;
  }

  /** How it sounded here, for the record of the call. */
  private get figures(): string {
    return header(together(this.before, this.newest));
  }

  /** The page goes. Who dials gives up, who had hung up has: what else goes on is left to the page that comes. */
  leave(): void {
    if (this.state === "calling") void this.hangup(false);
    else if (this.hangingUp) void this.bye();
    else void this.tell().catch(() => undefined);
  }

  async hangup(decline: boolean): Promise<void> {
    const { session } = this;
    this.hangingUp = true;
    if (session instanceof Invitation && session.state === SessionState.Initial) {
      await session.reject({ statusCode: decline ? 603 : 486 });
    } else if (session.state === SessionState.Established) {
      if (this.sound.connection) await this.sum(this.sound.connection).catch(() => undefined);
      await this.bye();
    } else if (session instanceof Inviter && this.open) {
      await session.cancel().catch(() => undefined);
    } else if (session instanceof Invitation && session.state === SessionState.Establishing) {
      await session.reject({ statusCode: 480 });
    }
    this.over("");
  }

  private async bye(): Promise<void> {
    if (this.session.state === SessionState.Established) await this.session.bye({ requestOptions: { extraHeaders: [this.figures] } });
  }

  /** It is over; the first reason counts. */
  over(reason: Call["ended"]): void {
    if (this.state === "ended") return;
    this.state = "ended";
    this.ended = reason;
    this.sound.close();
    this.changed();
  }

  private talks(): void {
    if (this.state === "ended") return;
    this.state = "talking";
    this.since ??= Date.now();
    this.changed();
  }

  private next(change: () => Promise<void>): Promise<void> {
    const done = this.changing.then(change);
    this.changing = done.catch(() => undefined);
    return done;
  }

  private async reinvite(keep: boolean): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      if (this.session.state !== SessionState.Established) throw new Error("failed");
      this.sound.keep = keep;
      const status = await new Promise<number>((resolve, reject) => {
        this.session
          .invite({
            requestDelegate: {
              onAccept: () => resolve(200),
              onReject: (response) => resolve(response.message.statusCode ?? 500),
            },
          })
          .catch(reject);
      });
      if (status === 200) return;
      if (tries >= MAX_TRIES || (status !== 491 && status !== 500)) throw new Error("failed");
      await new Promise((resolve) => setTimeout(resolve, GLARE_MS * (0.5 + Math.random())));
    }
  }
}

/** In which words an answer of the server ends a call; `rang`: somebody's phone rang. */
export function reasonOf(status: number, rang: boolean): Call["ended"] {
  switch (status) {
    case 486:
    case 600:
      return "busy";
    case 603:
      return "declined";
    case 403:
      return "not-allowed";
    case 404:
    case 410:
    case 484:
    case 604:
      return "no-such-number";
    case 408:
    case 480:
      return rang ? "no-answer" : "unreachable";
    case 487:
      return "";
    case 502:
    case 503:
    case 504:
      return "not-now";
    default:
      return "failed";
  }
}
