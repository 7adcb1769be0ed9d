import { useCallback, useRef } from "react";
import { decimalText, fraction, grouped, padded, trimmed } from "../live/exact.ts";
import { NONE } from "../live/frames.ts";
import type { BookSide, BookView } from "../live/messages.ts";
import { useFrames } from "../live/use-live.ts";
import { Panel } from "../parts/panel.tsx";
import type { BookStore } from "./use-book.ts";

const LEVELS = 20;

/** The best levels of the book, asks above bids, exactly as the book engine has them. */
export function Ladder({ store }: { readonly store: BookStore }) {
  const asks = useRef<HTMLTableSectionElement>(null);
  const bids = useRef<HTMLTableSectionElement>(null);
  const hint = useRef<HTMLParagraphElement>(null);
  const note = useRef<HTMLSpanElement>(null);
  const drawn = useRef<BookView | null>(null);
  const digits = useRef<Digits>({ price: 0, quantity: 0 });
  useFrames(
    useCallback(() => {
      const { view, trouble } = store;
      if (hint.current !== null) hint.current.textContent = hintOf(view, trouble);
      if (view === null || view === drawn.current) return;
      drawn.current = view;
      const largest = Math.max(1, ...[view.bids, view.asks].map(largestOf));
      digits.current = digitsOf(view, digits.current);
      fill(asks.current, view, view.asks, largest, digits.current);
      fill(bids.current, view, view.bids, largest, digits.current);
      if (note.current !== null) {
        note.current.textContent = view.lastUpdateId === NONE ? "" : `update ${view.lastUpdateId}`;
      }
    }, [store]),
  );
  return (
    <Panel title="Order book" name="ladder" note={<span ref={note} className="number" />}>
      <p ref={hint} className="hint" role="status" />
      <table className="ladder">
        <caption className="visually-hidden">Asks, then bids, best in the middle</caption>
        <thead>
          <tr>
            <th scope="col" className="number">
              Price
            </th>
            <th scope="col" className="number">
              Quantity
            </th>
          </tr>
        </thead>
        <Rows ref={asks} name="asks" />
        <Rows ref={bids} name="bids" />
      </table>
    </Panel>
  );
}

function Rows({ ref, name }: { ref: React.Ref<HTMLTableSectionElement>; name: "asks" | "bids" }) {
  return (
    <tbody ref={ref} className={name}>
      {Array.from({ length: LEVELS }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are places, not things.
        <tr key={row}>
          <td className={`number ${name === "asks" ? "sell" : "buy"}`} />
          <td className="number">
            <span className="depth" aria-hidden="true" />
            <span />
          </td>
        </tr>
      ))}
    </tbody>
  );
}

interface Digits {
  readonly price: number;
  readonly quantity: number;
}

/** Digits that the numbers on the screen need, never fewer than before: a column does not jump. */
function digitsOf({ scales, bids, asks }: BookView, before: Digits): Digits {
  const of = (numbers: readonly bigint[], scale: number): number[] =>
    numbers.slice(0, LEVELS).map((number) => fraction(trimmed(decimalText(number, scale))));
  return {
    price: Math.max(
      before.price,
      ...[bids, asks].flatMap(({ prices }) => of([...prices], scales.price)),
    ),
    quantity: Math.max(
      before.quantity,
      ...[bids, asks].flatMap(({ quantities }) => of([...quantities], scales.quantity)),
    ),
  };
}

function hintOf(view: BookView | null, trouble: string | null): string {
  if (trouble !== null) return trouble;
  if (view === null) return "Waiting for the book.";
  return view.isLive ? "" : "Not live: a message is missing. It comes back with a new snapshot.";
}

/** For the length of bars alone. */
function largestOf({ quantities }: BookSide): number {
  return Math.max(0, ...quantities.slice(0, LEVELS).map(Number));
}

function fill(
  body: HTMLTableSectionElement | null,
  { scales }: BookView,
  { prices, quantities }: BookSide,
  largest: number,
  digits: Digits,
): void {
  if (body === null) return;
  const isAsks = body.className === "asks";
  for (const [place, line] of [...body.rows].entries()) {
    const level = isAsks ? LEVELS - 1 - place : place;
    const price = prices[level];
    const quantity = quantities[level] ?? 0n;
    const [priceCell, quantityCell] = line.cells;
    const [bar, text] = quantityCell?.querySelectorAll("span") ?? [];
    if (!(priceCell && bar && text)) continue;
    const shown = (number: bigint, scale: number, least: number): string =>
      price === undefined ? "" : padded(grouped(trimmed(decimalText(number, scale))), least);
    priceCell.textContent = shown(price ?? 0n, scales.price, digits.price);
    text.textContent = shown(quantity, scales.quantity, digits.quantity);
    bar.style.width = price === undefined ? "0" : `${(100 * Number(quantity)) / largest}%`;
  }
}
