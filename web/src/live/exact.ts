/** Exact numbers to text. A price is a 64-bit mantissa at a scale, and never becomes a float here. */

/** 6178999n at scale 2 is "61789.99"; a negative scale adds zeros, as in 5n at -3: "5000". */
export function decimalText(mantissa: bigint, scale: number): string {
  const sign = mantissa < 0n ? "-" : "";
  const digits = (mantissa < 0n ? -mantissa : mantissa).toString();
  if (scale <= 0) return digits === "0" ? "0" : `${sign}${digits}${"0".repeat(-scale)}`;
  const padded = digits.padStart(scale + 1, "0");
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

const GROUP = /\B(?=(\d{3})+(?!\d))/g;

/** "61789.99" is "61,789.99" for the eye. The digits stay what they were. */
export function grouped(text: string): string {
  const [whole = "", fraction] = text.split(".", 2);
  const marked = whole.replace(GROUP, ",");
  return fraction === undefined ? marked : `${marked}.${fraction}`;
}

/** The same number without zeros that say nothing: "0.50000000" is "0.5". */
export function trimmed(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

const NUMBER = /^-?[\d,]+(?:\.(\d+))?$/;

/** How many digits a number has behind its point; 0 for what is none. */
export function fraction(text: string): number {
  return NUMBER.exec(text)?.[1]?.length ?? 0;
}

/** The same number with so many digits behind its point, at least: points of a column in line. */
export function padded(text: string, digits: number): string {
  const missing = digits - fraction(text);
  if (missing <= 0 || !NUMBER.test(text)) return text;
  return `${text}${text.includes(".") ? "" : "."}${"0".repeat(missing)}`;
}

const MILLI = 1_000_000n;

/** The time of day of nanoseconds since 1970, UTC: "13:45:09.123". */
export function clockText(ns: bigint): string {
  return new Date(Number(ns / MILLI)).toISOString().slice(11, 23);
}

/** Date and time of nanoseconds since 1970, UTC, to the second. */
export function dateText(ns: bigint): string {
  return new Date(Number(ns / MILLI)).toISOString().slice(0, 19).replace("T", " ");
}

/** Date and time of nanoseconds since 1970, UTC, to the millisecond. */
export function momentText(ns: bigint): string {
  return new Date(Number(ns / MILLI)).toISOString().slice(0, 23).replace("T", " ");
}

/** How long something took, in the unit that suits it. For people: rounded. */
export function durationText(ns: bigint): string {
  const s = Number(ns) / 1e9;
  const size = Math.abs(s);
  if (size >= 172_800) return `${(s / 86_400).toFixed(1)} d`;
  if (size >= 7_200) return `${(s / 3_600).toFixed(1)} h`;
  if (size >= 120) return `${(s / 60).toFixed(1)} min`;
  if (size >= 1) return `${s.toFixed(1)} s`;
  if (size >= 1e-3) return `${(s * 1e3).toFixed(1)} ms`;
  return `${(s * 1e6).toFixed(0)} µs`;
}
