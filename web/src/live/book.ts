/** The book of one subscription, kept from a snapshot and what changed. Exact: whole numbers only. */
import { type Frame, NONE } from "./frames.ts";
import type { BookSide, BookView, Scales } from "./messages.ts";

const BID = 1;
const WRAP = 2 ** 32;

type Levels = Map<bigint, bigint>;

export class Book {
  readonly #bids: Levels = new Map();
  readonly #asks: Levels = new Map();
  #scales: Scales = { price: 0, quantity: 0 };
  #isLive = false;
  #lastUpdateId = NONE;
  #asOf = NONE;
  #sequence: number | null = null;

  /**
   * Take a snapshot or an update.
   *
   * @returns false when an update does not follow what is known: subscribe again.
   */
  apply(frame: Frame): boolean {
    const { header, head } = frame;
    const isSnapshot = header.kind === "book_snapshot";
    if (!isSnapshot && !this.#follows(frame)) {
      this.#clear();
      return false;
    }
    if (isSnapshot) this.#clear();
    this.#isLive = header.isLive;
    this.#scales = { price: header.priceScale, quantity: header.quantityScale };
    this.#sequence = header.sequence;
    this.#lastUpdateId = head.last_update_id ?? NONE;
    this.#asOf = header.asOf;
    this.#set(frame);
    return true;
  }

  view(): BookView {
    return {
      kind: "book",
      isLive: this.#isLive,
      scales: this.#scales,
      lastUpdateId: this.#lastUpdateId,
      asOf: this.#asOf,
      bids: ordered(this.#bids, true),
      asks: ordered(this.#asks, false),
    };
  }

  #follows({ header }: Frame): boolean {
    return (
      this.#sequence !== null &&
      header.sequence === (this.#sequence + 1) % WRAP &&
      header.priceScale === this.#scales.price &&
      header.quantityScale === this.#scales.quantity
    );
  }

  #set({ numbers, bytes }: Frame): void {
    const { price, quantity } = numbers;
    const sides = bytes.book_side;
    if (price === undefined || quantity === undefined || sides === undefined) return;
    price.forEach((level, row) => {
      const levels = sides[row] === BID ? this.#bids : this.#asks;
      const size = quantity[row] ?? 0n;
      if (size === 0n) levels.delete(level);
      else levels.set(level, size);
    });
  }

  #clear(): void {
    this.#bids.clear();
    this.#asks.clear();
    this.#isLive = false;
    this.#sequence = null;
  }
}

function ordered(levels: Levels, descending: boolean): BookSide {
  const prices = BigInt64Array.from(levels.keys()).sort();
  if (descending) prices.reverse();
  return {
    prices: [...prices],
    quantities: Array.from(prices, (price) => levels.get(price) ?? 0n),
  };
}
