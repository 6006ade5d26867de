// Samples: brought to the rate that is saved, cut, measured, written as a WAV file. Nothing here knows the page.

/** Of what is saved: what callers hear is no finer, and two minutes are 4 MB. */
export const RATE_HZ = 16_000;
const STEPS = 256;
const LOBES = 16;

/** The samples at `RATE_HZ`: windowed sinc, so that what the lower rate cannot hold does not come back as noise. */
export function resampled(samples: Float32Array, rate: number): Float32Array {
  if (rate === RATE_HZ) return samples;
  const scale = Math.min(1, RATE_HZ / rate);
  const half = LOBES / scale;
  const kernel = Float32Array.from({ length: Math.ceil(half * STEPS) + 2 }, (_, index) => {
    const at = index / STEPS;
    if (at >= half) return 0;
    const angle = Math.PI * at * scale;
    return scale * (angle ? Math.sin(angle) / angle : 1) * (0.5 + 0.5 * Math.cos((Math.PI * at) / half));
  });
  const made = new Float32Array(Math.floor((samples.length * RATE_HZ) / rate));
  for (let index = 0; index < made.length; index++) {
    const centre = (index * rate) / RATE_HZ;
    const last = Math.min(samples.length - 1, Math.floor(centre + half));
    let sum = 0;
    for (let at = Math.max(0, Math.ceil(centre - half)); at <= last; at++)
      sum += samples[at]! * kernel[Math.round(Math.abs(at - centre) * STEPS)]!;
    made[index] = sum;
  }
  return made;
}

/** One after the other. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The greatest amplitude, 0 to 1 and more. */
export function peak(samples: Float32Array): number {
  let most = 0;
  for (const one of samples) most = Math.max(most, Math.abs(one));
  return most;
}

/** The share of samples that stand at the limit of what a microphone can tell. */
export function clipped(samples: Float32Array): number {
  let count = 0;
  for (const one of samples) if (Math.abs(one) > 0.985) count++;
  return samples.length ? count / samples.length : 0;
}

/** How loud it seems, 0 to 1: the root of the mean square, by decibels from -60. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const one of samples) sum += one * one;
  const decibels = 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-12);
  return Math.min(1, Math.max(0, (decibels + 60) / 60));
}

/** The greatest amplitude of each of `columns` equal parts. */
export function outline(samples: Float32Array, columns: number): Float32Array {
  return Float32Array.from({ length: columns }, (_, column) =>
    peak(samples.subarray(Math.floor((column * samples.length) / columns), Math.floor(((column + 1) * samples.length) / columns))),
  );
}

/** Mono, 16 bit, `RATE_HZ`. */
export function wav(samples: Float32Array): ArrayBuffer {
  const bytes = samples.length * 2;
  const view = new DataView(new ArrayBuffer(44 + bytes));
  const text = (at: number, words: string) => [...words].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + bytes, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE_HZ, true);
  view.setUint32(28, RATE_HZ * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, bytes, true);
  samples.forEach((one, index) => view.setInt16(44 + index * 2, Math.round(Math.min(1, Math.max(-1, one)) * 32767), true));
  return view.buffer;
}
