import { useAsk } from "../api/asking.ts";
import type { Schemas } from "../api/client.ts";
import { Asked } from "../parts/asked.tsx";
import { type Column, Grid } from "../parts/grid.tsx";
import { Panel } from "../parts/panel.tsx";
import { Empty } from "../parts/states.tsx";
import { countText, spanText } from "../parts/texts.ts";

export type Stage = Schemas["Stage"];

const WAYS: Readonly<Record<Stage["name"], string>> = {
  received: "venue → collector",
  sent: "collector → bus",
  read: "bus → server",
  served: "server → live socket",
};

const COLUMNS: readonly Column<Stage>[] = [
  { head: "Stage", cell: ({ name }) => name },
  { head: "Way", cell: ({ name }) => WAYS[name] },
  { head: "p50", cell: ({ lag }) => spanText(lag?.p50_ns), isNumber: true },
  { head: "p99", cell: ({ lag }) => spanText(lag?.p99_ns), isNumber: true },
  { head: "Max", cell: ({ lag }) => spanText(lag?.max_ns), isNumber: true },
  { head: "Samples", cell: ({ lag }) => countText(lag?.samples ?? 0), isNumber: true },
];

/** How long events take to each stage of their way, as the server measured it. */
export function Stages() {
  const asked = useAsk("/api/system", { every: 5_000 });
  return (
    <Panel title="Lag per stage" name="stages" note="all live streams, over the last minute">
      <Asked what="the lag of each stage" asked={asked}>
        {({ live }) =>
          live === null ? (
            <Empty title="This server has no live feed">
              Start it with `--transport`, and the way of live data is measured.
            </Empty>
          ) : (
            <Grid
              caption="Stages of the way"
              columns={COLUMNS}
              rows={live.stages}
              name={({ name }) => name}
            />
          )
        }
      </Asked>
    </Panel>
  );
}

/** The 99th percentile of one stage, as text. */
export function slowText(stages: readonly Stage[], name: Stage["name"]): string {
  return spanText(stages.find((stage) => stage.name === name)?.lag?.p99_ns);
}
