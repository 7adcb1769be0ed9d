import { useEffect } from "react";
import { timeParameter } from "../api/asking.ts";
import { ask } from "../api/client.ts";
import { mantissaOf } from "../live/json-frames.ts";
import type { EventRing } from "../live/ring.ts";
import type { Instrument } from "../live/use-live.ts";

const BACK_NS = 60e9;
const MOST = 1000;
const SIDES: Readonly<Record<string, number>> = { buy: 1, sell: 2 };

/** Fill a ring with the latest stored events, unless live ones were quicker. */
export function useSeed(
  path: "/api/trades" | "/api/liquidations",
  { exchange, market, symbol }: Instrument,
  lastNs: number | null,
  ring: EventRing,
): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was last on opening is enough.
  useEffect(() => {
    if (lastNs === null) return;
    const abort = new AbortController();
    const query = { exchange, market, symbol, start: timeParameter(lastNs - BACK_NS), limit: MOST };
    ask(path, { query, signal: abort.signal })
      .then(({ data }) => {
        if (ring.total > 0 || abort.signal.aborted) return;
        for (const row of data) push(ring, row);
      })
      // A seed is a comfort: what fails here is shown by the panels that need it.
      .catch(() => undefined);
    return () => abort.abort();
  }, [path, exchange, market, symbol, ring]);
}

interface Row {
  readonly price: string;
  readonly quantity: string;
  readonly side: string | null;
  readonly timestamp_ns: number | null;
}

function push(ring: EventRing, row: Row): void {
  const price = mantissaOf(row.price);
  const quantity = mantissaOf(row.quantity);
  ring.push({
    scales: { price: price.scale, quantity: quantity.scale },
    time: BigInt64Array.of(BigInt(row.timestamp_ns ?? 0)),
    price: BigInt64Array.of(price.mantissa),
    quantity: BigInt64Array.of(quantity.mantissa),
    side: Uint8Array.of(SIDES[row.side ?? ""] ?? 0),
  });
}
