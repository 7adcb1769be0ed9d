import { useCallback, useMemo, useRef } from "react";
import { grouped, trimmed } from "../live/exact.ts";
import type { LiveData } from "../live/messages.ts";
import { EventRing } from "../live/ring.ts";
import { type Instrument, useFrames, useLive } from "../live/use-live.ts";
import { Panel } from "../parts/panel.tsx";
import { Empty } from "../parts/states.tsx";
import { EventTable, type EventTableHandle } from "./event-table.tsx";
import { useSeed } from "./use-seed.ts";

const KEPT = 512;
const SHOWN = 30;

interface Props {
  readonly instrument: Instrument;
  readonly hasLiquidations: boolean;
  readonly lastNs: number | null;
}

/** Forced orders, the newest first. */
export function Liquidations({ instrument, hasLiquidations, lastNs }: Props) {
  return (
    <Panel title="Liquidations" name="liquidations">
      {hasLiquidations ? (
        <LiquidationStrip instrument={instrument} lastNs={lastNs} />
      ) : (
        <Empty title="No liquidations here">
          Perpetual contracts have them, once there was one. Choose one of these markets.
        </Empty>
      )}
    </Panel>
  );
}

function LiquidationStrip({ instrument, lastNs }: Omit<Props, "hasLiquidations">) {
  const ring = useMemo(() => new EventRing(KEPT), []);
  const table = useRef<EventTableHandle>(null);
  const sink = useCallback(
    (data: LiveData) => {
      if (data.kind === "liquidation") ring.push(data);
    },
    [ring],
  );
  useSeed("/api/liquidations", instrument, lastNs, ring);
  useLive("liquidation", instrument, sink);
  useFrames(
    useCallback(() => {
      table.current?.draw(ring, (row) => [
        row.time,
        row.side,
        grouped(row.price),
        trimmed(row.quantity),
      ]);
    }, [ring]),
  );
  return (
    <EventTable
      ref={table}
      caption="Latest liquidations, newest first"
      heads={["Time (UTC)", "Side", "Price", "Quantity"]}
      rows={SHOWN}
      empty="None in the last minute."
    />
  );
}
