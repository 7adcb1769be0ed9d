/**
 * How many frames of a map of 1024 x 1024 cells are drawn in a second, each with a new column.
 *
 * `drawn` counts frames that the browser asked for. `finished` draws without waiting for it, and
 * reads a pixel back each time, so that the card, or the processor in its place, really is done.
 */
import { HeatMap } from "../src/charts/heatmap.ts";
import { COLD } from "../src/charts/palette.ts";

const CELLS = 1024;
const LAST_MS = 2_000;

interface Result {
  readonly cells: number;
  readonly renderer: string;
  readonly drawn: number;
  readonly finished: number;
  /** Different colours in the picture: one alone would be an empty one. */
  readonly colours: number;
}

declare global {
  interface Window {
    measureHeatMap: () => Promise<Result>;
  }
}

const canvas = document.querySelector("canvas");
if (canvas === null) throw new Error("no canvas");
const map = new HeatMap(canvas, CELLS, CELLS);
const gl = canvas.getContext("webgl2");
if (gl === null) throw new Error("no WebGL2");

map.paint({ ground: [0, 0, 0], positive: [0, 1, 0], negative: [1, 0, 0] });

let columns = 0;

/** A wall of bids below the middle, asks above it. */
function column(): Uint8Array {
  columns += 1;
  const middle = CELLS / 2 + 100 * Math.sin(columns / 40);
  return Uint8Array.from({ length: CELLS }, (_, row) => {
    const size = (row * 7919 + columns * 104_729) % 97;
    return row < middle ? COLD + size : COLD - size;
  });
}

function frame(): void {
  map.push(column());
  map.draw();
}

function asked(): Promise<number> {
  return new Promise((resolve) => {
    let frames = 0;
    const begin = performance.now();
    const next = (now: number): void => {
      frame();
      frames += 1;
      if (now - begin < LAST_MS) requestAnimationFrame(next);
      else resolve((1000 * frames) / (now - begin));
    };
    requestAnimationFrame(next);
  });
}

function finished(context: WebGL2RenderingContext): number {
  const pixel = new Uint8Array(4);
  const begin = performance.now();
  let frames = 0;
  for (; performance.now() - begin < LAST_MS; frames++) {
    frame();
    context.readPixels(0, 0, 1, 1, context.RGBA, context.UNSIGNED_BYTE, pixel);
  }
  return (1000 * frames) / (performance.now() - begin);
}

function coloursOf(context: WebGL2RenderingContext): number {
  frame();
  const bytes = new Uint8Array(4 * CELLS * CELLS);
  context.readPixels(0, 0, CELLS, CELLS, context.RGBA, context.UNSIGNED_BYTE, bytes);
  return new Set(new Uint32Array(bytes.buffer)).size;
}

window.measureHeatMap = async () => {
  const names = gl.getExtension("WEBGL_debug_renderer_info");
  for (let at = 0; at < CELLS; at++) map.push(column());
  return {
    cells: CELLS * CELLS,
    renderer: names === null ? "not said" : String(gl.getParameter(names.UNMASKED_RENDERER_WEBGL)),
    drawn: await asked(),
    finished: finished(gl),
    colours: coloursOf(gl),
  };
};
