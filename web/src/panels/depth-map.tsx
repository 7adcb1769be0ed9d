import { type Ref, useCallback, useEffect, useRef, useState } from "react";
import { DepthHistory } from "../charts/depth-history.ts";
import { HeatMap } from "../charts/heatmap.ts";
import { type Colours, type Rgb, rgbOf } from "../charts/palette.ts";
import { grouped } from "../live/exact.ts";
import { useFrames } from "../live/use-live.ts";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/states.tsx";
import { useStore } from "../parts/store.ts";
import { colour, theme } from "../parts/theme.ts";
import type { BookStore } from "./use-book.ts";

const COLUMNS = 480;
const ROWS = 200;
const EVERY_MS = 250;
/** So many columns are in sight at first, twice as many each time they are full: 15 s to 2 min. */
const FEWEST = 60;
/** Prices beside the map, from its top to its bottom. */
const PRICES = [1, 0.75, 0.5, 0.25, 0] as const;
/** Times below it, from its left to its right. */
const TIMES = [1, 0.5, 0] as const;

interface Drawing {
  readonly map: HeatMap;
  readonly history: DepthHistory;
  shown: number;
  next: number;
  isDirty: boolean;
}

/** The book over time: the brighter a cell, the more is offered at its price. */
export function DepthMap({ store }: { readonly store: BookStore }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const prices = useRef<HTMLDivElement>(null);
  const times = useRef<HTMLDivElement>(null);
  const full = useRef<HTMLSpanElement>(null);
  const drawing = useRef<Drawing | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const shown = useStore(theme);
  useEffect(() => {
    if (canvas.current === null) return undefined;
    try {
      drawing.current = begin(canvas.current);
    } catch (error) {
      setTrouble(error instanceof Error ? error.message : String(error));
    }
    return () => {
      drawing.current = null;
    };
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are those of the theme.
  useEffect(() => {
    if (drawing.current !== null) {
      drawing.current.map.paint(colours());
      drawing.current.isDirty = true;
    }
  }, [shown]);
  useFrames(
    useCallback(() => {
      if (drawing.current === null || !advance(drawing.current, store)) return;
      const { history, shown } = drawing.current;
      const digits = store.view?.scales.price ?? 0;
      write(
        prices.current,
        PRICES.map((part) => priceText(history, part, digits)),
      );
      write(
        times.current,
        TIMES.map((part) => agoText(part * shown)),
      );
      if (full.current !== null) full.current.textContent = quantityText(history.full);
    }, [store]),
  );
  return (
    <Panel title="Depth over time" name="depth" note={<Legend full={full} />}>
      {trouble === null ? (
        <div className="heat">
          <canvas
            ref={canvas}
            width={COLUMNS * 2}
            height={ROWS * 2}
            role="img"
            aria-label={LABEL}
          />
          <div ref={prices} className="axis axis-prices number" aria-hidden="true">
            {PRICES.map((part) => (
              <span key={part} />
            ))}
          </div>
          <div ref={times} className="axis axis-times number" aria-hidden="true">
            {TIMES.map((part) => (
              <span key={part} />
            ))}
          </div>
        </div>
      ) : (
        <Problem
          title="No heat map in this browser"
          detail={trouble}
          hint="It needs WebGL 2. The order book beside it has the same numbers."
        />
      )}
    </Panel>
  );
}

const LABEL =
  "Heat map of the order book over the last two minutes. The order book table has its newest column.";

/** What the colours mean: quantity, on a logarithmic scale. */
function Legend({ full }: { readonly full: Ref<HTMLSpanElement> }) {
  return (
    <span className="legend">
      asks <span className="ramp ramp-asks" aria-hidden="true" />
      <span className="ramp ramp-bids" aria-hidden="true" /> bids, full colour from{" "}
      <span ref={full} className="number">
        –
      </span>
    </span>
  );
}

function begin(canvas: HTMLCanvasElement): Drawing {
  const history = new DepthHistory(COLUMNS, ROWS);
  const map = new HeatMap(canvas, COLUMNS, ROWS);
  map.paint(colours());
  map.show(FEWEST);
  return { map, history, shown: FEWEST, next: 0, isDirty: true };
}

/** Take the book when it is time to; true when there is another column than before. */
function advance(drawing: Drawing, store: BookStore): boolean {
  const { map, history } = drawing;
  const now = performance.now();
  const isTime = store.view !== null && now >= drawing.next;
  if (store.view !== null && isTime) {
    drawing.next = now + EVERY_MS;
    if (history.push(store.view)) map.replace(history.all());
    else map.push(history.latest());
    while (drawing.shown < Math.min(history.size, COLUMNS)) drawing.shown *= 2;
    map.show(drawing.shown);
    drawing.isDirty = true;
  }
  if (drawing.isDirty) map.draw();
  drawing.isDirty = false;
  return isTime;
}

function write(box: HTMLElement | null, texts: readonly string[]): void {
  for (const [at, span] of [...(box?.children ?? [])].entries()) {
    if (span.textContent !== texts[at]) span.textContent = texts[at] ?? "";
  }
}

function priceText(history: DepthHistory, part: number, digits: number): string {
  if (history.isEmpty) return "";
  return grouped((history.low + part * (history.high - history.low)).toFixed(digits));
}

function agoText(columns: number): string {
  return columns === 0 ? "now" : `−${(columns * EVERY_MS) / 1000} s`;
}

/** For people: two digits are enough to read a colour by. */
function quantityText(quantity: number): string {
  return quantity === 0 ? "–" : String(Number(quantity.toPrecision(2)));
}

function colours(): Colours {
  const named = (name: string): Rgb => rgbOf(colour(name));
  return { ground: named("--panel"), positive: named("--buy"), negative: named("--sell") };
}
