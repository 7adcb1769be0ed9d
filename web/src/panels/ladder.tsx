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
  const middle = useRef<HTMLTableCellElement>(null);
  const drawn = useRef<BookView | null>(null);
  const digits = useRef<Digits>({ price: 0, quantity: 0 });
  useFrames(
    useCallback(() => {
      const { view, trouble } = store;
      if (hint.current !== null) hint.current.textContent = hintOf(view, trouble);
      if (view === null || view === drawn.current) return;
      drawn.current = view;
      digits.current = digitsOf(view, digits.current);
      const scale = scaleOf(view);
      fill(asks.current, view, view.asks, scale, digits.current);
      fill(bids.current, view, view.bids, scale, digits.current);
      if (middle.current !== null) middle.current.textContent = spreadText(view);
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
            <th scope="col" className="number">
              Total
            </th>
          </tr>
        </thead>
        <Rows ref={asks} name="asks" />
        <tbody className="spread">
          <tr>
            <td ref={middle} colSpan={3} className="number" />
          </tr>
        </tbody>
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

/** The distance of the best prices, exact. */
function spreadText({ bids, asks, scales }: BookView): string {
  const [bid, ask] = [bids.prices[0], asks.prices[0]];
  if (bid === undefined || ask === undefined) return "";
  return `spread ${grouped(trimmed(decimalText(ask - bid, scales.price)))}`;
}

/** What fills a cell of each column; for the length of bars alone. */
interface Scale {
  readonly quantity: number;
  readonly total: number;
}

function scaleOf({ bids, asks }: BookView): Scale {
  const shown = [bids, asks].map(({ quantities }) => quantities.slice(0, LEVELS).map(Number));
  const totals = shown.map((side) => side.reduce((sum, quantity) => sum + quantity, 0));
  return { quantity: Math.max(1, ...shown.flat()), total: Math.max(1, ...totals) };
}

function fill(
  body: HTMLTableSectionElement | null,
  { scales }: BookView,
  { prices, quantities }: BookSide,
  scale: Scale,
  digits: Digits,
): void {
  if (body === null) return;
  const isAsks = body.className === "asks";
  let total = 0n;
  for (let level = 0; level < LEVELS; level++) {
    const line = body.rows[isAsks ? LEVELS - 1 - level : level];
    const price = prices[level];
    const quantity = quantities[level] ?? 0n;
    total += quantity;
    const [priceCell, quantityCell, totalCell] = line?.cells ?? [];
    const shown = (number: bigint, ofScale: number, least: number): string =>
      price === undefined ? "" : padded(grouped(trimmed(decimalText(number, ofScale))), least);
    if (priceCell) priceCell.textContent = shown(price ?? 0n, scales.price, digits.price);
    const part = (number: bigint, most: number): number =>
      price === undefined ? 0 : (100 * Number(number)) / most;
    bar(
      quantityCell,
      shown(quantity, scales.quantity, digits.quantity),
      part(quantity, scale.quantity),
    );
    bar(totalCell, shown(total, scales.quantity, digits.quantity), part(total, scale.total));
  }
}

/** Write a number over a bar. */
function bar(cell: HTMLTableCellElement | undefined, words: string, percent: number): void {
  const [length, text] = cell?.querySelectorAll("span") ?? [];
  if (!(length && text)) return;
  text.textContent = words;
  length.style.width = `${percent}%`;
}
