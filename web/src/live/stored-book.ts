/** A book as REST gives it, as what the live socket would have brought. */
import { NONE } from "./frames.ts";
import { atScale, mantissaOf } from "./json-frames.ts";
import type { BookSide, BookView } from "./messages.ts";

type Level = readonly unknown[];

export interface StoredBook {
  readonly state: string;
  readonly time_ns: number;
  readonly last_update_id: number | null;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

export function bookOf({ state, time_ns, last_update_id, bids, asks }: StoredBook): BookView {
  const levels = [...bids, ...asks];
  const digits = (place: number): number =>
    Math.max(0, ...levels.map((level) => mantissaOf(String(level[place])).scale));
  const scales = { price: digits(0), quantity: digits(1) };
  const side = (of: readonly Level[]): BookSide => ({
    prices: of.map((level) => atScale(level[0], scales.price)),
    quantities: of.map((level) => atScale(level[1], scales.quantity)),
  });
  return {
    kind: "book",
    isLive: state === "live",
    scales,
    lastUpdateId: last_update_id === null ? NONE : BigInt(last_update_id),
    asOf: BigInt(time_ns),
    bids: side(bids),
    asks: side(asks),
  };
}
