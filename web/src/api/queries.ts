/** One cache for what REST answers. Live data never goes through it. */
import { QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "./problem.ts";

const TRIES = 3;

/** A wrong question stays wrong; a server that is away may come back. */
export function worthTrying(tries: number, error: Error): boolean {
  if (error instanceof ApiProblem && error.status < 500 && error.status !== 429) return false;
  return tries < TRIES;
}

export const queries = new QueryClient({
  defaultOptions: {
    queries: { retry: worthTrying, staleTime: 2_000, gcTime: 60_000, refetchOnWindowFocus: false },
  },
});
