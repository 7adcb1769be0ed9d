import type { Schemas } from "../api/client.ts";
import { numberText, timeText } from "../parts/texts.ts";

type Stream = Schemas["StreamCoverage"];
type Hole = Schemas["Hole"];

export interface Span {
  readonly start: number;
  readonly end: number;
}

interface Props {
  readonly streams: readonly Stream[];
  readonly chosen: string | null;
  readonly choose: (name: string) => void;
}

export function nameOf({ exchange, market, symbol, type, channel }: Stream): string {
  return [exchange, market, symbol, type, channel].join(" ");
}

/** A line for each stream: what was collected, and the holes in it. */
export function Timeline({ streams, chosen, choose }: Props) {
  const span = spanOf(streams);
  return (
    <div className="timeline">
      {streams.map((stream) => {
        const name = nameOf(stream);
        return (
          <button
            key={name}
            type="button"
            className="line"
            aria-pressed={name === chosen}
            onClick={() => choose(name)}
          >
            <span className="line-name">
              <strong>{stream.symbol}</strong> {stream.type}{" "}
              <span className="soft">{stream.channel}</span>
              <span className="soft">{` ${stream.exchange} ${stream.market}`}</span>
            </span>
            <Bar stream={stream} span={span} />
            <span className={stream.holes_total > 0 ? "line-count sell" : "line-count soft"}>
              {numberText(stream.holes_total, "hole")}, {numberText(stream.missing_ids, "id")}{" "}
              missing
            </span>
          </button>
        );
      })}
      <div className="line-axis soft number">
        <span>{timeText(span.start)}</span>
        <span>{timeText(span.end)}</span>
      </div>
    </div>
  );
}

function Bar({ stream, span }: { readonly stream: Stream; readonly span: Span }) {
  const { first_ns: first, last_ns: last, holes } = stream;
  return (
    <span className="line-bar" aria-hidden="true">
      {first === null || last === null ? null : (
        <span className="line-have" style={placeOf({ start: first, end: last }, span)} />
      )}
      {holes.map((hole) => (
        <span
          key={`${hole.kind} ${hole.start_ns} ${hole.first_id}`}
          className={`line-hole hole-${hole.proof}`}
          style={placeOf(
            { start: hole.start_ns ?? span.start, end: hole.end_ns ?? span.end },
            span,
          )}
        />
      ))}
    </span>
  );
}

/** From the first to the last that is known of any stream. */
export function spanOf(streams: readonly Stream[]): Span {
  const known = streams.flatMap(({ first_ns, last_ns, holes }) => [
    first_ns,
    last_ns,
    ...holes.flatMap(({ start_ns, end_ns }: Hole) => [start_ns, end_ns]),
  ]);
  const times = known.filter((time) => time !== null);
  return times.length === 0
    ? { start: 0, end: 1 }
    : { start: Math.min(...times), end: Math.max(...times) };
}

function placeOf({ start, end }: Span, whole: Span): { left: string; width: string } {
  const width = Math.max(1, whole.end - whole.start);
  const left = Math.min(1, Math.max(0, (start - whole.start) / width));
  const right = Math.min(1, Math.max(0, (end - whole.start) / width));
  return { left: `${100 * left}%`, width: `${100 * (right - left)}%` };
}
