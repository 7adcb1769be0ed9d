import { useState } from "react";
import { useAsk } from "../api/asking.ts";
import type { Schemas } from "../api/client.ts";
import { Holes } from "../panels/holes.tsx";
import { Quarantine } from "../panels/quarantine.tsx";
import { Stages } from "../panels/stages.tsx";
import { nameOf, Timeline } from "../panels/timeline.tsx";
import { Asked } from "../parts/asked.tsx";
import { CoverageNote } from "../parts/coverage-note.tsx";
import { type Column, Grid } from "../parts/grid.tsx";
import { Panel } from "../parts/panel.tsx";
import { Empty } from "../parts/states.tsx";
import { countsText, countText, spanText } from "../parts/texts.ts";

type Stream = Schemas["StreamCoverage"];
type Counts = Schemas["Quality"];

export default function Quality() {
  return (
    <>
      <h1 className="visually-hidden">Data quality</h1>
      <Coverage />
      <Stages />
      <CountsPanel />
      <Quarantine />
    </>
  );
}

function Coverage() {
  const asked = useAsk("/api/coverage", { query: { holes: 200, limit: 500 }, every: 10_000 });
  const [chosen, choose] = useState<string | null>(null);
  return (
    <Panel
      title="Coverage"
      name="coverage"
      note={asked.data === undefined ? undefined : <CoverageNote coverage={asked.data.coverage} />}
    >
      <Asked what="coverage" asked={asked}>
        {({ data, coverage, next_cursor }) =>
          data.length === 0 ? (
            <Empty title="Nothing was recorded yet">
              Start `tapeline up`; streams appear by themselves.
            </Empty>
          ) : (
            <>
              <p className="hint">{coverage.summary}</p>
              {next_cursor === null ? null : (
                <p className="hint">The first {data.length} streams are shown.</p>
              )}
              <Timeline streams={data} chosen={chosen} choose={choose} />
              <Detail stream={shownOf(data, chosen)} />
            </>
          )
        }
      </Asked>
    </Panel>
  );
}

/** What was chosen; before that, the first that has holes. */
function shownOf(streams: readonly Stream[], chosen: string | null): Stream | undefined {
  const wanted = streams.find((stream) => nameOf(stream) === chosen);
  return wanted ?? streams.find(({ holes_total }) => holes_total > 0) ?? streams[0];
}

function Detail({ stream }: { readonly stream: Stream | undefined }) {
  if (stream === undefined) return null;
  return (
    <>
      <h3 className="subtitle">{nameOf(stream)}</h3>
      <Holes stream={stream} />
    </>
  );
}

const COLUMNS: readonly Column<Counts>[] = [
  { head: "Symbol", cell: ({ symbol }) => symbol },
  { head: "Type", cell: ({ type }) => type },
  { head: "Venue", cell: ({ exchange, market }) => `${exchange} ${market}` },
  { head: "Rows", cell: ({ rows }) => countText(rows), isNumber: true },
  { head: "Grades", cell: ({ grades }) => countsText(grades) || "–" },
  { head: "Issues", cell: ({ issues }) => countsText(issues) || "–" },
  { head: "Refused", cell: ({ quarantined }) => countsText(quarantined) || "–" },
  { head: "Lag p50", cell: ({ lag }) => spanText(lag?.p50_ns), isNumber: true },
  { head: "p99", cell: ({ lag }) => spanText(lag?.p99_ns), isNumber: true },
  { head: "Max", cell: ({ lag }) => spanText(lag?.max_ns), isNumber: true },
  { head: "Newest", cell: ({ age_ns }) => spanText(age_ns), isNumber: true },
];

function CountsPanel() {
  const asked = useAsk("/api/quality", { query: { last_s: 3_600 }, every: 15_000 });
  return (
    <Panel
      title="Quality"
      name="counts"
      note="stored rows of the last hour; lag: from the venue's time to ours; newest: how old the newest stored row is"
    >
      <Asked what="quality counts" asked={asked}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title="No rows yet">Counts appear when something is stored.</Empty>
          ) : (
            <Grid
              caption="Rows by grade and issue"
              columns={COLUMNS}
              rows={data}
              name={({ exchange, market, raw_symbol, type }) =>
                `${exchange} ${market} ${raw_symbol} ${type}`
              }
            />
          )
        }
      </Asked>
    </Panel>
  );
}
