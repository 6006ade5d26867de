/** The line to the server: the WebSocket, registered with a pass of the signed-in session (SIP.js), and connected again by
 * itself whenever it is lost. What calls there are is not its business. */
import {
  Inviter,
  type InviterOptions,
  type Invitation,
  Registerer,
  type Session,
  TransportState,
  URI,
  UserAgent,
  type Web,
} from "sip.js";
import type { Engine, Readiness } from "../port";
import { Account, NoPass, type Pass } from "./account";
import { instance } from "./kept";
import type { Sound } from "./sound";

const DOMAIN = "svara";
const REGISTER_SECONDS = 300;
const KEEP_ALIVE_SECONDS = 15;
const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 15_000;
/** While somebody talks it is tried more often. */
const TALKING_RETRY_MS = 1_000;
const CONNECT_SECONDS = 4;
/** A server that says nothing for so long is not reached over this connection any more. */
const SILENT_MS = 800;

/** What the line tells. */
export interface Heard {
  became(readiness: Readiness, trouble: Engine["trouble"]): void;
  /** Registered; `again`: after it had been away. */
  registered(again: boolean): void;
  invited(invitation: Invitation): void;
  /** The session is over: there will be no line any more. */
  signedOut(): void;
  /** Whether somebody talks now. */
  talking(): boolean;
  /** The sound of a call, for SIP.js. */
  sound(session: Session): Sound;
}

export class Line {
  private agent: UserAgent | null = null;
  private registerer: Registerer | null = null;
  private open = false;
  private away = false;
  private probing = false;
  private retries = 0;
  private retry = 0;
  private renewal = 0;

  constructor(
    private readonly account: Account,
    private readonly heard: Heard,
  ) {}

  /** Our own number at the server, as part of its address. */
  get user(): string {
    return this.agent?.configuration.uri.user ?? "";
  }

  async start(): Promise<void> {
    this.open = true;
    await this.connect();
  }

  async stop(): Promise<void> {
    this.close();
    const { agent, registerer } = this;
    this.agent = this.registerer = null;
    try {
      if (agent?.isConnected()) await within(registerer?.unregister(), 1_000);
    } catch {
      // the connection goes, and the registration with it
    }
    await agent?.transport.disconnect().catch(() => undefined);
  }

  /** A call to that user of the server, not made yet. */
  inviter(user: string, options: InviterOptions): Inviter {
    if (!this.agent) throw new Error("failed");
    return new Inviter(this.agent, address(user), options);
  }

  /** The network is another one, the connection cannot be trusted. */
  async anew(): Promise<void> {
    const { agent } = this;
    if (!agent || !this.open) return;
    this.retries = 0;
    this.drop();
    await this.connect();
  }

  /** Is the server still reached? Connects anew where not. */
  probe(): void {
    const { agent, registerer } = this;
    if (!agent || !registerer || !this.open || this.probing) return;
    const core = agent.userAgentCore;
    const own = agent.configuration.uri;
    this.probing = true;
    const timer = setTimeout(() => {
      this.probing = false;
      if (registerer === this.registerer) void this.anew();
    }, SILENT_MS);
    const answered = () => {
      this.probing = false;
      clearTimeout(timer);
    };
    const request = core.makeOutgoingRequestMessage("OPTIONS", new URI("sip", "", DOMAIN), own, own, {});
    core.request(request, { onAccept: answered, onRedirect: answered, onReject: answered });
  }

  /** Leave the connection at once: on a network that is gone it takes seconds to close it in good order. */
  private drop(): void {
    const transport = this.agent?.transport as Web.Transport | undefined;
    const socket = transport?.["_ws"];
    if (!transport || !socket) return;
    socket.close();
    transport["onWebSocketClose"](new CloseEvent("close"), socket);
  }

  /** Nobody answers what was asked over a connection that is gone (RFC 3261 section 8.1.3.1). */
  private unanswered(): void {
    for (const client of [...(this.agent?.userAgentCore.userAgentClients.values() ?? [])])
      client["transaction"]["onTransportError"](new Error("The connection is gone."));
  }

  private async connect(): Promise<void> {
    clearTimeout(this.retry);
    if (!this.open) return;
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
      uri: address(pass.phone),
      instanceId: instance(),
      userAgentString: "SIP.js/0.21.2 Svara",
      noAnswerTimeout: 600, // the server decides how long it rings
      logBuiltinEnabled: false,
      transportOptions: {
        server: server.href,
        connectionTimeout: CONNECT_SECONDS,
        keepAliveInterval: KEEP_ALIVE_SECONDS,
        traceSip: false,
      },
      sessionDescriptionHandlerFactory: (session) => this.heard.sound(session),
      delegate: {
        onConnect: () => this.connected(),
        onDisconnect: () => this.disconnected(),
        onInvite: (invitation) => this.heard.invited(invitation),
      },
    });
  }

  private connected(): void {
    const { agent } = this;
    if (!agent || !this.open) return;
    // One for each connection: what an earlier one waits for never comes.
    this.registerer?.["clearTimers"]();
    this.registerer = new Registerer(agent, { expires: REGISTER_SECONDS, instanceId: instance(), regId: 1 });
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
    if (registerer !== this.registerer || !this.open) return;
    const again = this.away;
    this.away = false;
    this.retries = 0;
    clearTimeout(this.renewal);
    this.renewal = window.setTimeout(() => void this.renew(), (REGISTER_SECONDS / 3) * 1000);
    this.heard.became("ready", "");
    this.heard.registered(again);
  }

  /** Before pass and registration end. SIP.js would register again by itself, with a pass that is too old. */
  private async renew(): Promise<void> {
    const { agent } = this;
    if (!agent || !this.open) return;
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

  private disconnected(): void {
    if (!this.open) return;
    this.registerer?.["clearTimers"]();
    this.registerer = null;
    this.unanswered();
    clearTimeout(this.renewal);
    this.lost("");
  }

  private failed(error: unknown): void {
    if (!this.open) return;
    if (error instanceof NoPass && error.trouble === "signed-out") {
      this.close();
      void this.agent?.transport.disconnect().catch(() => undefined);
      this.heard.became("refused", "signed-out");
      this.heard.signedOut();
    } else this.lost("server");
  }

  /** Gone for now; tried again, later and later. */
  private lost(trouble: Engine["trouble"]): void {
    this.away = true;
    this.heard.became("away", trouble);
    clearTimeout(this.retry);
    const longest = this.heard.talking() ? TALKING_RETRY_MS : MAX_RETRY_MS;
    const wait = Math.min(longest, FIRST_RETRY_MS * 2 ** this.retries) * (0.75 + Math.random() / 2);
    this.retries += 1;
    this.retry = window.setTimeout(() => {
      if (this.agent?.transport.state === TransportState.Connected) this.connected();
      else void this.connect();
    }, wait);
  }

  private close(): void {
    this.open = false;
    clearTimeout(this.retry);
    clearTimeout(this.renewal);
  }
}

/** Somebody at the server. */
export function address(user: string): URI {
  return new URI("sip", user, DOMAIN);
}

function within<Value>(promise: Promise<Value> | undefined, ms: number): Promise<unknown> {
  return Promise.race([promise, new Promise((resolve) => setTimeout(resolve, ms))]);
}
