import { useMemo, useState } from "react";
import { useAsk } from "../api/asking.ts";
import type { Schemas } from "../api/client.ts";
import { ChartCredit } from "../charts/credit.tsx";
import { Curve } from "../charts/curve.tsx";
import { Asked } from "../parts/asked.tsx";
import { type Column, Grid } from "../parts/grid.tsx";
import { Panel } from "../parts/panel.tsx";
import { Empty } from "../parts/states.tsx";
import { Tabs } from "../parts/tabs.tsx";
import { figureText, floatText, timeText } from "../parts/texts.ts";

type Trip = Schemas["RoundTrip"];
type EquityPoint = Schemas["EquityPoint"];

const COLUMNS: readonly Column<Trip>[] = [
  { head: "Entry (UTC)", cell: ({ entry_time_ns }) => timeText(entry_time_ns), isTime: true },
  { head: "Exit (UTC)", cell: ({ exit_time_ns }) => timeText(exit_time_ns), isTime: true },
  { head: "Symbol", cell: ({ symbol }) => symbol },
  { head: "Side", cell: ({ side }) => side },
  { head: "Quantity", cell: ({ quantity }) => floatText(quantity), isNumber: true },
  { head: "Entry", cell: ({ entry_price }) => floatText(entry_price), isNumber: true },
  { head: "Exit", cell: ({ exit_price }) => floatText(exit_price), isNumber: true },
  { head: "Fees", cell: ({ fees }) => floatText(fees), isNumber: true },
  {
    head: "PnL",
    cell: ({ pnl }) => <span className={pnl < 0 ? "sell" : "buy"}>{floatText(pnl)}</span>,
    isNumber: true,
  },
];

export function RunDetail({ id }: { readonly id: string }) {
  return (
    <div className="run">
      <Metrics id={id} />
      <Account id={id} />
      <Trips id={id} />
    </div>
  );
}

function Metrics({ id }: { readonly id: string }) {
  const asked = useAsk("/api/backtests/{run_id}", { places: { run_id: id } });
  return (
    <Panel title="Figures" name="metrics">
      <Asked what="the run" asked={asked}>
        {({ data, coverage }) => (
          <>
            <p className="hint">{coverage.summary}</p>
            <dl className="facts">
              {inOrder(data.metrics)
                .map(([name, value]) => figureText(name, value))
                .map(([name, text]) => (
                  <div key={name}>
                    <dt>{name}</dt>
                    <dd className="number">{text}</dd>
                  </div>
                ))}
            </dl>
          </>
        )}
      </Asked>
    </Panel>
  );
}

/** What one looks at first. */
const FIRST = ["pnl", "total_return", "max_drawdown", "sharpe", "trades", "hit_rate"];

function inOrder(metrics: Schemas["Run"]["metrics"]): [string, number | null][] {
  const place = (name: string): number => {
    const found = FIRST.indexOf(name);
    return found < 0 ? FIRST.length : found;
  };
  return Object.entries(metrics).sort(([one], [other]) => place(one) - place(other));
}

function Account({ id }: { readonly id: string }) {
  const asked = useAsk("/api/backtests/{run_id}/equity", {
    places: { run_id: id },
    query: { points: 2000 },
  });
  const [symbol, choose] = useState<string | null>(null);
  const symbols = useMemo(
    () => [...new Set(asked.data?.data.map((point) => point.symbol) ?? [])],
    [asked.data],
  );
  const shown = symbol ?? symbols[0] ?? null;
  const tools =
    shown === null || symbols.length < 2 ? undefined : (
      <Tabs label="Symbol" names={symbols} chosen={shown} choose={choose} controls="account" />
    );
  return (
    <Panel title="Equity and drawdown" name="equity" tools={tools}>
      <div id="account">
        <Asked what="the account" asked={asked}>
          {({ data }) => <Curves points={data.filter((point) => point.symbol === shown)} />}
        </Asked>
      </div>
    </Panel>
  );
}

function Curves({ points }: { readonly points: readonly EquityPoint[] }) {
  const equity = useMemo(
    () => points.map(({ time_ns, equity: value }) => ({ time_ns, value })),
    [points],
  );
  const drawdown = useMemo(
    () => points.map(({ time_ns, drawdown: value }) => ({ time_ns, value })),
    [points],
  );
  if (points.length === 0) return <Empty title="The run has no account">It read no rows.</Empty>;
  return (
    <>
      <Curve points={equity} label="Equity over time" ink="--accent" />
      <Curve points={drawdown} label="Drawdown over time" ink="--sell" isArea digits={4} />
      <ChartCredit />
    </>
  );
}

function Trips({ id }: { readonly id: string }) {
  const asked = useAsk("/api/backtests/{run_id}/trades", {
    places: { run_id: id },
    query: { limit: 500 },
  });
  return (
    <Panel title="Round trips" name="trips">
      <Asked what="round trips" asked={asked}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title="No round trip">The strategy never closed a position.</Empty>
          ) : (
            <Grid
              caption="Round trips of the run"
              columns={COLUMNS}
              rows={data}
              name={({ symbol, exit_time_ns }, at) => `${symbol} ${exit_time_ns} ${at}`}
            />
          )
        }
      </Asked>
    </Panel>
  );
}
