import { useAsk } from "../api/asking.ts";
import type { Schemas } from "../api/client.ts";
import { slowText } from "../panels/stages.tsx";
import { Asked } from "../parts/asked.tsx";
import { type Column, Grid } from "../parts/grid.tsx";
import { Panel } from "../parts/panel.tsx";
import { Empty } from "../parts/states.tsx";
import { countText, rateText, spanText, timeText } from "../parts/texts.ts";

type Check = Schemas["Check"];
type Subscription = Schemas["Subscription"];

const EVERY_MS = 2_000;
const DOTS: Readonly<Record<string, string>> = {
  ok: "good",
  live: "good",
  degraded: "doubt",
  waiting: "doubt",
};

export default function System() {
  const asked = useAsk("/api/system", { every: EVERY_MS });
  return (
    <>
      <h1 className="visually-hidden">System</h1>
      <Health />
      <Panel title="Server" name="server">
        <Asked what="the server" asked={asked}>
          {(system) => <Facts facts={factsOf(system)} />}
        </Asked>
      </Panel>
      <Panel
        title="Subscriptions"
        name="subscriptions"
        note="rows a second and lag per stage, over the last minute"
      >
        <Asked what="subscriptions" asked={asked}>
          {({ live }) => <Subscriptions live={live} />}
        </Asked>
      </Panel>
    </>
  );
}

function State({ state }: { readonly state: string }) {
  return (
    <span className="live">
      <span className={`dot dot-${DOTS[state] ?? "bad"}`} aria-hidden="true" />
      {state}
    </span>
  );
}

const CHECKS: readonly Column<Check>[] = [
  { head: "Check", cell: ({ name }) => name },
  { head: "State", cell: ({ status }) => <State state={status} /> },
  { head: "Since (UTC)", cell: ({ since_ns }) => timeText(since_ns), isTime: true },
  { head: "Detail", cell: ({ detail }) => detail || "–" },
];

function Health() {
  const asked = useAsk("/api/health", { every: EVERY_MS });
  return (
    <Panel title="Health" name="health" note={asked.data && <State state={asked.data.status} />}>
      <Asked what="health" asked={asked}>
        {({ checks }) => (
          <Grid caption="Checks" columns={CHECKS} rows={checks} name={({ name }) => name} />
        )}
      </Asked>
    </Panel>
  );
}

function factsOf({ version, stores, started_ns, load, live }: Schemas["System"]) {
  return {
    Version: version,
    Stores: stores,
    "Started (UTC)": timeText(started_ns),
    "Queries running": countText(load.queries_running),
    "Queries waiting": countText(load.queries_waiting),
    "Queries at most": countText(load.queries_at_most),
    Answered: countText(load.answered),
    Refused: countText(load.refused),
    "Live clients": live === null ? "–" : countText(live.clients),
    "Live feed": live === null ? "not started" : live.is_connected ? "connected" : "away",
  };
}

function Facts({ facts }: { readonly facts: Readonly<Record<string, string>> }) {
  return (
    <dl className="facts">
      {Object.entries(facts).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="number" title={value}>
            {value}
          </dd>
        </div>
      ))}
    </dl>
  );
}

const SUBSCRIPTIONS: readonly Column<Subscription>[] = [
  { head: "Symbol", cell: ({ symbol }) => symbol },
  { head: "Type", cell: ({ type }) => type },
  { head: "Venue", cell: ({ exchange, market }) => `${exchange} ${market}` },
  { head: "State", cell: ({ state }) => <State state={state} /> },
  { head: "Rows", cell: ({ rows }) => countText(rows), isNumber: true },
  { head: "Newest (UTC)", cell: ({ last_sent_ns }) => timeText(last_sent_ns), isTime: true },
  { head: "Age", cell: ({ age_ns }) => spanText(age_ns), isNumber: true },
  { head: "Rows/s", cell: ({ rows_per_s }) => rateText(rows_per_s), isNumber: true },
  { head: "Received p99", cell: ({ stages }) => slowText(stages, "received"), isNumber: true },
  { head: "Sent p99", cell: ({ stages }) => slowText(stages, "sent"), isNumber: true },
  { head: "Read p99", cell: ({ stages }) => slowText(stages, "read"), isNumber: true },
];

function Subscriptions({ live }: { readonly live: Schemas["Live"] | null }) {
  if (live === null) {
    return (
      <Empty title="This server has no live feed">
        Start it with `--transport`, and live data come here.
      </Empty>
    );
  }
  if (live.subscriptions.length === 0) {
    return <Empty title="Nothing has come yet">Streams appear with their first event.</Empty>;
  }
  return (
    <Grid
      caption="Streams of the live feed"
      columns={SUBSCRIPTIONS}
      rows={live.subscriptions}
      name={({ exchange, market, symbol, type }) => `${exchange} ${market} ${symbol} ${type}`}
    />
  );
}
