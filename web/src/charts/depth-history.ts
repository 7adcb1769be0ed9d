/**
 * The latest books as columns of a heat map, for drawing only: floats, and prices put into rows.
 * When the price leaves the middle of the window, the window moves and every column is made anew.
 */
import type { BookSide, BookView } from "../live/messages.ts";
import { COLD, heatOf } from "./palette.ts";

/** Price and quantity of each level, one after the other; asks have negative quantities. */
type Column = Float64Array;

const EDGE = 0.2;

export class DepthHistory {
  readonly rows: number;
  readonly capacity: number;
  readonly #columns: Column[] = [];
  #low = 0;
  #step = 0;
  #full = 0;

  constructor(capacity: number, rows: number) {
    this.capacity = capacity;
    this.rows = rows;
  }

  /** Whether no book has had both sides, so that there is no window yet. */
  get isEmpty(): boolean {
    return this.#step === 0;
  }

  /** How many columns there are. */
  get size(): number {
    return this.#columns.length;
  }

  /** The quantity that has the strongest colour, and all beyond it; 0 before the first level. */
  get full(): number {
    return this.#full;
  }

  get low(): number {
    return this.#low;
  }

  get high(): number {
    return this.#low + this.#step * this.rows;
  }

  /** Take a book; true when the window or the scale has moved, so that all must be drawn anew. */
  push(book: BookView): boolean {
    const column = columnOf(book);
    this.#columns.push(column);
    if (this.#columns.length > this.capacity) this.#columns.shift();
    const hasMoved = this.#follow(book);
    return this.#grow(this.#sums(column)) || hasMoved;
  }

  /** The newest column's heat, lowest price first. */
  latest(): Uint8Array {
    return this.#heat(this.#columns.at(-1) ?? new Float64Array(0));
  }

  /** Every column, row after row, oldest first, as a texture wants it. */
  all(): Uint8Array {
    const cells = new Uint8Array(this.capacity * this.rows).fill(COLD);
    const first = this.capacity - this.#columns.length;
    this.#columns.forEach((column, at) => {
      this.#heat(column).forEach((value, row) => {
        cells[row * this.capacity + first + at] = value;
      });
    });
    return cells;
  }

  #follow(book: BookView): boolean {
    const bid = priceOf(book, book.bids.prices[0]);
    const ask = priceOf(book, book.asks.prices[0]);
    if (bid === null || ask === null) return false;
    const middle = (bid + ask) / 2;
    const place = (middle - this.#low) / (this.#step * this.rows);
    if (this.#step > 0 && place > EDGE && place < 1 - EDGE) return false;
    // A row is a whole number of ticks, so that levels do not flicker between two.
    const tick = 10 ** -book.scales.price;
    const reach = Math.max(farthest(book, middle), tick * this.rows * 0.25);
    this.#step = Math.max(1, Math.round((2 * reach) / this.rows / tick)) * tick;
    this.#low = Math.round(middle / this.#step - this.rows / 2) * this.#step;
    return true;
  }

  /** Let the scale suit what most cells have, in steps of two, so that it seldom moves. */
  #grow(sums: Float64Array): boolean {
    const before = this.#full;
    const large = largeOf(sums);
    if (large === 0) return false;
    if (this.#full === 0) this.#full = large;
    while (large > this.#full) this.#full *= 2;
    while (large * 4 < this.#full) this.#full /= 2;
    return this.#full !== before;
  }

  #heat(column: Column): Uint8Array {
    return Uint8Array.from(this.#sums(column), (sum) => heatOf(sum, this.#full));
  }

  #sums(column: Column): Float64Array {
    const sums = new Float64Array(this.rows);
    for (let at = 0; at < column.length; at += 2) {
      const row = Math.floor(((column[at] ?? 0) - this.#low) / this.#step + 1e-6);
      if (row >= 0 && row < this.rows) sums[row] = (sums[row] ?? 0) + (column[at + 1] ?? 0);
    }
    return sums;
  }
}

/** What few cells have more than: one wall among them does not make all others pale. */
function largeOf(sums: Float64Array): number {
  const sizes = sums
    .map(Math.abs)
    .filter((size) => size > 0)
    .sort();
  return sizes[Math.floor((sizes.length - 1) * 0.95)] ?? 0;
}

function priceOf({ scales }: BookView, price: bigint | undefined): number | null {
  return price === undefined ? null : Number(price) / 10 ** scales.price;
}

/** How far most levels reach: a few stray ones at the end do not set the window. */
function farthest(book: BookView, middle: number): number {
  const reach = ({ prices }: BookSide): number => {
    const at = priceOf(book, prices[Math.floor(prices.length * 0.9)]);
    return at === null ? 0 : Math.abs(at - middle);
  };
  return Math.max(reach(book.bids), reach(book.asks));
}

function columnOf({ bids, asks, scales }: BookView): Column {
  const column = new Float64Array(2 * (bids.prices.length + asks.prices.length));
  const price = 10 ** scales.price;
  const quantity = 10 ** scales.quantity;
  let at = 0;
  for (const [side, sign] of [
    [bids, 1],
    [asks, -1],
  ] as const) {
    side.prices.forEach((level, row) => {
      column[at++] = Number(level) / price;
      column[at++] = (sign * Number(side.quantities[row] ?? 0n)) / quantity;
    });
  }
  return column;
}
