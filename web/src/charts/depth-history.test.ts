import { expect, test } from "vitest";
import type { BookView } from "../live/messages.ts";
import { DepthHistory } from "./depth-history.ts";
import { COLD } from "./palette.ts";

function book(middle: bigint, levels = 20, times = 1n): BookView {
  const steps = Array.from({ length: levels }, (_, at) => BigInt(at + 1));
  return {
    kind: "book",
    isLive: true,
    scales: { price: 2, quantity: 3 },
    lastUpdateId: 1n,
    asOf: 1n,
    bids: {
      prices: steps.map((step) => middle - step),
      quantities: steps.map(() => 1500n * times),
    },
    asks: { prices: steps.map((step) => middle + step), quantities: steps.map(() => 500n * times) },
  };
}

test("bids are hot below the asks, which are colder than nothing", () => {
  const history = new DepthHistory(4, 64);
  expect(history.push(book(6_000_000n))).toBe(true);
  const cells = [...history.latest()];
  const firstAsk = cells.findIndex((heat) => heat < COLD);
  const lastBid = cells.findLastIndex((heat) => heat > COLD);
  expect(lastBid).toBeLessThan(firstAsk);
  expect(cells.filter((heat) => heat > COLD).length).toBeGreaterThan(15);
  expect(COLD - (cells[firstAsk] ?? 0)).toBeLessThan((cells[lastBid] ?? 0) - COLD);
});

test("a larger quantity than ever moves the scale, once", () => {
  const history = new DepthHistory(4, 64);
  history.push(book(6_000_000n, 20, 1n));
  expect(history.push(book(6_000_000n, 20, 1_000n))).toBe(true);
  expect(history.push(book(6_000_000n, 20, 1_000n))).toBe(false);
});

test("one wall does not make all others pale, and a scale that is too large comes back", () => {
  const history = new DepthHistory(4, 64);
  history.push(book(6_000_000n));
  const usual = history.full;
  const wall = book(6_000_000n);
  const quantities = wall.bids.quantities.map((size, at) => (at === 3 ? size * 10_000n : size));
  expect(history.push({ ...wall, bids: { ...wall.bids, quantities } })).toBe(false);
  expect(history.full).toBe(usual);
  history.push(book(6_000_000n, 20, 1_000n));
  expect(history.push(book(6_000_000n))).toBe(true);
  expect(history.full).toBeLessThanOrEqual(4 * usual);
});

test("the window stays while the price is in its middle, and follows it out of there", () => {
  const history = new DepthHistory(4, 64);
  history.push(book(6_000_000n));
  expect(history.push(book(6_000_004n))).toBe(false);
  expect(history.push(book(6_000_900n))).toBe(true);
  expect(history.low).toBeLessThan(60_009);
  expect(history.high).toBeGreaterThan(60_009);
});

test("all columns are there, the newest at the right", () => {
  const history = new DepthHistory(3, 64);
  for (let at = 0; at < 5; at++) history.push(book(6_000_000n));
  const cells = history.all();
  const newest = [...history.latest()];
  expect(newest.map((_, row) => cells[row * 3 + 2])).toEqual(newest);
});

test("a book without levels moves nothing", () => {
  const history = new DepthHistory(3, 64);
  expect(history.push(book(1n, 0))).toBe(false);
  expect([...history.latest()].every((heat) => heat === COLD)).toBe(true);
});
