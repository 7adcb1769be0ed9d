import { useCallback, useRef } from "react";
import { type Stored, useRecent } from "../api/recent.ts";
import { Curve, type Point } from "../charts/curve.tsx";
import { dateText, decimalText, grouped, trimmed } from "../live/exact.ts";
import { NONE } from "../live/frames.ts";
import type { FundingBatch, LiveData } from "../live/messages.ts";
import { type Instrument, useFrames, useLive } from "../live/use-live.ts";
import { Asked } from "../parts/asked.tsx";
import { Panel } from "../parts/panel.tsx";
import { Empty } from "../parts/states.tsx";

const BACK_NS = 3600e9;
const BLOCK_NS = 600e9;
const FIELDS = ["Rate", "Mark", "Index", "Next"] as const;

interface Props {
  readonly stored: Stored;
  readonly hasFunding: boolean;
  readonly isLive: boolean;
}

/** The funding rate as the venue says it now, and what it was. */
export function Funding({ stored, hasFunding, isLive }: Props) {
  return (
    <Panel title="Funding" name="funding">
      {hasFunding ? (
        <FundingStrip stored={stored} isLive={isLive} />
      ) : (
        <Empty title="No funding here">Nothing of it is stored for this market.</Empty>
      )}
    </Panel>
  );
}

function FundingStrip({ stored, isLive }: Omit<Props, "hasFunding">) {
  const asked = useRecent("/api/funding", stored, {
    query: { limit: 2000 },
    back: BACK_NS,
    step: BLOCK_NS,
    every: 10_000,
  });
  return (
    <>
      <FundingNow instrument={stored} isLive={isLive} latest={asked.data?.data.at(-1)} />
      <Asked what="funding" asked={asked}>
        {({ data }) => (
          <Curve points={points(data)} label="Funding rate over time" ink="--accent" digits={6} />
        )}
      </Asked>
    </>
  );
}

function points(rows: readonly { timestamp_ns: number | null; rate: string | null }[]): Point[] {
  return rows.flatMap(({ timestamp_ns, rate }) =>
    timestamp_ns === null || rate === null ? [] : [{ time_ns: timestamp_ns, value: Number(rate) }],
  );
}

interface State {
  readonly rate: string | null;
  readonly mark_price: string | null;
  readonly index_price: string | null;
  readonly next_funding_ns: number | null;
}

interface NowProps {
  readonly instrument: Instrument;
  readonly isLive: boolean;
  readonly latest: State | undefined;
}

function FundingNow({ instrument, isLive, latest }: NowProps) {
  const live = useRef<FundingBatch | null>(null);
  const list = useRef<HTMLDListElement>(null);
  const sink = useCallback((data: LiveData) => {
    if (data.kind === "funding") live.current = data;
  }, []);
  useLive("funding", instrument, sink, isLive);
  useFrames(
    useCallback(() => {
      const texts = live.current === null ? storedTexts(latest) : liveTexts(live.current);
      list.current?.querySelectorAll("dd").forEach((cell, at) => {
        const text = texts[at] ?? "";
        if (cell.textContent !== text) cell.textContent = text;
      });
    }, [latest]),
  );
  return (
    <dl ref={list} className="facts">
      {FIELDS.map((name) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="number" />
        </div>
      ))}
    </dl>
  );
}

function liveTexts({ scales, rate, mark, index, next }: FundingBatch): string[] {
  const number = (value: bigint, scale: number): string =>
    value === NONE ? "–" : grouped(trimmed(decimalText(value, scale)));
  return [
    number(rate, scales.quantity),
    number(mark, scales.price),
    number(index, scales.price),
    next === NONE ? "–" : dateText(next),
  ];
}

function storedTexts(row: State | undefined): string[] {
  if (row === undefined) return [];
  const { rate, mark_price, index_price, next_funding_ns: next } = row;
  const numbers = [rate, mark_price, index_price].map((text) =>
    text === null ? "–" : grouped(text),
  );
  return [...numbers, next === null ? "–" : dateText(BigInt(next))];
}
