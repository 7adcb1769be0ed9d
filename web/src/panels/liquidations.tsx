import { useCallback, useRef } from "react";
import type { Stored } from "../api/recent.ts";
import { grouped, trimmed } from "../live/exact.ts";
import { useFrames } from "../live/use-live.ts";
import { Panel } from "../parts/panel.tsx";
import { Empty } from "../parts/states.tsx";
import { EventTable, type EventTableHandle } from "./event-table.tsx";
import { useTape } from "./use-tape.ts";

const SHOWN = 30;

interface Props {
  readonly stored: Stored;
  readonly hasLiquidations: boolean;
  readonly isLive: boolean;
}

/** Forced orders, the newest first. */
export function Liquidations({ stored, hasLiquidations, isLive }: Props) {
  return (
    <Panel title="Liquidations" name="liquidations">
      {hasLiquidations ? (
        <LiquidationStrip stored={stored} isLive={isLive} />
      ) : (
        <Empty title="No liquidations here">
          There has been none that was stored. The first one appears by itself.
        </Empty>
      )}
    </Panel>
  );
}

function LiquidationStrip({ stored, isLive }: Omit<Props, "hasLiquidations">) {
  const { tape } = useTape(stored, { type: "liquidation", shown: SHOWN, isLive });
  const table = useRef<EventTableHandle>(null);
  useFrames(
    useCallback(() => {
      table.current?.draw(tape, (row) => [
        row.time,
        row.side,
        grouped(row.price),
        trimmed(row.quantity),
      ]);
    }, [tape]),
  );
  return (
    <EventTable
      ref={table}
      caption="Latest liquidations, newest first"
      heads={["Time (UTC)", "Side", "Price", "Quantity"]}
      rows={SHOWN}
      empty="Waiting for the next one."
    />
  );
}
