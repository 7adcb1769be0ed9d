/** How many digits a price axis shows: as many as the prices have. */

const MOST = 12;
/** Of a 64-bit float: beyond these its digits are not those of the price. */
const SIGNIFICANT = 14;

interface PriceFormat {
  readonly type: "price";
  readonly precision: number;
  readonly minMove: number;
}

/** 0.00001234 needs 8 digits, and would be 0.00 with the 2 that a chart takes by itself. */
export function priceFormat(prices: readonly number[]): PriceFormat {
  const precision = Math.max(0, ...prices.map(digitsOf));
  return { type: "price", precision, minMove: 10 ** -precision };
}

function digitsOf(price: number): number {
  const whole = Math.trunc(Math.abs(price)).toString().length;
  const text = price.toFixed(Math.max(0, Math.min(MOST, SIGNIFICANT - whole)));
  return text.replace(/0+$/, "").split(".")[1]?.length ?? 0;
}
