import { expect, test } from "vitest";
import { NONE } from "./frames.ts";
import { bookOf } from "./stored-book.ts";

test("a stored book is exact, at the scale of its finest number", () => {
  const book = bookOf({
    state: "live",
    time_ns: 1_723_161_253_400_000_000,
    last_update_id: 7,
    bids: [
      ["61837.6", "0.25"],
      ["61837", "1"],
    ],
    asks: [["61837.63", "12"]],
  });
  expect(book).toMatchObject({
    isLive: true,
    scales: { price: 2, quantity: 2 },
    lastUpdateId: 7n,
    bids: { prices: [6183760n, 6183700n], quantities: [25n, 100n] },
    asks: { prices: [6183763n], quantities: [1200n] },
  });
});

test("a book that is not live has no levels and no update", () => {
  const book = bookOf({ state: "stale", time_ns: 1, last_update_id: null, bids: [], asks: [] });
  expect(book).toMatchObject({ isLive: false, lastUpdateId: NONE, bids: { prices: [] } });
});
