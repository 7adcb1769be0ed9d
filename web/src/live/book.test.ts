import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Book } from "./book.ts";
import { decimalText } from "./exact.ts";
import { decode, type Frame } from "./frames.ts";
import type { BookSide } from "./messages.ts";

const path = new URL("../../../tests/vectors/live_frames.json", import.meta.url);
const vectors: { frames: { name: string; hex: string }[] } = JSON.parse(readFileSync(path, "utf8"));

/** A frame of the vectors, as if it had another place in its channel. */
function frame(name: string, sequence: number): Frame {
  const hex = vectors.frames.find((vector) => vector.name === name)?.hex ?? "";
  const [found] = decode(Uint8Array.from(Buffer.from(hex, "hex")).buffer);
  if (found === undefined) throw new Error(`no vector ${name}`);
  return { ...found, header: { ...found.header, sequence } };
}

function levels({ prices, quantities }: BookSide): string[] {
  return prices.map(
    (price, row) => `${decimalText(price, 2)} x ${decimalText(quantities[row] ?? 0n, 3)}`,
  );
}

test("an update sets the levels it names and removes those of quantity 0", () => {
  const book = new Book();
  expect(book.apply(frame("book_snapshot", 7))).toBe(true);
  expect(book.apply(frame("book_update", 8))).toBe(true);
  const view = book.view();
  expect(levels(view.bids)).toEqual([
    "61837.63 x 0.250",
    "61837.00 x 9007199254740.993",
    "61836.00 x 0.007",
  ]);
  expect(levels(view.asks)).toEqual(["61837.64 x 0.001", "61837.99 x 0.004"]);
  expect([view.isLive, view.lastUpdateId]).toEqual([true, 107n]);
});

test("an update that does not follow clears the book and asks for a new one", () => {
  const book = new Book();
  book.apply(frame("book_snapshot", 7));
  expect(book.apply(frame("book_update", 9))).toBe(false);
  expect(book.view()).toMatchObject({ isLive: false, bids: { prices: [] }, asks: { prices: [] } });
  expect(book.apply(frame("book_snapshot", 20))).toBe(true);
  expect(book.view().isLive).toBe(true);
});

test("after the highest sequence comes 0", () => {
  const book = new Book();
  book.apply(frame("book_snapshot", 2 ** 32 - 1));
  expect(book.apply(frame("book_update", 0))).toBe(true);
});

test("a book that nobody vouches for has no levels", () => {
  const book = new Book();
  book.apply(frame("book_snapshot", 1));
  expect(book.apply(frame("book_not_live", 2))).toBe(true);
  expect(book.view()).toMatchObject({ isLive: false, bids: { prices: [] } });
});
