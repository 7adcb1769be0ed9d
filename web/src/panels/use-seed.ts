import { useEffect } from "react";
import { timeParameter } from "../api/asking.ts";
import { ask } from "../api/client.ts";
import type { EventRing } from "../live/ring.ts";
import { seed } from "../live/seed.ts";
import type { Instrument } from "../live/use-live.ts";

const BACK_NS = 60e9;
const MOST = 1000;

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
    const start = timeParameter(lastNs - BACK_NS);
    const query = { exchange, market, symbol, start, limit: MOST, newest: true };
    ask(path, { query, signal: abort.signal })
      .then(({ data }) => {
        if (ring.total > 0 || abort.signal.aborted) return;
        seed(ring, data);
      })
      // A seed is a comfort: what fails here is shown by the panels that need it.
      .catch(() => undefined);
    return () => abort.abort();
  }, [path, exchange, market, symbol, ring]);
}
