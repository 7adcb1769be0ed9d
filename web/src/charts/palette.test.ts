import { expect, test } from "vitest";
import { COLD, heatOf, paletteOf, rgbOf } from "./palette.ts";

test("colours are read in both spellings", () => {
  expect(rgbOf("#fff")).toEqual([1, 1, 1]);
  expect(rgbOf("#ff0033")).toEqual([1, 0, 0.2]);
});

test("nothing has no heat, the most has the strongest, and the smallest is not nothing", () => {
  expect(heatOf(0, 100)).toBe(COLD);
  expect([heatOf(100, 100), heatOf(-100, 100), heatOf(500, 100)]).toEqual([255, 1, 255]);
  expect([heatOf(1e-9, 100), heatOf(-1e-9, 100)]).toEqual([COLD + 1, COLD - 1]);
});

test("the scale is of no unit: the same part of the most has the same heat", () => {
  expect(heatOf(0.001, 0.004)).toBe(heatOf(1_000, 4_000));
  expect(heatOf(0.25, 1)).toBeGreaterThan(heatOf(0.05, 1) + 20);
});

test("the palette goes from one colour over the ground to the other", () => {
  const bytes = paletteOf({ ground: [0, 0, 0], positive: [0, 1, 0], negative: [1, 0, 0] });
  const at = (heat: number) => [...bytes.slice(4 * heat, 4 * heat + 4)];
  expect([at(1), at(COLD), at(255)]).toEqual([
    [255, 0, 0, 255],
    [0, 0, 0, 255],
    [0, 255, 0, 255],
  ]);
});
