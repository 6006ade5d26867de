/** The phone itself: what the page asks for, done by the line to the server (`line`) and by the calls (`talk`). See `../port`
 * for what it promises to the page. */
import { Grammar, type InviterOptions, Invitation, type Session, SessionState } from "sip.js";
import type { Call, Devices, Engine, Readiness } from "../port";
import { Account } from "./account";
import { forgetInstance, keep, type Kept, takeKept } from "./kept";
import { address, Line } from "./line";
import { Microphone, NoMicrophone, play } from "./microphone";
import { refer } from "./refer";
import { Server } from "./server";
import { Sound } from "./sound";
import { OneTab } from "./tabs";
import { ENDED_MS, reasonOf, Talk } from "./talk";
import { Ringback } from "./tones";

const LOOK_MS = 2_000;
const MAX_CALLS = 6;

class SvaraEngine extends EventTarget implements Engine {
  readiness: Readiness = "off";
  trouble: Engine["trouble"] = "";
  private readonly line: Line;
  private readonly server: Server;
  private readonly tab = new OneTab();
  private readonly microphone = new Microphone();
  private readonly ringback = new Ringback();
  private devices: Devices = { microphone: "", speaker: "", ringer: "" };
  private talks: Talk[] = [];
  private readonly sounds = new WeakMap<Session, Sound>();
  private wanted = false;
  private looking = 0;
  /** On which kind of network this browser was; only some browsers tell. */
  private network = connection()?.type;
  private told = false;
  /** Talks of the page before this one, which are to go on; null: not looked for yet. */
  private left: Kept[] | null = null;

  constructor(options: { credentials: string; csrf: () => string }) {
    super();
    this.server = new Server(options.csrf);
    this.line = new Line(new Account(options.credentials, options.csrf), {
      became: (readiness, trouble) => this.become(readiness, trouble),
      registered: (again) => this.registered(again),
      invited: (invitation) => this.invited(invitation),
      signedOut: () => this.over(),
      talking: () => this.talks.some((talk) => talk.state === "talking"),
      sound: (session) => this.sounds.get(session) ?? this.makeSound(),
    });
  }

  get calls(): readonly Call[] {
    return this.talks.map((talk) => talk.shown);
  }

  /** What is heard in a call, for meters and tests. */
  heard(id: string): MediaStream | null {
    return this.find(id)?.sound.remote ?? null;
  }

  // --- to be the phone

  async start(): Promise<void> {
    if (this.wanted) return;
    if (!window.isSecureContext || !navigator.mediaDevices || !window.RTCPeerConnection) {
      this.become("refused", "insecure");
      return;
    }
    this.wanted = true;
    this.become("connecting", "");
    if (!(await this.tab.enter(() => this.become("elsewhere", ""))) || !this.wanted) return;
    this.left ??= takeKept();
    window.addEventListener("pagehide", this.leaving);
    window.addEventListener("online", this.moved);
    connection()?.addEventListener("change", this.changedNetwork);
    this.looking = window.setInterval(this.look, LOOK_MS);
    this.become("connecting", "");
    await this.line.start();
  }

  async stop(): Promise<void> {
    if (!this.wanted) return;
    this.wanted = false;
    await Promise.allSettled(this.talks.map((talk) => talk.hangup(false)));
    this.become("off", "");
    await this.line.stop();
    forgetInstance();
    this.over();
  }

  /** This tab is the phone no more. */
  private over(): void {
    this.wanted = false;
    clearInterval(this.looking);
    window.removeEventListener("pagehide", this.leaving);
    window.removeEventListener("online", this.moved);
    connection()?.removeEventListener("change", this.changedNetwork);
    this.tab.leave();
  }

  private registered(again: boolean): void {
    for (const talk of again ? this.talks : []) {
      void talk.ask().catch(() => undefined);
      void talk.check();
    }
    const { left } = this;
    this.left = [];
    for (const kept of left ?? []) void this.resume(kept);
  }

  /** The network is another one: neither the connection to the server nor those of the calls can be trusted. */
  private readonly moved = (): void => {
    if (this.wanted) void this.line.anew();
  };

  /** Browsers tell of this also when they only think that the network became slower. */
  private readonly changedNetwork = (): void => {
    const before = this.network;
    this.network = connection()?.type;
    if (this.network !== before) this.moved();
  };

  private readonly leaving = (): void => {
    this.save();
    for (const talk of this.talks) talk.leave();
  };

  // --- calls

  async dial(number: string, name = ""): Promise<string> {
    const target = dialled(number);
    if (this.readiness !== "ready" || !target) throw new Error("failed");
    const talk = await this.invite(crypto.randomUUID(), target, { name, number: target, via: "", direction: "out" });
    return talk.id;
  }

  private async invite(id: string, user: string, as: Pick<Kept, "name" | "number" | "via" | "direction">, replaces?: Kept): Promise<Talk> {
    const sound = this.makeSound();
    await this.spoken(sound);
    const options: InviterOptions = {};
    if (replaces) {
      const { callId, localTag, remoteTag } = replaces;
      options.extraHeaders = [`Replaces: ${callId};to-tag=${remoteTag};from-tag=${localTag}`, "Require: replaces"];
    }
    const session = this.line.inviter(user, options);
    this.sounds.set(session, sound);
    const talk = new Talk(id, as.direction, session, sound, as.name, as.number, as.via, this.changed);
    talk.state = replaces ? "talking" : "calling";
    talk.since = replaces?.since ?? null;
    this.add(talk);
    await this.holdOthers(talk);
    await session
      .invite({
        requestDelegate: {
          onProgress: (response) => talk.rings(response),
          onAccept: (response) => talk.met(response),
          onReject: (response) => talk.over(reasonOf(response.message.statusCode ?? 500, talk.rang)),
        },
      })
      .catch(() => talk.over("failed"));
    return talk;
  }

  /** Go on with a talk that the page before this one had. */
  private async resume(kept: Kept): Promise<void> {
    try {
      const talk = await this.invite(kept.id, this.line.user, kept, kept);
      talk.mute(kept.muted);
      if (kept.held) {
        await established(talk.session);
        await talk.hold(true);
      }
    } catch {
      // it is over; the page shows so where it was shown at all
    }
  }

  private invited(invitation: Invitation): void {
    if (this.talks.filter((talk) => talk.open).length >= MAX_CALLS) {
      void invitation.reject({ statusCode: 486 });
      return;
    }
    const { displayName, uri } = invitation.remoteIdentity;
    const sound = this.makeSound();
    this.sounds.set(invitation, sound);
    const via = called(invitation);
    // Phones that show one name alone are told both in it.
    const name = via && displayName.startsWith(`${via}: `) ? displayName.slice(via.length + 2) : displayName;
    const talk = new Talk(crypto.randomUUID(), "in", invitation, sound, name, uri.user ?? "", via, this.changed);
    this.add(talk);
  }

  async answer(id: string): Promise<void> {
    const talk = this.find(id);
    if (!talk || !(talk.session instanceof Invitation) || talk.state !== "ringing") return;
    await this.spoken(talk.sound);
    await this.holdOthers(talk);
    await talk.session.accept();
  }

  async hangup(id: string): Promise<void> {
    await this.find(id)?.hangup(false);
  }

  async decline(id: string): Promise<void> {
    await this.find(id)?.hangup(true);
  }

  mute(id: string, on: boolean): void {
    this.find(id)?.mute(on);
  }

  async hold(id: string, on: boolean): Promise<void> {
    const talk = this.find(id);
    if (!talk) return;
    if (!on) await this.holdOthers(talk);
    await talk.hold(on);
  }

  async keys(id: string, digits: string): Promise<void> {
    await this.find(id)?.keys(digits);
  }

  async transfer(id: string, number: string): Promise<void> {
    const talk = this.find(id);
    const target = dialled(number);
    if (!talk || talk.state !== "talking" || !target) throw new Error("failed");
    await refer(talk.session, address(target));
  }

  async transferTo(id: string, other: string): Promise<void> {
    const [talk, to] = [this.find(id), this.find(other)];
    if (talk?.state !== "talking" || to?.state !== "talking") throw new Error("failed");
    await refer(talk.session, to.session);
  }

  /** The server makes a room of the two: the first goes on with it, the other is hung up there. */
  async merge(ids: readonly string[]): Promise<void> {
    const [talk, other] = ids.map((id) => this.find(id));
    if (ids.length !== 2 || talk?.state !== "talking" || other?.state !== "talking") throw new Error("unavailable");
    if (talk.held) await talk.hold(false);
    const [stays, comes] = await this.server.idsOf([talk, other]);
    if (!stays || !comes) throw new Error("unavailable");
    await this.server.merge(stays, comes);
  }

  // --- devices

  async use(devices: Devices): Promise<void> {
    const another = devices.microphone !== this.devices.microphone;
    this.devices = devices;
    this.microphone.choose(devices.microphone);
    const open = this.talks.filter((talk) => talk.open);
    await Promise.all(open.map((talk) => talk.sound.speaker(devices.speaker).catch(() => undefined)));
    if (another) await Promise.all(open.map((talk) => talk.sound.renewMicrophone()));
  }

  level(): number {
    return this.microphone.level();
  }

  async hearMyself(seconds: number): Promise<void> {
    const recorded = await this.microphone.record(seconds).catch((error: unknown) => {
      this.refused(error);
      throw error;
    });
    await play(recorded, this.devices.speaker);
  }

  // --- how

  private makeSound(): Sound {
    const sound = new Sound(this.microphone);
    sound.ondoubt = () => this.line.probe();
    void sound.speaker(this.devices.speaker).catch(() => undefined);
    return sound;
  }

  private async spoken(sound: Sound): Promise<void> {
    try {
      await sound.prepare();
      if (this.trouble.startsWith("microphone") || this.trouble === "no-microphone") this.become(this.readiness, "");
    } catch (error) {
      sound.close();
      this.refused(error);
      throw error;
    }
  }

  private refused(error: unknown): void {
    if (error instanceof NoMicrophone) this.become(this.readiness, error.trouble);
  }

  private find(id: string): Talk | undefined {
    return this.talks.find((talk) => talk.id === id);
  }

  private add(talk: Talk): void {
    this.talks.push(talk);
    this.changed();
  }

  private async holdOthers(but: Talk): Promise<void> {
    const others = this.talks.filter((talk) => talk !== but && talk.state === "talking" && !talk.held);
    await Promise.allSettled(others.map((talk) => talk.hold(true)));
  }

  private readonly look = (): void => {
    for (const talk of this.talks) void talk.look().catch(() => undefined); // it may end meanwhile
    this.save();
  };

  private save(): void {
    if (this.left) keep([...this.left, ...this.talks.map((talk) => talk.kept).filter((kept) => kept !== null)]);
  }

  private become(readiness: Readiness, trouble: Engine["trouble"]): void {
    if (readiness === this.readiness && trouble === this.trouble) return;
    this.readiness = readiness;
    this.trouble = trouble;
    this.changed();
  }

  /** Something changed: told once for all that happens in one go. */
  private readonly changed = (): void => {
    this.ringback.sound(
      this.talks.some((talk) => talk.ringsUnheard),
      this.devices.speaker,
    );
    for (const talk of this.talks) {
      if (talk.open || leaves.has(talk)) continue;
      leaves.add(talk);
      setTimeout(() => {
        this.talks = this.talks.filter((each) => each !== talk);
        this.changed();
      }, ENDED_MS);
    }
    if (this.told) return;
    this.told = true;
    queueMicrotask(() => {
      this.told = false;
      this.save();
      this.dispatchEvent(new Event("change"));
    });
  };
}

const leaves = new WeakSet<Talk>();

function connection(): (EventTarget & { type?: string }) | undefined {
  return (navigator as Navigator & { connection?: EventTarget & { type?: string } }).connection;
}

/** The queue or number that was called (RFC 7315 section 4.2), by its name where it has one. */
function called(invitation: Invitation): string {
  const told = invitation.request.getHeader("P-Called-Party-ID");
  const who = told ? Grammar.nameAddrHeaderParse(told) : undefined;
  return who?.displayName || who?.uri.user || "";
}

/** What somebody typed, as it is dialled: without what only parts the digits of a number. */
function dialled(text: string): string {
  const bare = text.trim();
  return /^[+*#\d\s()./-]+$/.test(bare) ? bare.replace(/[\s()./-]/g, "") : bare;
}

function established(session: Session): Promise<void> {
  return new Promise((resolve, reject) => {
    if (session.state === SessionState.Established) resolve();
    session.stateChange.addListener((state) => {
      if (state === SessionState.Established) resolve();
      else if (state === SessionState.Terminated) reject(new Error("failed"));
    });
  });
}

/** The phone of this page. It does nothing until `start`. */
export function createEngine(options: { credentials: string; csrf: () => string }): Engine {
  return new SvaraEngine(options);
}
