import { useState } from "react";
import { useAsk } from "../api/asking.ts";
import type { Schemas } from "../api/client.ts";
import { Asked } from "../parts/asked.tsx";
import { type Column, Grid } from "../parts/grid.tsx";
import { Panel } from "../parts/panel.tsx";
import { Empty } from "../parts/states.tsx";
import { countText } from "../parts/texts.ts";

type Message = Schemas["Quarantined"];
const ON_A_PAGE = 50;

const COLUMNS: readonly Column<Message>[] = [
  {
    head: "Received (UTC)",
    cell: ({ time }) => (time ?? "–").slice(0, 23).replace("T", " "),
    isTime: true,
  },
  { head: "Venue", cell: ({ exchange, market }) => `${exchange} ${market}` },
  { head: "Symbol", cell: ({ symbol, raw_symbol }) => symbol ?? raw_symbol ?? "–" },
  { head: "Reason", cell: ({ reason }) => reason },
  { head: "Stage", cell: ({ stage }) => stage, isNumber: true },
  { head: "Field", cell: ({ field }) => field || "–" },
  { head: "Bytes", cell: ({ raw_length }) => countText(raw_length), isNumber: true },
  // A stranger wrote this: it is text, and stays text.
  { head: "Message", cell: ({ raw_text }) => <code className="raw">{raw_text}</code> },
];

/** Messages that could not become events, with their bytes and the reason. */
export function Quarantine() {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const cursor = cursors.at(-1);
  const asked = useAsk("/api/quarantine", {
    query: { limit: ON_A_PAGE, ...(cursor === undefined ? {} : { cursor }) },
    every: 10_000,
  });
  const next = asked.data?.next_cursor ?? null;
  return (
    <Panel
      title="Quarantine"
      name="quarantine"
      note={
        <>
          <button
            type="button"
            disabled={cursors.length === 0}
            onClick={() => setCursors(cursors.slice(0, -1))}
          >
            Earlier
          </button>{" "}
          <button
            type="button"
            disabled={next === null}
            onClick={() => next !== null && setCursors([...cursors, next])}
          >
            Later
          </button>
        </>
      }
    >
      <Asked what="quarantined messages" asked={asked}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title="No message was refused">Everything that came could be read.</Empty>
          ) : (
            <Grid
              caption="Quarantined messages"
              columns={COLUMNS}
              rows={data}
              name={({ received_ns, raw_base64 }, at) =>
                `${received_ns} ${at} ${raw_base64.slice(0, 16)}`
              }
            />
          )
        }
      </Asked>
    </Panel>
  );
}
