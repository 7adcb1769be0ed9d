import { type Ref, useImperativeHandle, useRef } from "react";
import { fraction, padded } from "../live/exact.ts";
import type { RingRow } from "../live/ring.ts";
import type { Tape } from "../live/tape.ts";

export interface EventTableHandle {
  /** Write the newest rows, when there are others than before; `texts` gives a row's cells. */
  draw(tape: Tape, texts: (row: RingRow) => readonly string[]): void;
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
  const digits = useRef<number[]>(heads.map(() => 0));
  useImperativeHandle(ref, () => ({
    draw(tape, texts) {
      if (tape.version === drawn.current || body.current === null) return;
      drawn.current = tape.version;
      if (hint.current !== null) hint.current.hidden = tape.row(0) !== null;
      const lines = [...body.current.rows];
      const shown = lines.map((_, age) => tape.row(age));
      const words = shown.map((row) => (row === null ? [] : texts(row)));
      // Never fewer than before: a column does not jump.
      digits.current = digits.current.map((most, at) =>
        Math.max(most, ...words.map((row) => fraction(row[at] ?? ""))),
      );
      for (const [age, line] of lines.entries()) {
        fill(line, shown[age]?.side ?? null, words[age] ?? [], digits.current);
        line.classList.toggle("apart", age === tape.apart);
      }
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
  side: string | null,
  words: readonly string[],
  digits: readonly number[],
): void {
  line.hidden = side === null;
  if (side === null) return;
  line.className = side;
  for (const [at, cell] of [...line.cells].entries()) {
    const text = padded(words[at] ?? "", digits[at] ?? 0);
    if (cell.textContent !== text) cell.textContent = text;
  }
}
