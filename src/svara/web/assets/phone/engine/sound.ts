/** The sound of one call: what SIP.js asks for descriptions (RFC 3264), around connections of the browser (JSEP, RFC 8829).
 *
 * A connection belongs to one place at the other end. When the server leads the call elsewhere (a transfer, a relay that was
 * restarted), its description comes with other ICE credentials, and only a new connection makes a new DTLS association with
 * it; the same way a call is saved when the network changes. So there is one step for all of these: a fresh connection,
 * which takes the place of the old one when both sides agreed. */
import type { BodyAndContentType, SessionDescriptionHandler } from "sip.js";
import type { Microphone } from "./microphone";
import { Pulse } from "./pulse";
import { arrived, hears } from "./quality";

const GATHERING_MS = 800;
/** After the first address of this browser so long for others: the relay learns from where it is spoken to in any case. */
const OTHERS_MS = 100;
const LOST_MS = 1_000;
/** How often, and how many times, it is looked whether what arrives is heard. */
const FOLLOW_MS = 300;
const FOLLOW_LOOKS = 10;
const UNHEARD_BYTES = 600;
/** After so many looks in which nothing came before the answer, the page rings itself. */
const QUIET_LOOKS = 4;

export class Sound implements SessionDescriptionHandler {
  readonly element = new Audio();
  /** Told when the connection is lost, and a fresh one may save the call. */
  onlost: (() => void) | null = null;
  /** Told when nothing comes any more, which may be the network. */
  ondoubt: (() => void) | null = null;
  /** The next offer of ours is made with the connection that stands (hold), not with a fresh one. */
  keep = false;
  private peer: RTCPeerConnection | null = null;
  /** A fresh connection whose offer is not answered yet. */
  private offered: RTCPeerConnection | null = null;
  /** A fresh connection that has an offer of the other side, which is not answered yet. */
  private asked: RTCPeerConnection | null = null;
  private track: MediaStreamTrack | null = null;
  private closed = false;
  private lost = 0;
  private pulse: Pulse | null = null;
  private isHeld = false;
  private isMuted = false;
  /** The other side may be heard, but has not answered: it does not hear us. */
  private isEarly = false;
  private following: Promise<void> = Promise.resolve();

  constructor(private readonly microphone: Microphone) {
    this.element.autoplay = true;
  }

  /** The connection that stands. */
  get connection(): RTCPeerConnection | null {
    return this.peer;
  }

  /** Nothing comes over it now. */
  get still(): boolean {
    return this.pulse?.still ?? false;
  }

  /** What is heard. */
  get remote(): MediaStream | null {
    return this.element.srcObject instanceof MediaStream ? this.element.srcObject : null;
  }

  get held(): boolean {
    return this.isHeld;
  }

  set held(on: boolean) {
    this.isHeld = on;
    this.speak();
  }

  set muted(on: boolean) {
    this.isMuted = on;
    this.speak();
  }

  /** Through which loudspeaker; "" for the system's choice. */
  async speaker(device: string): Promise<void> {
    await (this.element as HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> }).setSinkId?.(device);
  }

  /** Ask for the microphone now, so that who refuses it is told before anybody is called. */
  async prepare(): Promise<void> {
    this.track ??= await this.microphone.take();
    this.speak();
  }

  /** The microphone is another one. */
  async renewMicrophone(): Promise<void> {
    if (!this.track) return;
    const before = this.track;
    this.track = await this.microphone.take();
    this.speak();
    await this.peer?.getTransceivers()[0]?.sender.replaceTrack(this.track);
    this.microphone.release(before);
  }

  /** What the other side sends before it answers (a provider's own ringing, words about a number), to the offer that is out.
   * `told` whether anything of it is heard, until the answer. */
  async early(sdp: string, told: (heard: boolean) => void): Promise<void> {
    const peer = this.offered;
    if (!peer || this.closed || peer.signalingState !== "have-local-offer") return;
    this.isEarly = true;
    this.speak();
    await peer.setRemoteDescription({ type: "pranswer", sdp: named(sdp) });
    let before = 0;
    for (let quiet = 0; peer === this.offered && !this.closed; ) {
      const { packets } = await arrived(peer);
      quiet = packets > before ? 0 : quiet + 1;
      before = packets;
      if (quiet === 0) told(true);
      else if (quiet === QUIET_LOOKS) told(false);
      await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
    }
  }

  // --- what SIP.js asks

  async getDescription(): Promise<BodyAndContentType> {
    await this.prepare();
    await this.following;
    if (this.asked) {
      const peer = this.asked;
      await peer.setLocalDescription(await peer.createAnswer());
      const sdp = await gathered(peer);
      this.asked = null;
      this.use(peer);
      return described(sdp);
    }
    if (this.peer?.signalingState === "have-remote-offer") {
      this.direct(this.peer);
      await this.peer.setLocalDescription(await this.peer.createAnswer());
      return described(await gathered(this.peer));
    }
    const peer = this.keep && this.peer ? this.peer : this.fresh();
    this.keep = false;
    if (peer !== this.peer) {
      this.offered?.close();
      this.offered = peer;
      peer.addTransceiver(this.track ?? "audio", { direction: this.direction() });
    }
    this.direct(peer);
    await peer.setLocalDescription(await peer.createOffer());
    return described(await gathered(peer));
  }

  async setDescription(sdp: string): Promise<void> {
    await this.following;
    if (this.closed) throw new Error("closed");
    if (this.offered) {
      const peer = this.offered;
      await peer.setRemoteDescription({ type: "answer", sdp: named(sdp) });
      this.offered = null;
      this.isEarly = false;
      this.speak();
      this.use(peer);
      return;
    }
    if (this.peer?.signalingState === "have-local-offer") {
      await this.peer.setRemoteDescription({ type: "answer", sdp: named(sdp) });
      return;
    }
    if (this.peer && place(sdp) === place(this.peer.remoteDescription?.sdp ?? "")) {
      await this.forget(this.peer, sdp);
      await this.peer.setRemoteDescription({ type: "offer", sdp: named(sdp) });
      void this.follow(this.peer);
      return;
    }
    await this.prepare();
    this.asked?.close();
    const peer = (this.asked = this.fresh());
    await peer.setRemoteDescription({ type: "offer", sdp: named(sdp) });
    const transceiver = peer.getTransceivers()[0];
    if (transceiver) {
      transceiver.direction = this.direction();
      await transceiver.sender.replaceTrack(this.track);
    }
  }

  hasDescription(contentType: string): boolean {
    return contentType === "application/sdp";
  }

  async rollbackDescription(): Promise<void> {
    this.offered?.close();
    this.asked?.close();
    this.offered = this.asked = null;
    if (this.peer?.signalingState === "have-local-offer") await this.peer.setLocalDescription({ type: "rollback" });
    if (this.peer?.signalingState === "have-remote-offer") await this.peer.setRemoteDescription({ type: "rollback" });
  }

  /** Keys as telephone-events (RFC 4733); false where the other side knows none. */
  sendDtmf(tones: string): boolean {
    const sender = this.peer?.getTransceivers()[0]?.sender.dtmf;
    if (!sender?.canInsertDTMF) return false;
    sender.insertDTMF(sender.toneBuffer + tones, KEY_MS, PAUSE_MS);
    return true;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.lost);
    this.pulse?.stop();
    this.ondoubt = null;
    this.onlost = null;
    for (const peer of [this.peer, this.offered, this.asked]) peer?.close();
    this.peer = this.offered = this.asked = null;
    this.element.srcObject = null;
    if (this.track) this.microphone.release(this.track);
    this.track = null;
  }

  // --- how

  /** Somebody else may be heard from now on, or the same one again. A browser that was not told the sources of sound goes
   * on listening to the one that it met last (music on hold), so it has to forget them first. Nobody is told of this. */
  private async forget(peer: RTCPeerConnection, sdp: string): Promise<void> {
    await peer.setRemoteDescription({ type: "offer", sdp: silent(sdp) });
    await peer.setLocalDescription(await peer.createAnswer());
  }

  /** A packet of who was heard before that comes late ties the browser to that source anew, and nobody else is heard: for some
   * seconds it is looked whether what arrives is heard, and forgotten once more where it is not. */
  private async follow(peer: RTCPeerConnection): Promise<void> {
    let before = await arrived(peer);
    for (let looks = 0; looks < FOLLOW_LOOKS; looks += 1) {
      await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
      if (this.closed || peer !== this.peer) return;
      const now = await arrived(peer);
      const unheard = now.bytes - before.bytes > UNHEARD_BYTES && now.packets === before.packets;
      before = now;
      if (unheard && peer.signalingState === "stable" && hears(peer)) await (this.following = this.again(peer).catch(() => undefined));
    }
  }

  private async again(peer: RTCPeerConnection): Promise<void> {
    const sdp = peer.remoteDescription?.sdp ?? "";
    await this.forget(peer, sdp);
    await peer.setRemoteDescription({ type: "offer", sdp });
    await peer.setLocalDescription(await peer.createAnswer());
  }

  private fresh(): RTCPeerConnection {
    const peer = new RTCPeerConnection();
    peer.addEventListener("track", (event) => {
      if (peer === this.peer || !this.peer) this.hear(event.track);
    });
    peer.addEventListener("connectionstatechange", () => this.look(peer));
    return peer;
  }

  private use(peer: RTCPeerConnection): void {
    const before = this.peer;
    this.peer = peer;
    this.pulse?.stop();
    this.pulse = new Pulse(peer, () => this.ondoubt?.());
    const track = peer.getTransceivers()[0]?.receiver.track;
    if (track) this.hear(track);
    if (before && before !== peer) before.close();
  }

  private hear(track: MediaStreamTrack): void {
    if (this.closed || this.remote?.getAudioTracks()[0] === track) return;
    this.element.srcObject = new MediaStream([track]);
    void this.element.play().catch(() => undefined);
  }

  private look(peer: RTCPeerConnection): void {
    if (peer !== this.peer) return;
    clearTimeout(this.lost);
    if (peer.connectionState === "failed") this.onlost?.();
    else if (peer.connectionState === "disconnected") {
      this.ondoubt?.();
      this.lost = window.setTimeout(() => this.onlost?.(), LOST_MS);
    }
  }

  private direction(): RTCRtpTransceiverDirection {
    return this.isHeld ? "sendonly" : "sendrecv";
  }

  private direct(peer: RTCPeerConnection): void {
    const transceiver = peer.getTransceivers()[0];
    if (transceiver && transceiver.direction !== this.direction()) transceiver.direction = this.direction();
  }

  private speak(): void {
    if (this.track) this.track.enabled = !this.isMuted && !this.isHeld && !this.isEarly;
    this.element.muted = this.isHeld;
  }
}

const KEY_MS = 120;
const PAUSE_MS = 80;

/** How long it takes to send that many keys. */
export function keysMs(digits: string): number {
  return digits.length * (KEY_MS + PAUSE_MS);
}

/** Where a description leads: the same ICE credentials mean the same place. */
function place(sdp: string): string {
  return /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1] ?? "";
}

/** With a name for the stream that comes, and no source of it: what is known of sources is tied to that name. */
function named(sdp: string): string {
  const bare = sdp.replace(/^a=msid:.*\r\n/gm, "");
  return /^a=(?:recvonly|inactive)/m.test(bare) ? bare : bare.replace(/^(m=audio .*\r\n)/m, "$1a=msid:svara sound\r\n");
}

/** As if nothing came. */
function silent(sdp: string): string {
  return sdp.replace(/^a=msid:.*\r\n/gm, "").replace(/^a=(?:sendrecv|sendonly|recvonly|inactive)/m, "a=inactive");
}

function described(sdp: string): BodyAndContentType {
  return { body: sdp, contentType: "application/sdp" };
}

/** The local description with its addresses, as many as are known in time. */
async function gathered(peer: RTCPeerConnection): Promise<string> {
  if (peer.iceGatheringState !== "complete") {
    await new Promise<void>((resolve) => {
      let timer = setTimeout(resolve, GATHERING_MS);
      const soon = () => {
        clearTimeout(timer);
        timer = setTimeout(resolve, OTHERS_MS);
      };
      peer.addEventListener("icecandidate", soon, { once: true });
      if (/^a=candidate:/m.test(peer.localDescription?.sdp ?? "")) soon();
      peer.addEventListener("icegatheringstatechange", () => {
        if (peer.iceGatheringState !== "complete") return;
        clearTimeout(timer);
        resolve();
      });
    });
  }
  return peer.localDescription?.sdp ?? "";
}
