import {
  CandlestickSeries,
  type IChartApi,
  type ISeriesApi,
  LineSeries,
  type UTCTimestamp,
} from "lightweight-charts";
import { useCallback, useEffect, useRef } from "react";
import type { Schemas } from "../api/client.ts";
import { colour } from "../parts/theme.ts";
import { useChart } from "./chart.ts";
import { priceFormat } from "./price-format.ts";

type Bar = Schemas["Bar"];
export type Style = "candles" | "line";

interface Props {
  readonly bars: readonly Bar[];
  readonly style: Style;
  readonly label: string;
}

/** Bars as the server made them: floats, which is what a drawing needs. */
export function Candles({ bars, style, label }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const show = useRef<(bars: readonly Bar[]) => void>(() => undefined);
  const known = useRef(bars);
  const paint = useCallback(
    (chart: IChartApi) => {
      show.current = style === "candles" ? candles(chart) : line(chart);
      show.current(known.current);
      const width = box.current?.clientWidth ?? 0;
      chart.timeScale().applyOptions({ barSpacing: spacingOf(width, known.current.length) });
    },
    [style],
  );
  useChart(box, paint);
  useEffect(() => {
    known.current = bars;
    show.current(bars);
  }, [bars]);
  return <div ref={box} className="chart" role="img" aria-label={label} />;
}

const NARROWEST = 6;
const WIDEST = 14;

/** Pixels a bar at first: few bars are drawn wider, so that they do not stand in a corner. */
function spacingOf(width: number, bars: number): number {
  return Math.min(WIDEST, Math.max(NARROWEST, width / Math.max(1, bars)));
}

function candles(chart: IChartApi) {
  const [up, down] = [colour("--buy"), colour("--sell")];
  const series = chart.addSeries(CandlestickSeries, {
    upColor: up,
    wickUpColor: up,
    downColor: down,
    wickDownColor: down,
    borderVisible: false,
  });
  return (bars: readonly Bar[]) => {
    series.applyOptions({ priceFormat: priceFormat(bars.flatMap((bar) => [bar.high, bar.low])) });
    series.setData(
      bars.map(({ start_ns, open, high, low, close }) => ({
        time: seconds(start_ns),
        open,
        high,
        low,
        close,
      })),
    );
  };
}

function line(chart: IChartApi) {
  const series: ISeriesApi<"Line"> = chart.addSeries(LineSeries, {
    color: colour("--accent"),
    lineWidth: 2,
  });
  return (bars: readonly Bar[]) => {
    series.applyOptions({ priceFormat: priceFormat(bars.map(({ close }) => close)) });
    series.setData(bars.map(({ start_ns, close }) => ({ time: seconds(start_ns), value: close })));
  };
}

export function seconds(ns: number): UTCTimestamp {
  return Math.floor(ns / 1e9) as UTCTimestamp;
}
