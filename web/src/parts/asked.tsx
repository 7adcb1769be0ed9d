import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiProblem } from "../api/problem.ts";
import { Loading, Problem } from "./states.tsx";

interface Props<T> {
  readonly what: string;
  readonly asked: UseQueryResult<T>;
  readonly children: (answer: T) => ReactNode;
}

/** An answer when there is one; else how it stands. Old data stay, with a line that says so. */
export function Asked<T>({ what, asked, children }: Props<T>) {
  const { data, error, failureReason } = asked;
  if (data === undefined) {
    // What went wrong is told at once, while it is tried again.
    const trouble = error ?? failureReason;
    return trouble === null ? (
      <Loading what={what} />
    ) : (
      <Problem {...said(trouble)} retry={() => void asked.refetch()} />
    );
  }
  return (
    <>
      {error === null ? null : (
        <div className="stale" role="status">
          {`Not up to date: ${said(error).title}. ${said(error).hint}`}
        </div>
      )}
      {children(data)}
    </>
  );
}

function said(error: Error): { title: string; detail?: string; hint: string } {
  if (error instanceof ApiProblem) {
    return { title: error.title, detail: error.message, hint: error.hint };
  }
  return {
    title: "The server does not answer",
    hint: "Is `tapeline serve` running? It is asked again until it answers.",
  };
}
