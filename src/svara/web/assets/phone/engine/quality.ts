/** How a talk sounds, from what the browser counts (webrtc-stats). Pure: two counts and the time between give a verdict. */
import type { Call, Quality } from "../port";

/** What was counted up to one moment. */
export interface Count {
  readonly received: number; // packets
  readonly lost: number;
  readonly lostThere: number; // share 0..1 of ours that the other side of the connection reported missing
  readonly jitterMs: number;
  readonly roundTripMs: number;
}

export interface Verdict {
  readonly quality: Quality;
  readonly cause: Call["cause"];
}

// Of what is lost, late or uneven, people notice the first number and complain of the second (ITU-T G.107, one-way delay doubled).
const LOSS = [0.02, 0.06] as const;
const ROUND_TRIP_MS = [300, 600] as const;
const JITTER_MS = [30, 80] as const;

/** Between two counts; `hears` is whether something should have come. */
export function judge(before: Count, now: Count, hears: boolean): Verdict {
  const received = now.received - before.received;
  const lost = Math.max(0, now.lost - before.lost);
  if (hears && received <= 0) return { quality: "poor", cause: "no-sound" };
  const loss = Math.max(received + lost > 0 ? lost / (received + lost) : 0, now.lostThere);
  const rated = [
    { cause: "loss", rank: rank(loss, LOSS) },
    { cause: "delay", rank: rank(now.roundTripMs, ROUND_TRIP_MS) },
    { cause: "jitter", rank: rank(now.jitterMs, JITTER_MS) },
  ] as const;
  const worst = rated.reduce((one, other) => (other.rank > one.rank ? other : one));
  if (worst.rank === 0) return { quality: "good", cause: "" };
  return { quality: worst.rank === 2 ? "poor" : "fair", cause: worst.cause };
}

function rank(value: number, [noticed, bad]: readonly [number, number]): 0 | 1 | 2 {
  return value >= bad ? 2 : value >= noticed ? 1 : 0;
}

/** Read the counts of a connection. */
export async function count(peer: RTCPeerConnection): Promise<Count> {
  const found = { received: 0, lost: 0, lostThere: 0, jitterMs: 0, roundTripMs: 0 };
  for (const each of (await peer.getStats()).values()) {
    if (each.type === "inbound-rtp" && each.kind === "audio") {
      found.received += each.packetsReceived ?? 0;
      found.lost += each.packetsLost ?? 0;
      found.jitterMs = Math.max(found.jitterMs, (each.jitter ?? 0) * 1000);
    } else if (each.type === "remote-inbound-rtp" && each.kind === "audio") {
      found.lostThere = Math.max(found.lostThere, each.fractionLost ?? 0);
      found.roundTripMs = Math.max(found.roundTripMs, (each.roundTripTime ?? 0) * 1000);
    } else if (each.type === "candidate-pair" && each.nominated) {
      found.roundTripMs = Math.max(found.roundTripMs, (each.currentRoundTripTime ?? 0) * 1000);
    }
  }
  return found;
}

/** What a connection counted in all, as it stands with the record of a call. */
export interface Figures {
  received: number;
  lost: number;
  jitterMs: number;
  roundTripMs: number;
  samples: number; // played
  concealed: number; // of them invented, where nothing had come
}

export const NOTHING: Figures = { received: 0, lost: 0, jitterMs: 0, roundTripMs: 0, samples: 0, concealed: 0 };

export async function figures(peer: RTCPeerConnection): Promise<Figures> {
  const { received, lost, jitterMs, roundTripMs } = await count(peer);
  const found = { ...NOTHING, received, lost, jitterMs, roundTripMs };
  for (const each of (await peer.getStats()).values()) {
    if (each.type !== "inbound-rtp" || each.kind !== "audio") continue;
    found.samples += each.totalSamplesReceived ?? 0;
    // A pause of the other side, which sends nothing then, is no loss.
    found.concealed += Math.max(0, (each.concealedSamples ?? 0) - (each.silentConcealedSamples ?? 0));
  }
  return found;
}

/** Of a talk that had more than one connection: sums, and the worst of what is no sum. */
export function together(one: Figures, other: Figures): Figures {
  return {
    received: one.received + other.received,
    lost: one.lost + other.lost,
    jitterMs: Math.max(one.jitterMs, other.jitterMs),
    roundTripMs: Math.max(one.roundTripMs, other.roundTripMs),
    samples: one.samples + other.samples,
    concealed: one.concealed + other.concealed,
  };
}

/** As phones tell it (P-RTP-Stat), and how many of a thousand samples were invented. */
export function header({ received, lost, jitterMs, roundTripMs, samples, concealed }: Figures): string {
  const share = samples > 0 ? Math.round((1000 * concealed) / samples) : 0;
  const whole = [received, Math.max(0, lost), jitterMs, roundTripMs, share].map((each) => Math.round(each));
  return `P-RTP-Stat: PR=${whole[0]},PL=${whole[1]},JI=${whole[2]},LA=${whole[3]},CO=${whole[4]}`;
}

/** What came over the connection, how much of it is sound that is played, and how many checks of the way were answered. */
export async function arrived(peer: RTCPeerConnection): Promise<{ bytes: number; packets: number; answers: number }> {
  const found = { bytes: 0, packets: 0, answers: 0 };
  for (const each of (await peer.getStats()).values()) {
    if (each.type === "inbound-rtp" && each.kind === "audio") found.packets += each.packetsReceived ?? 0;
    else if (each.type === "candidate-pair") {
      found.bytes += each.bytesReceived ?? 0;
      found.answers += each.responsesReceived ?? 0;
    }
  }
  return found;
}

/** Whether sound of the other side is expected. */
export function hears(peer: RTCPeerConnection): boolean {
  const direction = peer.getTransceivers()[0]?.currentDirection;
  return direction === "sendrecv" || direction === "recvonly";
}
