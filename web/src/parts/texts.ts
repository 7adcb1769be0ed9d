/** Numbers of answers as text. They are shown as they came, only shorter for the eye. */
import { dateText, durationText } from "../live/exact.ts";

export function timeText(ns: number | null | undefined): string {
  return ns === null || ns === undefined ? "–" : dateText(BigInt(ns));
}

export function spanText(ns: number | null | undefined): string {
  return ns === null || ns === undefined ? "–" : durationText(BigInt(Math.round(ns)));
}

const COUNT = new Intl.NumberFormat("en-US");

export function countText(value: number): string {
  return COUNT.format(value);
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

/** A figure of a run with its name: "elapsed_ns" is a span, as its name says. */
export function figureText(name: string, value: number | null): readonly [string, string] {
  const spoken = name.replaceAll("_", " ");
  if (!name.endsWith("_ns")) return [spoken, floatText(value)];
  return [spoken.slice(0, -" ns".length), spanText(value)];
}

/** "price_jump 3, late 1", the most frequent first. */
export function countsText(counts: Readonly<Record<string, number>>): string {
  const pairs = Object.entries(counts).sort(([, one], [, other]) => other - one);
  return pairs.map(([name, count]) => `${name} ${countText(count)}`).join(", ");
}
