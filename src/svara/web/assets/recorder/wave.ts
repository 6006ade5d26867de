// The picture of a recording: a bar for every few pixels, what is cut away paler, a line where one listens.
import { outline } from "./sound";

const BAR_PIXELS = 4;

export function draw(canvas: HTMLCanvasElement, samples: Float32Array, from = 0, to = 1, at: number | null = null): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext("2d");
  if (!context || !width || !height) return;
  const scale = devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  context.scale(scale, scale);
  context.fillStyle = getComputedStyle(canvas).color;
  const columns = Math.floor(width / BAR_PIXELS);
  outline(samples, columns).forEach((amplitude, column) => {
    const middle = (column + 0.5) / columns;
    const tall = Math.max(2, Math.min(1, amplitude) ** 0.6 * (height - 4)); // so that soft words are seen too
    context.globalAlpha = middle >= from && middle <= to ? 1 : 0.25;
    context.fillRect(column * BAR_PIXELS + 0.5, (height - tall) / 2, BAR_PIXELS - 1.5, tall);
  });
  context.globalAlpha = 1;
  if (at !== null) context.fillRect(at * width - 1, 0, 2, height);
}
