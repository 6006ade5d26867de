/** The phone itself: registers over the WebSocket of the server (SIP.js), makes and takes calls. See `../port` for what it
 * promises to the page. */
import {
  Inviter,
  type InviterOptions,
  Invitation,
  Registerer,
  type Session,
  SessionState,
  TransportState,
  URI,
  UserAgent,
} from "sip.js";
import type { Call, Devices, Engine, Readiness } from "../port";
import { Account, NoPass, type Pass } from "./account";
import { keep, type Kept, takeKept } from "./kept";
import { Microphone, NoMicrophone } from "./microphone";
import { Server } from "./server";
import { Sound } from "./sound";
import { OneTab } from "./tabs";
import { ENDED_MS, reasonOf, Talk } from "./talk";
import { Ringback } from "./tones";

const DOMAIN = "svara";
const REGISTER_SECONDS = 300;
const KEEP_ALIVE_SECONDS = 15;
const LOOK_MS = 2_000;
const MAX_CALLS = 6;
const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 15_000;
const TRANSFER_MS = 40_000;

class SvaraEngine extends EventTarget implements Engine {
  readiness: Readiness = "off";
  trouble: Engine["trouble"] = "";
  private readonly account: Account;
  private readonly server: Server;
  private readonly tab = new OneTab();
  private readonly microphone = new Microphone();
  private readonly ringback = new Ringback();
  private readonly instance = crypto.randomUUID();
  private devices: Devices = { microphone: "", speaker: "", ringer: "" };
  private agent: UserAgent | null = null;
  private registerer: Registerer | null = null;
  private talks: Talk[] = [];
  private readonly sounds = new WeakMap<Session, Sound>();
  private wanted = false;
  private retries = 0;
  private retry = 0;
  private renewal = 0;
  private looking = 0;
  private told = false;
  /** Talks of the page before this one, which are to go on; null: not looked for yet. */
  private left: Kept[] | null = null;

  constructor(options: { credentials: string; csrf: () => string }) {
    super();
    this.account = new Account(options.credentials, options.csrf);
    this.server = new Server(options.csrf);
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
    connection()?.addEventListener("change", this.moved);
    this.looking = window.setInterval(this.look, LOOK_MS);
    this.become("connecting", "");
    await this.connect();
  }

  async stop(): Promise<void> {
    if (!this.wanted) return;
    this.wanted = false;
    clearTimeout(this.retry);
    clearTimeout(this.renewal);
    clearInterval(this.looking);
    window.removeEventListener("pagehide", this.leaving);
    window.removeEventListener("online", this.moved);
    connection()?.removeEventListener("change", this.moved);
    await Promise.allSettled(this.talks.map((talk) => talk.hangup(false)));
    const { agent, registerer } = this;
    this.agent = this.registerer = null;
    this.become("off", "");
    try {
      if (agent?.isConnected()) await within(registerer?.unregister(), 1_000);
    } catch {
      // the connection goes, and the registration with it
    }
    await agent?.transport.disconnect().catch(() => undefined);
    this.tab.leave();
  }

  private async connect(): Promise<void> {
    clearTimeout(this.retry);
    if (!this.wanted) return;
    try {
      const pass = await this.account.current();
      const agent = (this.agent ??= this.makeAgent(pass));
      agent.configuration.authorizationUsername = pass.login;
      agent.configuration.authorizationPassword = pass.password;
      // SIP.js starts once, and connects again ever after; what follows is in `connected`.
      await (agent.state === "Started" ? agent.reconnect() : agent.start());
    } catch (error) {
      this.failed(error);
    }
  }

  private makeAgent(pass: Pass): UserAgent {
    const server = new URL("/sip", location.href);
    server.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    return new UserAgent({
      uri: new URI("sip", pass.phone, DOMAIN),
      instanceId: this.instance,
      userAgentString: "SIP.js/0.21.2 Svara",
      noAnswerTimeout: 600, // the server decides how long it rings
      logBuiltinEnabled: false,
      transportOptions: {
        server: server.href,
        connectionTimeout: 8,
        keepAliveInterval: KEEP_ALIVE_SECONDS,
        traceSip: false,
      },
      sessionDescriptionHandlerFactory: (session) => this.sounds.get(session) ?? this.makeSound(),
      delegate: {
        onConnect: () => void this.connected(),
        onDisconnect: (error) => this.disconnected(error),
        onInvite: (invitation) => this.invited(invitation),
      },
    });
  }

  private async connected(): Promise<void> {
    const { agent } = this;
    if (!agent || !this.wanted) return;
    // One for each connection: what an earlier one waits for never comes.
    this.registerer?.["clearTimers"]();
    this.registerer = new Registerer(agent, { expires: REGISTER_SECONDS, instanceId: this.instance, regId: 1 });
    this.register();
  }

  private register(): void {
    const { registerer } = this;
    registerer
      ?.register({
        requestDelegate: {
          onAccept: () => this.registered(registerer),
          onReject: (response) => {
            if (registerer !== this.registerer) return;
            this.account.forget();
            const status = response.message.statusCode ?? 500;
            this.failed(new NoPass(status === 403 ? "signed-out" : "server"));
          },
        },
      })
      .catch(() => undefined);
  }

  private registered(registerer: Registerer): void {
    if (registerer !== this.registerer || !this.wanted) return;
    const again = this.readiness === "away";
    this.retries = 0;
    this.become("ready", "");
    clearTimeout(this.renewal);
    this.renewal = window.setTimeout(() => void this.renew(), (REGISTER_SECONDS / 3) * 1000);
    if (again) for (const talk of this.talks) void talk.ask().catch(() => undefined);
    const { left } = this;
    this.left = [];
    for (const kept of left ?? []) void this.resume(kept);
  }

  /** Before pass and registration end. SIP.js would register again by itself, with a pass that is too old. */
  private async renew(): Promise<void> {
    const { agent } = this;
    if (!agent || !this.wanted) return;
    try {
      const pass = await this.account.current();
      agent.configuration.authorizationUsername = pass.login;
      agent.configuration.authorizationPassword = pass.password;
      this.register();
    } catch (error) {
      if (error instanceof NoPass && error.trouble === "signed-out") this.failed(error);
      else this.renewal = window.setTimeout(() => void this.renew(), 10_000);
    }
  }

  private disconnected(_error?: Error): void {
    if (!this.wanted) return;
    this.registerer?.["clearTimers"]();
    clearTimeout(this.renewal);
    this.become("away", "");
    this.later();
  }

  private failed(error: unknown): void {
    if (!this.wanted) return;
    if (error instanceof NoPass && error.trouble === "signed-out") {
      this.become("refused", "signed-out");
      void this.agent?.transport.disconnect().catch(() => undefined);
      this.wanted = false;
      clearTimeout(this.renewal);
      clearInterval(this.looking);
      this.tab.leave();
      return;
    }
    this.become("away", "server");
    this.later();
  }

  private later(): void {
    clearTimeout(this.retry);
    const wait = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** this.retries) * (0.75 + Math.random() / 2);
    this.retries += 1;
    this.retry = window.setTimeout(() => {
      const { agent } = this;
      if (agent?.transport.state === TransportState.Connected) void this.connected();
      else void this.connect();
    }, wait);
  }

  /** The network is another one: neither the connection to the server nor those of the calls can be trusted. */
  private readonly moved = (): void => {
    const { agent } = this;
    if (!agent || !this.wanted) return;
    this.retries = 0;
    void agent.transport
      .disconnect()
      .catch(() => undefined)
      .then(() => this.connect());
    const renew = () => {
      if (this.readiness !== "ready") return;
      this.removeEventListener("change", renew);
      for (const talk of this.talks) void talk.renew();
    };
    this.addEventListener("change", renew);
  };

  private readonly leaving = (): void => {
    this.save();
    for (const talk of this.talks) if (talk.state === "calling") void talk.hangup(false);
  };

  // --- calls

  async dial(number: string): Promise<string> {
    const target = dialled(number);
    const { agent } = this;
    if (!agent || this.readiness !== "ready" || !target) throw new Error("failed");
    const talk = await this.invite(crypto.randomUUID(), target, { name: "", number: target, direction: "out" });
    return talk.id;
  }

  private async invite(id: string, user: string, as: Pick<Kept, "name" | "number" | "direction">, replaces?: Kept): Promise<Talk> {
    const { agent } = this;
    if (!agent) throw new Error("failed");
    const sound = this.makeSound();
    await this.spoken(sound);
    const options: InviterOptions = {};
    if (replaces) {
      const { callId, localTag, remoteTag } = replaces;
      options.extraHeaders = [`Replaces: ${callId};to-tag=${remoteTag};from-tag=${localTag}`, "Require: replaces"];
    }
    const session = new Inviter(agent, new URI("sip", user, DOMAIN), options);
    this.sounds.set(session, sound);
    const talk = new Talk(id, as.direction, session, sound, as.name, as.number, this.changed);
    talk.state = replaces ? "talking" : "calling";
    talk.since = replaces?.since ?? null;
    this.add(talk);
    await this.holdOthers(talk);
    await session
      .invite({
        requestDelegate: {
          onProgress: (response) => {
            talk.rang ||= (response.message.statusCode ?? 0) >= 180;
            this.changed();
          },
          onReject: (response) => talk.over(reasonOf(response.message.statusCode ?? 500, talk.rang)),
        },
      })
      .catch(() => talk.over("failed"));
    return talk;
  }

  /** Go on with a talk that the page before this one had. */
  private async resume(kept: Kept): Promise<void> {
    try {
      const talk = await this.invite(kept.id, this.agent?.configuration.uri.user ?? "", kept, kept);
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
    const talk = new Talk(crypto.randomUUID(), "in", invitation, sound, displayName, uri.user ?? "", this.changed);
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
    await this.refer(talk, new URI("sip", target, DOMAIN));
  }

  async transferTo(id: string, other: string): Promise<void> {
    const [talk, to] = [this.find(id), this.find(other)];
    if (talk?.state !== "talking" || to?.state !== "talking") throw new Error("failed");
    await this.refer(talk, to.session);
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

  /** REFER, and what the server tells of its end (RFC 3515). */
  private refer(talk: Talk, to: URI | Session): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no-answer")), TRANSFER_MS);
      const end = (status: number) => {
        clearTimeout(timer);
        if (status < 300) resolve();
        else reject(new Error(reasonOf(status, true) || "failed"));
      };
      talk.session.stateChange.addListener((state) => state === SessionState.Terminated && end(200));
      talk.session
        .refer(to, {
          requestDelegate: { onReject: (response) => end(response.message.statusCode ?? 500) },
          onNotify: (notification) => {
            void notification.accept();
            const status = Number(/^SIP\/2\.0 (\d{3})/.exec(notification.request.body)?.[1] ?? 0);
            if (status >= 200) end(status);
          },
        })
        .catch(() => end(500));
    });
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
    const context = new AudioContext();
    try {
      const sink = context as AudioContext & { setSinkId?: (id: string) => Promise<void> };
      await sink.setSinkId?.(this.devices.speaker).catch(() => undefined);
      const source = context.createBufferSource();
      source.buffer = await context.decodeAudioData(await recorded.arrayBuffer());
      source.connect(context.destination);
      const over = new Promise((resolve) => source.addEventListener("ended", resolve));
      source.start();
      await over;
    } finally {
      await context.close();
    }
  }

  // --- how

  private makeSound(): Sound {
    const sound = new Sound(this.microphone);
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
    for (const talk of this.talks) void talk.look();
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
      this.talks.some((talk) => talk.state === "calling" && talk.rang),
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

function connection(): EventTarget | undefined {
  return (navigator as Navigator & { connection?: EventTarget }).connection;
}

/** What somebody typed, as it is dialled: without what only parts the digits of a number. */
function dialled(text: string): string {
  const bare = text.trim();
  return /^[+*#\d\s()./-]+$/.test(bare) ? bare.replace(/[\s()./-]/g, "") : bare;
}

function within<Value>(promise: Promise<Value> | undefined, ms: number): Promise<unknown> {
  return Promise.race([promise, new Promise((resolve) => setTimeout(resolve, ms))]);
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
