/** The questions that pages ask, and how often they ask again. */
import { keepPreviousData, type UseQueryResult, useQuery } from "@tanstack/react-query";
import type { Instrument } from "../live/use-live.ts";
import { type Answer, ask, type Path, type Places, type Query } from "./client.ts";

interface Settings<P extends Path> {
  readonly query?: Query<P>;
  readonly places?: Places<P>;
  /** Ask again after so many milliseconds; never when it is left out. */
  readonly every?: number;
  readonly enabled?: boolean;
}

export function useAsk<P extends Path>(
  path: P,
  settings: Settings<P> = {},
): UseQueryResult<Answer<P>> {
  const { query, places, every, enabled = true } = settings;
  return useQuery({
    queryKey: [path, places ?? null, query ?? null],
    queryFn: ({ signal }) =>
      ask(path, {
        signal,
        ...(query === undefined ? {} : { query }),
        ...(places === undefined ? {} : { places }),
      }),
    refetchInterval: every ?? false,
    placeholderData: keepPreviousData,
    enabled,
  });
}

export function named({ exchange, market, symbol }: Instrument): Instrument {
  return { exchange, market, symbol };
}

/** A time as a parameter, from nanoseconds since 1970: to the millisecond, which windows need. */
export function timeParameter(ns: number): string {
  return new Date(Math.max(0, Math.floor(ns / 1e6))).toISOString();
}
