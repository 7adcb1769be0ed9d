import type { UseQueryResult } from "@tanstack/react-query";
import type { Instrument } from "../live/use-live.ts";
import { timeParameter, useAsk } from "./asking.ts";
import type { Answer, Query } from "./client.ts";

export interface Stored extends Instrument {
  readonly first_ns: number | null;
  readonly last_ns: number | null;
}

type RecentPath = "/api/bars" | "/api/funding";

interface Settings<P extends RecentPath> {
  readonly query: Omit<Query<P>, "start" | "exchange" | "market" | "symbol">;
  /** How far back, and in which steps the beginning moves on; nanoseconds. */
  readonly back: number;
  readonly step: number;
  readonly every: number;
}

/**
 * Ask for what came lately. The newest that is stored may be a record of ours and not an event: a
 * tape of last year that is played today. Where nothing is recent, it is asked from the beginning.
 */
export function useRecent<P extends RecentPath>(
  path: P,
  { exchange, market, symbol, first_ns: first, last_ns: last }: Stored,
  { query, back, step, every }: Settings<P>,
): UseQueryResult<Answer<P>> {
  const from = (ns: number) =>
    ({ ...query, exchange, market, symbol, start: timeParameter(ns) }) as unknown as Query<P>;
  // It moves in steps, so that the question stays one question for a while.
  const recent = useAsk(path, { query: from(Math.floor((last ?? 0) / step) * step - back), every });
  const answer = recent.data as { readonly data: readonly unknown[] } | undefined;
  const isEmpty = answer?.data.length === 0 && first !== null;
  const whole = useAsk(path, { query: from(first ?? 0), every, enabled: isEmpty });
  return isEmpty ? whole : recent;
}
