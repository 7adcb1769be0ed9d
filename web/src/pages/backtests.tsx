import { useState } from "react";
import { useAsk } from "../api/asking.ts";
import type { Schemas } from "../api/client.ts";
import { RunDetail } from "../panels/run-detail.tsx";
import { Asked } from "../parts/asked.tsx";
import { type Column, Grid } from "../parts/grid.tsx";
import { Panel } from "../parts/panel.tsx";
import { Empty } from "../parts/states.tsx";
import { countText, floatText, timeText } from "../parts/texts.ts";

type Run = Schemas["Run"];

export default function Backtests() {
  const asked = useAsk("/api/backtests", { query: { limit: 200 }, every: 10_000 });
  const [chosen, choose] = useState<string | null>(null);
  return (
    <>
      <h1 className="visually-hidden">Backtests</h1>
      <Panel title="Runs" name="runs">
        <Asked what="runs" asked={asked}>
          {({ data }) => (
            <Runs runs={data} chosen={chosen ?? data[0]?.run_id ?? null} choose={choose} />
          )}
        </Asked>
      </Panel>
      <Shown id={chosen ?? asked.data?.data[0]?.run_id ?? null} />
    </>
  );
}

function Shown({ id }: { readonly id: string | null }) {
  return id === null ? null : <RunDetail key={id} id={id} />;
}

interface RunsProps {
  readonly runs: readonly Run[];
  readonly chosen: string | null;
  readonly choose: (id: string) => void;
}

function Runs({ runs, chosen, choose }: RunsProps) {
  if (runs.length === 0) {
    return (
      <Empty title="No backtest has been stored">
        Try one: `tapeline backtest sma_crossover --data parquet:tapeline-data/parquet`.
      </Empty>
    );
  }
  const columns: readonly Column<Run>[] = [
    {
      head: "Run",
      cell: ({ run_id }) => (
        <button
          type="button"
          className="row-button"
          aria-pressed={run_id === chosen}
          onClick={() => choose(run_id)}
        >
          {run_id}
        </button>
      ),
    },
    { head: "Strategy", cell: ({ strategy_id }) => strategy_id },
    { head: "Symbols", cell: ({ symbols }) => symbols.join(", ") },
    { head: "From (UTC)", cell: ({ start_ns }) => timeText(start_ns), isTime: true },
    { head: "To (UTC)", cell: ({ end_ns }) => timeText(end_ns), isTime: true },
    { head: "Rows", cell: ({ rows }) => countText(rows), isNumber: true },
    { head: "PnL", cell: ({ metrics }) => floatText(metrics.pnl), isNumber: true },
    { head: "Sharpe", cell: ({ metrics }) => floatText(metrics.sharpe), isNumber: true },
    { head: "Written (UTC)", cell: ({ written_ns }) => timeText(written_ns), isTime: true },
  ];
  return (
    <Grid
      caption="Backtest runs, the latest first"
      columns={columns}
      rows={runs}
      name={({ run_id }) => run_id}
      isChosen={({ run_id }) => run_id === chosen}
    />
  );
}
