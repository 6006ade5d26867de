/** What the engine (SIP and WebRTC) offers to what a person sees. Nothing here knows the DOM. */
export type Readiness = "off" | "connecting" | "ready" | "elsewhere" | "refused" | "away";
// off: this tab has no phone; elsewhere: another tab of this browser is the phone (it takes over when that one closes);
// refused: no microphone or no credentials (see `trouble`); away: the connection is lost, trying again
export type CallState = "ringing" | "calling" | "talking" | "ended";
export type Quality = "good" | "fair" | "poor";
export interface Call {
  readonly id: string;              // of the engine; stable over a reload of the page
  readonly direction: "in" | "out";
  readonly name: string;            // as the server told it, before that as the page called it; "" for unknown
  readonly number: string;
  readonly via: string;             // the queue or number of the house that was called, where it is not simply us; else ""
  readonly state: CallState;
  readonly held: boolean;           // by us
  readonly muted: boolean;
  readonly since: number | null;    // performance-independent: Date.now() when the talk began
  readonly quality: Quality | null; // null: not known yet
  readonly cause: "loss" | "delay" | "jitter" | "no-sound" | ""; // why it is fair or poor
  readonly ended: string;           // a key of words the page has: "busy" "declined" "no-answer" "unreachable" "not-allowed" "no-such-number" "not-now" "failed" ""; only when ended
}
export interface Devices { microphone: string; speaker: string; ringer: string } // deviceIds, "" for the system's choice
export interface Engine extends EventTarget { // fires "change" (Event) whenever anything below changed
  readonly readiness: Readiness;
  readonly trouble: "" | "no-microphone" | "microphone-denied" | "insecure" | "signed-out" | "server";
  readonly calls: readonly Call[];  // ended ones stay for 4 s
  start(): Promise<void>;           // register; asks for no microphone yet
  stop(): Promise<void>;
  dial(number: string, name?: string): Promise<string>; // the call's id; `name`: who the page says it is
  answer(id: string): Promise<void>;          // others are put on hold
  hangup(id: string): Promise<void>;          // declines one that rings (603 only by decline), cancels one that calls
  decline(id: string): Promise<void>;
  mute(id: string, on: boolean): void;
  hold(id: string, on: boolean): Promise<void>;
  keys(id: string, digits: string): Promise<void>;
  transfer(id: string, number: string): Promise<void>;       // blind; rejects with Error(message key)
  transferTo(id: string, other: string): Promise<void>;      // attended: both of our calls are joined
  merge(ids: readonly string[]): Promise<void>;              // three-way, see moves below; rejects "unavailable" where the server has it not
  use(devices: Devices): Promise<void>;
  level(): number;                  // 0..1 of the microphone now, for a meter
  hearMyself(seconds: number): Promise<void>; // records and plays back
}
export declare function createEngine(options: { credentials: string; csrf: () => string }): Engine; // credentials: URL of POST that gives {login, password, address, expires_seconds}
