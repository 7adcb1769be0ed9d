/** What a panel shows when it has nothing to draw: what is the matter, and what to do next. */
import type { ReactNode } from "react";

export function Loading({ what }: { readonly what: string }) {
  return (
    <div className="state" role="status">
      <span className="spinner" aria-hidden="true" /> Loading {what}
    </div>
  );
}

/** A text with what stands in backticks as code. */
function words(text: string): ReactNode {
  return text.split("`").map((part, at) => {
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts are places, not things.
    return at % 2 === 0 ? part : <code key={at}>{part}</code>;
  });
}

interface EmptyProps {
  readonly title: string;
  readonly children?: ReactNode;
}

export function Empty({ title, children }: EmptyProps) {
  return (
    <div className="state state-empty" role="status">
      <strong>{title}</strong>
      {children === undefined ? null : (
        <p>{typeof children === "string" ? words(children) : children}</p>
      )}
    </div>
  );
}

interface ProblemProps {
  readonly title: string;
  readonly detail?: string | undefined;
  readonly hint: string;
  readonly retry?: (() => void) | undefined;
}

export function Problem({ title, detail, hint, retry }: ProblemProps) {
  return (
    <div className="state state-problem" role="alert">
      <strong>{title}</strong>
      {detail === undefined ? null : <p className="detail">{detail}</p>}
      <p>{words(hint)}</p>
      {retry === undefined ? null : (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}
