import { useCallback, useEffect, useRef, useState } from "react";
import { DepthHistory } from "../charts/depth-history.ts";
import { HeatMap } from "../charts/heatmap.ts";
import { type Colours, type Rgb, rgbOf } from "../charts/palette.ts";
import { useFrames } from "../live/use-live.ts";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/states.tsx";
import { useStore } from "../parts/store.ts";
import { colour, theme } from "../parts/theme.ts";
import type { BookStore } from "./use-book.ts";

const COLUMNS = 480;
const ROWS = 200;
const EVERY_MS = 250;

interface Drawing {
  readonly map: HeatMap;
  readonly history: DepthHistory;
  next: number;
  isDirty: boolean;
}

/** The book over time: the brighter a cell, the more is offered at its price. */
export function DepthMap({ store }: { readonly store: BookStore }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const high = useRef<HTMLSpanElement>(null);
  const low = useRef<HTMLSpanElement>(null);
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
      if (drawing.current !== null) advance(drawing.current, store, high.current, low.current);
    }, [store]),
  );
  return (
    <Panel title="Depth over time" name="depth" note="a column each 250 ms; asks above bids">
      {trouble === null ? (
        <div className="heat">
          <canvas
            ref={canvas}
            width={COLUMNS * 2}
            height={ROWS * 2}
            role="img"
            aria-label={LABEL}
          />
          <span ref={high} className="axis axis-high number" />
          <span ref={low} className="axis axis-low number" />
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

function begin(canvas: HTMLCanvasElement): Drawing {
  const history = new DepthHistory(COLUMNS, ROWS);
  const map = new HeatMap(canvas, COLUMNS, ROWS);
  map.paint(colours());
  return { map, history, next: 0, isDirty: true };
}

function advance(
  drawing: Drawing,
  store: BookStore,
  high: HTMLElement | null,
  low: HTMLElement | null,
): void {
  const { map, history } = drawing;
  const now = performance.now();
  if (store.view !== null && now >= drawing.next) {
    drawing.next = now + EVERY_MS;
    if (history.push(store.view)) map.replace(history.all());
    else map.push(history.latest());
    const digits = store.view.scales.price;
    const label = (price: number): string => (history.isEmpty ? "" : price.toFixed(digits));
    if (high !== null) high.textContent = label(history.high);
    if (low !== null) low.textContent = label(history.low);
    drawing.isDirty = true;
  }
  if (drawing.isDirty) map.draw();
  drawing.isDirty = false;
}

function colours(): Colours {
  const named = (name: string): Rgb => rgbOf(colour(name));
  return { ground: named("--panel"), positive: named("--buy"), negative: named("--sell") };
}
