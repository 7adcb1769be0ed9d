import { expect, test } from "vitest";
import { EventRing } from "./ring.ts";
import { seed } from "./seed.ts";

const ROW = {
  price: "61837.63",
  quantity: "0.5",
  side: "sell",
  timestamp_ns: 1_723_161_253_400_000_000,
};

test("a stored number beyond 64 bits is left out, never shown as another", () => {
  const ring = new EventRing(8);
  seed(ring, [ROW, { ...ROW, quantity: "1234.123456789012345678" }, { ...ROW, side: null }]);
  expect([ring.row(1), ring.row(0)]).toEqual([
    { time: "23:54:13.400", price: "61837.63", quantity: "0.5", side: "sell" },
    { time: "23:54:13.400", price: "61837.63", quantity: "0.5", side: "" },
  ]);
  expect(ring.size).toBe(2);
});
