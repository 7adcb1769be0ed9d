/** Numbers of answers as text. They are shown as they came, only shorter for the eye. */
import { dateText, durationText, momentText as exactText } from "../live/exact.ts";

export function timeText(ns: number | null | undefined): string {
  return ns === null || ns === undefined ? "–" : dateText(BigInt(ns));
}

/** As `timeText`, to the millisecond. */
export function momentText(ns: number | null | undefined): string {
  return ns === null || ns === undefined ? "–" : exactText(BigInt(ns));
}

export function spanText(ns: number | null | undefined): string {
  return ns === null || ns === undefined ? "–" : durationText(BigInt(Math.round(ns)));
}

const COUNT = new Intl.NumberFormat("en-US");

export function countText(value: number): string {
  return COUNT.format(value);
}

/** "1 hole", "2 holes". */
export function numberText(value: number, what: string): string {
  return `${countText(value)} ${what}${value === 1 ? "" : "s"}`;
}

const RATE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });

/** So many a second. */
export function rateText(perSecond: number | null): string {
  return perSecond === null ? "–" : RATE.format(perSecond);
}

const FLOAT = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 7 });

/** A computed number, to seven digits; exact ones never come this way. */
export function floatText(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : FLOAT.format(value);
}

/** Figures of a run that are parts of a whole: shown as percent. */
const PARTS: ReadonlySet<string> = new Set([
  "cagr",
  "exposure",
  "hit_rate",
  "max_drawdown",
  "total_return",
  "volatility",
]);
const PERCENT = new Intl.NumberFormat("en-US", { style: "percent", maximumFractionDigits: 2 });

/** A figure of a run with its name: "elapsed_ns" is a span, as its name says. */
export function figureText(name: string, value: number | null): readonly [string, string] {
  const spoken = name.replaceAll("_", " ");
  if (name.endsWith("_ns")) return [spoken.slice(0, -" ns".length), spanText(value)];
  if (value !== null && PARTS.has(name)) return [spoken, PERCENT.format(value)];
  return [spoken, floatText(value)];
}

/** "price_jump 3, late 1", the most frequent first. */
export function countsText(counts: Readonly<Record<string, number>>): string {
  const pairs = Object.entries(counts).sort(([, one], [, other]) => other - one);
  return pairs.map(([name, count]) => `${name} ${countText(count)}`).join(", ");
}
