import { AreaSeries, type IChartApi, LineSeries } from "lightweight-charts";
import { useCallback, useEffect, useRef } from "react";
import { colour } from "../parts/theme.ts";
import { seconds } from "./candles.tsx";
import { useChart } from "./chart.ts";

export interface Point {
  readonly time_ns: number;
  readonly value: number;
}

interface Props {
  readonly points: readonly Point[];
  readonly label: string;
  /** A colour of the style sheet. */
  readonly ink: string;
  readonly isArea?: boolean;
  /** Digits after the point on the axis. */
  readonly digits?: number;
}

/** One number over time. */
export function Curve({ points, label, ink, isArea = false, digits = 2 }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const show = useRef<(points: readonly Point[]) => void>(() => undefined);
  const known = useRef(points);
  const paint = useCallback(
    (chart: IChartApi) => {
      const shown = colour(ink);
      const priceFormat = { type: "price", precision: digits, minMove: 10 ** -digits } as const;
      const series = isArea
        ? chart.addSeries(AreaSeries, {
            lineColor: shown,
            topColor: `${shown}55`,
            bottomColor: `${shown}08`,
            priceFormat,
          })
        : chart.addSeries(LineSeries, { color: shown, lineWidth: 2, priceFormat });
      show.current = (all) => series.setData(bySecond(all));
      show.current(known.current);
      chart.timeScale().fitContent();
    },
    [ink, isArea, digits],
  );
  useChart(box, paint);
  useEffect(() => {
    known.current = points;
    show.current(points);
  }, [points]);
  return <div ref={box} className="chart" role="img" aria-label={label} />;
}

/** The chart knows whole seconds; the last value of each is drawn. */
function bySecond(points: readonly Point[]) {
  const last = new Map(points.map(({ time_ns, value }) => [seconds(time_ns), value]));
  return [...last].sort(([one], [other]) => one - other).map(([time, value]) => ({ time, value }));
}
