import { useCallback, useRef } from "react";
import { decimalText, grouped, trimmed } from "../live/exact.ts";
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
  useFrames(
    useCallback(() => {
      const { view, trouble } = store;
      if (hint.current !== null) hint.current.textContent = hintOf(view, trouble);
      if (view === null || view === drawn.current) return;
      drawn.current = view;
      const largest = Math.max(1, ...[view.bids, view.asks].map(largestOf));
      fill(asks.current, view, view.asks, largest);
      fill(bids.current, view, view.bids, largest);
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
    priceCell.textContent = price === undefined ? "" : grouped(decimalText(price, scales.price));
    text.textContent = price === undefined ? "" : trimmed(decimalText(quantity, scales.quantity));
    bar.style.width = price === undefined ? "0" : `${(100 * Number(quantity)) / largest}%`;
  }
}
