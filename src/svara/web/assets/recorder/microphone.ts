// The microphone as plain samples, through an AudioWorklet: as browsers record, they would compress it.
import tap from "./tap.js?url";

export type Trouble = "insecure" | "denied" | "absent" | "busy" | "failed";

export interface Microphone {
  readonly rate: number;
  close(): void;
}

/** Ask for the microphone and hand its samples to `heard`; `gone` when it is unplugged. Rejects with what `why` explains. */
export async function listen(heard: (samples: Float32Array) => void, gone: () => void): Promise<Microphone> {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: true },
  });
  const context = new AudioContext();
  const close = () => {
    for (const track of stream.getTracks()) track.stop();
    if (context.state !== "closed") void context.close();
  };
  try {
    await context.audioWorklet.addModule(tap);
    const node = new AudioWorkletNode(context, "tap", { numberOfOutputs: 0 });
    node.port.onmessage = (event: MessageEvent<Float32Array>) => heard(event.data);
    context.createMediaStreamSource(stream).connect(node);
    await context.resume();
  } catch (error) {
    close();
    throw error;
  }
  stream.getAudioTracks()[0]?.addEventListener("ended", gone);
  return { rate: context.sampleRate, close };
}

/** What kept the microphone from us. */
export function why(error: unknown): Trouble {
  if (!navigator.mediaDevices) return isSecureContext ? "failed" : "insecure";
  switch (error instanceof DOMException ? error.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "absent";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      return "failed";
  }
}
