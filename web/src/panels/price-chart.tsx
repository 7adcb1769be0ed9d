import { useState } from "react";
import { type Stored, useRecent } from "../api/recent.ts";
import { Candles, type Style } from "../charts/candles.tsx";
import { ChartCredit } from "../charts/credit.tsx";
import { Asked } from "../parts/asked.tsx";
import { CoverageNote } from "../parts/coverage-note.tsx";
import { Panel } from "../parts/panel.tsx";
import { Empty } from "../parts/states.tsx";
import { Tabs } from "../parts/tabs.tsx";

const INTERVALS = ["1s", "15s", "1m", "5m", "1h"] as const;
type Interval = (typeof INTERVALS)[number];
const STYLES: readonly Style[] = ["candles", "line"];
const NS: Readonly<Record<Interval, number>> = {
  "1s": 1e9,
  "15s": 15e9,
  "1m": 60e9,
  "5m": 300e9,
  "1h": 3600e9,
};
const BARS = 300;
const EVERY_MS = 2_000;

export function PriceChart({ stored }: { readonly stored: Stored }) {
  const [interval, setInterval] = useState<Interval>("1s");
  const [style, setStyle] = useState<Style>("candles");
  const asked = useRecent("/api/bars", stored, {
    query: { interval, limit: 1000 },
    back: NS[interval] * BARS,
    step: NS[interval] * 100,
    every: EVERY_MS,
  });
  return (
    <Panel
      title="Price"
      name="price"
      tools={
        <>
          <Tabs
            label="Interval"
            names={INTERVALS}
            chosen={interval}
            choose={setInterval}
            controls="price-chart"
          />
          <Tabs
            label="Style"
            names={STYLES}
            chosen={style}
            choose={setStyle}
            controls="price-chart"
          />
        </>
      }
      note={asked.data === undefined ? undefined : <CoverageNote coverage={asked.data.coverage} />}
    >
      <div id="price-chart" role="tabpanel" aria-label={`${interval}, ${style}`} className="fill">
        <Asked what="bars" asked={asked}>
          {({ data }) =>
            data.length === 0 ? (
              <Empty title="No trades in this time">
                Choose a longer interval. New bars appear by themselves.
              </Empty>
            ) : (
              <>
                <Candles bars={data} style={style} label={labelOf(stored.symbol, data.at(-1))} />
                <ChartCredit />
              </>
            )
          }
        </Asked>
      </div>
    </Panel>
  );
}

function labelOf(symbol: string, last: { time: string | null; close: number } | undefined): string {
  return last === undefined ? symbol : `${symbol}, last bar of ${last.time}, close ${last.close}`;
}
