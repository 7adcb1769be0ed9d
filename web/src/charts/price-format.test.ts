import { expect, test } from "vitest";
import { priceFormat } from "./price-format.ts";

test.each([
  [[84003.1, 84004], 1],
  [[0.00001234, 0.0000123], 8],
  [[1234, 5], 0],
  [[61837.630000000005], 2],
  [[], 0],
])("prices %j have %d digits", (prices, precision) => {
  expect(priceFormat(prices).precision).toBe(precision);
});
