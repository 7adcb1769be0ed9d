/** The heat of a cell as a byte, and the colours of bytes. */

export type Rgb = readonly [number, number, number];

export interface Colours {
  readonly ground: Rgb;
  readonly positive: Rgb;
  readonly negative: Rgb;
}

/** "#0a7a52", or short "#fff" as a build leaves it, as three numbers from 0 to 1. */
export function rgbOf(text: string): Rgb {
  const digits = text.slice(1);
  const long = digits.length === 3 ? digits.replace(/./g, "$&$&") : digits;
  const number = Number.parseInt(long, 16);
  return [(number >> 16) / 255, ((number >> 8) & 255) / 255, (number & 255) / 255];
}

/** No heat. Bids are above it, asks below. */
export const COLD = 128;
const STEPS = 127;

/** How far the logarithmic scale reaches down: a part of 1 / REACH has about a sixth of the heat. */
const REACH = 50;

/** @param full what gets the strongest colour; the scale is logarithmic, and of no unit. */
export function heatOf(value: number, full: number): number {
  if (value === 0) return COLD;
  const part = Math.min(1, Math.log1p((REACH * Math.abs(value)) / full) / Math.log1p(REACH));
  return COLD + Math.sign(value) * Math.max(1, Math.round(STEPS * part));
}

/** 256 colours, four bytes each. */
export function paletteOf({ ground, positive, negative }: Colours): Uint8Array {
  const bytes = new Uint8Array(4 * 256);
  for (let heat = 0; heat < 256; heat++) {
    const part = Math.min(1, Math.abs(heat - COLD) / STEPS) ** 0.7;
    const hot = heat < COLD ? negative : positive;
    for (let channel = 0; channel < 3; channel++) {
      const from = ground[channel] ?? 0;
      bytes[4 * heat + channel] = Math.round(255 * (from + part * ((hot[channel] ?? 0) - from)));
    }
    bytes[4 * heat + 3] = 255;
  }
  return bytes;
}
