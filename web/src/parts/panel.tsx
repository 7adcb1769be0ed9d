import type { ReactNode } from "react";

interface Props {
  readonly title: string;
  readonly name: string;
  readonly note?: ReactNode;
  readonly tools?: ReactNode;
  readonly children: ReactNode;
}

/** A titled part of a page. `name` is its class and its anchor. */
export function Panel({ title, name, note, tools, children }: Props) {
  return (
    <section className={`panel panel-${name}`} aria-labelledby={`${name}-title`}>
      <div className="panel-head">
        <h2 id={`${name}-title`}>{title}</h2>
        {tools}
        {note === undefined ? null : <span className="note">{note}</span>}
      </div>
      <div className="panel-body">{children}</div>
    </section>
  );
}
