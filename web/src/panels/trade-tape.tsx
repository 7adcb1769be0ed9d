import { useCallback, useRef } from "react";
import { grouped, trimmed } from "../live/exact.ts";
import { useFrames } from "../live/use-live.ts";
import { Panel } from "../parts/panel.tsx";
import { EventTable, type EventTableHandle } from "./event-table.tsx";
import type { TapeStore } from "./use-tape.ts";

/** The newest trades first, drawn once a frame. */
export function TradeTape({ store }: { readonly store: TapeStore }) {
  const table = useRef<EventTableHandle>(null);
  const note = useRef<HTMLSpanElement>(null);
  useFrames(
    useCallback(() => {
      const { tape, skipped } = store;
      table.current?.draw(tape, (row) => [
        row.time,
        row.side || "–",
        grouped(row.price),
        trimmed(row.quantity),
      ]);
      const text = skipped === 0 ? "" : `${skipped} left out: this page is slow`;
      if (note.current !== null && note.current.textContent !== text)
        note.current.textContent = text;
    }, [store]),
  );
  return (
    <Panel title="Trades" name="tape" note={<span ref={note} className="warn" />}>
      <EventTable
        ref={table}
        caption="Latest trades, newest first"
        heads={["Time (UTC)", "Side", "Price", "Quantity"]}
        rows={store.tape.shown}
        empty="Waiting for the first trade."
      />
    </Panel>
  );
}
