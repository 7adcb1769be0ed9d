import { useCallback, useMemo, useRef } from "react";
import { grouped, trimmed } from "../live/exact.ts";
import type { LiveData } from "../live/messages.ts";
import { EventRing } from "../live/ring.ts";
import { type Instrument, useFrames, useLive } from "../live/use-live.ts";
import { Panel } from "../parts/panel.tsx";
import { EventTable, type EventTableHandle } from "./event-table.tsx";
import { useSeed } from "./use-seed.ts";

const KEPT = 4096;
const SHOWN = 60;

interface Props {
  readonly instrument: Instrument;
  /** Time of the newest stored trade, in nanoseconds. */
  readonly lastNs: number | null;
}

/** The newest trades first. They live in a ring of typed arrays, and are drawn once a frame. */
export function TradeTape({ instrument, lastNs }: Props) {
  const ring = useMemo(() => new EventRing(KEPT), []);
  const table = useRef<EventTableHandle>(null);
  const skipped = useRef(0);
  const note = useRef<HTMLSpanElement>(null);
  const sink = useCallback(
    (data: LiveData) => {
      if (data.kind === "trades") ring.push(data);
      else if (data.kind === "skipped") skipped.current += data.count;
    },
    [ring],
  );
  useSeed("/api/trades", instrument, lastNs, ring);
  useLive("trade", instrument, sink);
  useFrames(
    useCallback(() => {
      table.current?.draw(ring, (row) => [row.time, grouped(row.price), trimmed(row.quantity)]);
      const text = skipped.current === 0 ? "" : `${skipped.current} left out: this page is slow`;
      if (note.current !== null && note.current.textContent !== text)
        note.current.textContent = text;
    }, [ring]),
  );
  return (
    <Panel title="Trades" name="tape" note={<span ref={note} className="warn" />}>
      <EventTable
        ref={table}
        caption="Latest trades, newest first"
        heads={["Time (UTC)", "Price", "Quantity"]}
        rows={SHOWN}
        empty="Waiting for the first trade."
      />
    </Panel>
  );
}
