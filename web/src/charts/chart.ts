/** A lightweight chart in our colours, which follow the theme. Its attribution is in the page. */
import {
  type ChartOptions,
  createChart,
  type DeepPartial,
  type IChartApi,
} from "lightweight-charts";
import { type RefObject, useEffect, useRef } from "react";
import { useStore } from "../parts/store.ts";
import { colour, theme } from "../parts/theme.ts";

function options(): DeepPartial<ChartOptions> {
  return {
    autoSize: true,
    layout: {
      background: { color: colour("--panel") },
      textColor: colour("--soft"),
      fontSize: 11,
      // Its logo brings a style of its own, which the content policy forbids: see ChartCredit.
      attributionLogo: false,
    },
    grid: { vertLines: { color: colour("--raised") }, horzLines: { color: colour("--raised") } },
    rightPriceScale: { borderColor: colour("--line") },
    timeScale: { borderColor: colour("--line"), timeVisible: true, secondsVisible: true },
  };
}

/** @param paint puts series into a new chart, and is called again for other colours. */
export function useChart(
  box: RefObject<HTMLDivElement | null>,
  paint: (chart: IChartApi) => void,
): RefObject<IChartApi | null> {
  const chart = useRef<IChartApi | null>(null);
  const shown = useStore(theme);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are those of the theme.
  useEffect(() => {
    if (box.current === null) return undefined;
    const made = createChart(box.current, options());
    chart.current = made;
    paint(made);
    return () => {
      chart.current = null;
      made.remove();
    };
  }, [box, paint, shown]);
  return chart;
}
