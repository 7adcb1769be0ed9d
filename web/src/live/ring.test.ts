import { expect, test } from "vitest";
import type { TradeBatch } from "./messages.ts";
import { EventRing } from "./ring.ts";

function batch(prices: readonly bigint[], scale = 2): TradeBatch {
  return {
    kind: "trades",
    scales: { price: scale, quantity: 3 },
    time: BigInt64Array.from(prices.map(() => 1723161253400000000n)),
    price: BigInt64Array.from(prices),
    quantity: BigInt64Array.from(prices.map(() => 1500n)),
    side: Uint8Array.from(prices.map(() => 2)),
    ids: new Uint8Array(16 * prices.length),
  };
}

test("the newest comes first, exact", () => {
  const ring = new EventRing(8);
  ring.push(batch([9223372036854775807n, 6183763n]));
  expect(ring.row(0)).toEqual({
    time: "23:54:13.400",
    price: "61837.63",
    quantity: "1.500",
    side: "sell",
  });
  expect(ring.row(1)?.price).toBe("92233720368547758.07");
  expect(ring.row(2)).toBeNull();
});

test("each row keeps the scale of its batch", () => {
  const ring = new EventRing(8);
  ring.push(batch([5n], 1));
  ring.push(batch([5n], 4));
  expect([ring.row(0)?.price, ring.row(1)?.price]).toEqual(["0.0005", "0.5"]);
});

test("the oldest go when it is full, also in one large batch", () => {
  const ring = new EventRing(3);
  ring.push(batch([1n, 2n], 0));
  ring.push(batch([3n, 4n, 5n, 6n, 7n], 0));
  expect([0, 1, 2, 3].map((age) => ring.row(age)?.price)).toEqual(["7", "6", "5", undefined]);
  expect([ring.total, ring.size]).toEqual([7, 3]);
});
