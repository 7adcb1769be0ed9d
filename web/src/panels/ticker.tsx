import { useCallback, useRef } from "react";
import { clockText, decimalText, fraction, grouped, padded, trimmed } from "../live/exact.ts";
import { NONE } from "../live/frames.ts";
import type { BookView } from "../live/messages.ts";
import { useFrames } from "../live/use-live.ts";
import type { BookStore } from "./use-book.ts";
import type { TapeStore } from "./use-tape.ts";

interface Props {
  readonly book: BookStore;
  readonly trades: TapeStore;
}

const FIELDS = ["Last", "Best bid", "Best ask", "Spread", "Trade (UTC)", "Book (UTC)"] as const;

/** The last price, the best prices and their times, in one line. */
export function Ticker({ book, trades }: Props) {
  const list = useRef<HTMLDListElement>(null);
  const digits = useRef(0);
  useFrames(
    useCallback(() => {
      const last = trades.tape.row(0);
      const price = last === null ? "–" : grouped(trimmed(last.price));
      const [bid, ask, spread, asOf] = bookTexts(book.view);
      const prices = [price, bid, ask, spread];
      // Never fewer than before: a number does not jump.
      digits.current = Math.max(digits.current, ...prices.map(fraction));
      const shown = prices.map((text) => padded(text, digits.current));
      const texts = [...shown, last?.time ?? "–", asOf];
      list.current?.querySelectorAll("dd").forEach((cell, at) => {
        const text = texts[at] ?? "–";
        if (cell.textContent !== text) cell.textContent = text;
        if (at === 0) cell.className = `number ${last?.side ?? ""}`;
      });
    }, [book, trades]),
  );
  return (
    <dl ref={list} className="ticker">
      {FIELDS.map((name) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="number">–</dd>
        </div>
      ))}
    </dl>
  );
}

const NOTHING = ["–", "–", "–", "–"] as const;

/** Best bid, best ask, their distance and the time of the newest event in the book. */
function bookTexts(view: BookView | null): readonly [string, string, string, string] {
  if (view === null) return NOTHING;
  const [bid, ask] = [view.bids.prices[0], view.asks.prices[0]];
  const shown = (price: bigint | undefined): string =>
    price === undefined ? "–" : grouped(trimmed(decimalText(price, view.scales.price)));
  const spread = bid === undefined || ask === undefined ? undefined : ask - bid;
  return [shown(bid), shown(ask), shown(spread), view.asOf === NONE ? "–" : clockText(view.asOf)];
}
