import type { Schemas } from "../api/client.ts";
import { type Column, Grid } from "../parts/grid.tsx";
import { Empty } from "../parts/states.tsx";
import { countText, momentText } from "../parts/texts.ts";

type Hole = Schemas["Hole"];

const COLUMNS: readonly Column<Hole>[] = [
  { head: "Kind", cell: ({ kind }) => kind },
  { head: "Proof", cell: ({ proof }) => proof },
  { head: "From (UTC)", cell: ({ start_ns }) => momentText(start_ns), isTime: true },
  { head: "To (UTC)", cell: ({ end_ns }) => momentText(end_ns), isTime: true },
  { head: "First id", cell: ({ first_id }) => first_id ?? "–", isNumber: true },
  { head: "Last id", cell: ({ last_id }) => last_id ?? "–", isNumber: true },
  { head: "Reason", cell: ({ reason }) => reason },
];

export function Holes({ stream }: { readonly stream: Schemas["StreamCoverage"] }) {
  const { holes, holes_total: total, symbol, type } = stream;
  if (total === 0) {
    return (
      <Empty title="Nothing is missing here">{`${symbol} ${type}: loss is ${stream.loss}.`}</Empty>
    );
  }
  return (
    <>
      <Grid
        caption={`Holes of ${symbol} ${type}`}
        columns={COLUMNS}
        rows={holes}
        name={(hole, at) => `${hole.kind} ${hole.start_ns} ${hole.first_id} ${at}`}
      />
      {holes.length < total ? (
        <p className="hint">{`The first ${countText(holes.length)} of ${countText(total)}.`}</p>
      ) : null}
    </>
  );
}
