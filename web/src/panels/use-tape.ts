import { useCallback, useEffect, useMemo, useState } from "react";
import { timeParameter, useAsk } from "../api/asking.ts";
import type { Stored } from "../api/recent.ts";
import type { LiveData } from "../live/messages.ts";
import { liveStatus } from "../live/status.ts";
import { Tape } from "../live/tape.ts";
import { useLive } from "../live/use-live.ts";

const KEPT = 4096;
const EVERY_MS = 2_000;
/** The beginning of what is asked for moves in steps, so that it stays one question for a while. */
const STEP_NS = 10e9;
/** How far back to ask; the next one where a quiet market has too few rows. */
const BACK_NS = [60e9, 3600e9] as const;

interface Settings {
  readonly type: "trade" | "liquidation";
  /** Rows that are shown. */
  readonly shown: number;
  /** Whether the server has a live feed. */
  readonly isLive: boolean;
}

export interface TapeStore {
  readonly tape: Tape;
  /** How many events a slow page did not get. */
  skipped: number;
}

/** The newest events of an instrument: the latest stored ones first, then what comes live. */
export function useTape(stored: Stored, { type, shown, isLive }: Settings): TapeStore {
  const store = useMemo<TapeStore>(() => ({ tape: new Tape(shown, KEPT), skipped: 0 }), [shown]);
  const sink = useCallback(
    (data: LiveData) => {
      if (data.kind === "trades" || data.kind === "liquidation") store.tape.push(data);
      else if (data.kind === "skipped") store.skipped += data.count;
    },
    [store],
  );
  useStored(stored, type, store.tape);
  useLive(type, stored, sink, isLive);
  return store;
}

function useStored(
  { exchange, market, symbol, first_ns: first, last_ns: last }: Stored,
  type: Settings["type"],
  tape: Tape,
): void {
  const [isAsking, setAsking] = useState(true);
  const [steps, setSteps] = useState(0);
  const back = BACK_NS[steps];
  const start =
    back === undefined ? (first ?? 0) : Math.floor((last ?? 0) / STEP_NS) * STEP_NS - back;
  const asked = useAsk(type === "trade" ? "/api/trades" : "/api/liquidations", {
    query: {
      exchange,
      market,
      symbol,
      start: timeParameter(start),
      limit: 2 * tape.shown,
      newest: true,
    },
    every: EVERY_MS,
    enabled: isAsking && last !== null,
  });
  const { data, dataUpdatedAt, isPlaceholderData } = asked;
  // biome-ignore lint/correctness/useExhaustiveDependencies: an equal answer that is newer counts.
  useEffect(() => {
    if (data === undefined || isPlaceholderData) return;
    tape.offer(data.data);
    if (tape.isWhole) setAsking(false);
    else if (data.data.length < (steps === 0 ? tape.shown : 1))
      setSteps((now) => Math.min(now + 1, BACK_NS.length));
  }, [tape, data, dataUpdatedAt, isPlaceholderData]);
  useReconnected(
    useCallback(() => {
      tape.restart();
      setAsking(true);
    }, [tape]),
  );
}

/** Call a function when the live socket is back after it was lost. */
function useReconnected(back: () => void): void {
  useEffect(() => {
    let wasLost = false;
    return liveStatus.subscribe(() => {
      const { phase } = liveStatus.get();
      if (phase === "waiting") wasLost = true;
      if (phase !== "open" || !wasLost) return;
      wasLost = false;
      back();
    });
  }, [back]);
}
