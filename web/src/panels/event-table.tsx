import { type Ref, useImperativeHandle, useRef } from "react";
import type { EventRing, RingRow } from "../live/ring.ts";

export interface EventTableHandle {
  /** Write the newest rows of a ring, when there are new ones; `texts` gives a row's cells. */
  draw(ring: EventRing, texts: (row: RingRow) => readonly string[]): void;
}

interface Props {
  readonly ref: Ref<EventTableHandle>;
  readonly caption: string;
  readonly heads: readonly string[];
  readonly rows: number;
  readonly empty: string;
}

/** A table whose rows are made once; new texts are put into them without React. */
export function EventTable({ ref, caption, heads, rows, empty }: Props) {
  const body = useRef<HTMLTableSectionElement>(null);
  const hint = useRef<HTMLParagraphElement>(null);
  const drawn = useRef(-1);
  useImperativeHandle(ref, () => ({
    draw(ring, texts) {
      if (ring.total === drawn.current || body.current === null) return;
      drawn.current = ring.total;
      if (hint.current !== null) hint.current.hidden = ring.total > 0;
      for (const [age, line] of [...body.current.rows].entries()) fill(line, ring.row(age), texts);
    },
  }));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className="scroll fill" tabIndex={0} aria-label={caption}>
      <table>
        <thead>
          <tr>
            {heads.map((head, at) => (
              <th key={head} scope="col" className={at > 0 ? "number" : undefined}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {Array.from({ length: rows }, (_, row) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the rows are places, not things.
            <tr key={row} hidden>
              {heads.map((head, at) => (
                <td key={head} className={at > 0 ? "number" : "time"} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p ref={hint} className="state">
        {empty}
      </p>
    </section>
  );
}

function fill(
  line: HTMLTableRowElement,
  row: RingRow | null,
  texts: (row: RingRow) => readonly string[],
): void {
  line.hidden = row === null;
  if (row === null) return;
  line.className = row.side;
  const words = texts(row);
  for (const [at, cell] of [...line.cells].entries()) {
    const text = words[at] ?? "";
    if (cell.textContent !== text) cell.textContent = text;
  }
}
