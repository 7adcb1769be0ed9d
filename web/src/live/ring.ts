/** The newest events in typed arrays: nothing is allocated for each, nothing is in React's state. */
import { clockText, decimalText } from "./exact.ts";
import type { TradeBatch } from "./messages.ts";

export interface RingRow {
  readonly time: string;
  readonly price: string;
  readonly quantity: string;
  readonly side: "buy" | "sell" | "";
}

const SIDES = ["", "buy", "sell"] as const;

export class EventRing {
  readonly capacity: number;
  readonly #time: BigInt64Array;
  readonly #price: BigInt64Array;
  readonly #quantity: BigInt64Array;
  readonly #scales: Int8Array;
  readonly #side: Uint8Array;
  #total = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#time = new BigInt64Array(capacity);
    this.#price = new BigInt64Array(capacity);
    this.#quantity = new BigInt64Array(capacity);
    this.#scales = new Int8Array(2 * capacity);
    this.#side = new Uint8Array(capacity);
  }

  /** Events since the start; it rises with each, so it also tells whether to draw again. */
  get total(): number {
    return this.#total;
  }

  get size(): number {
    return Math.min(this.#total, this.capacity);
  }

  push(batch: Omit<TradeBatch, "kind">): void {
    const rows = batch.time.length;
    for (let row = Math.max(0, rows - this.capacity); row < rows; row++) {
      const at = (this.#total + row) % this.capacity;
      this.#time[at] = batch.time[row] ?? 0n;
      this.#price[at] = batch.price[row] ?? 0n;
      this.#quantity[at] = batch.quantity[row] ?? 0n;
      this.#side[at] = batch.side[row] ?? 0;
      this.#scales[2 * at] = batch.scales.price;
      this.#scales[2 * at + 1] = batch.scales.quantity;
    }
    this.#total += rows;
  }

  /** @param age 0 for the newest, `size - 1` for the oldest that is kept. */
  row(age: number): RingRow | null {
    if (age < 0 || age >= this.size) return null;
    const at = (this.#total - 1 - age) % this.capacity;
    return {
      time: clockText(this.#time[at] ?? 0n),
      price: decimalText(this.#price[at] ?? 0n, this.#scales[2 * at] ?? 0),
      quantity: decimalText(this.#quantity[at] ?? 0n, this.#scales[2 * at + 1] ?? 0),
      side: SIDES[this.#side[at] ?? 0] ?? "",
    };
  }
}
