/**
 * A frame that came as text, because a number of it does not fit 64 bits at the scale of its frame.
 * It becomes what the binary frame would have been, one row after the other at the row's own scale.
 */
import { NONE } from "./frames.ts";
import type { FundingBatch, LiveData, Scales, TradeBatch } from "./messages.ts";

const SIDES: Readonly<Record<string, number>> = { buy: 1, sell: 2 };
const HIGHEST = 2n ** 63n - 1n;

export interface DataMessage {
  readonly kind: string;
  readonly channel: number;
  readonly rows?: readonly Readonly<Record<string, unknown>>[];
}

/** Read decimal text as a mantissa and how many digits are after the point. */
export function mantissaOf(text: string): { mantissa: bigint; scale: number } {
  const [whole = "0", fraction = ""] = text.split(".", 2);
  return { mantissa: BigInt(whole + fraction), scale: fraction.length };
}

/** @returns the rows that can be shown; a number beyond 64 bits by itself cannot, and is skipped. */
export function fromJson({ kind, rows = [] }: DataMessage): LiveData[] {
  if (kind === "funding") return rows.slice(-1).map(funding);
  if (kind !== "trades" && kind !== "liquidation") return [];
  return rows.map((row) => trade(kind, row) ?? { kind: "skipped", count: 1 });
}

function trade(
  kind: "trades" | "liquidation",
  row: Readonly<Record<string, unknown>>,
): LiveData | null {
  const price = mantissaOf(String(row.price));
  const quantity = mantissaOf(String(row.quantity));
  if (price.mantissa > HIGHEST || quantity.mantissa > HIGHEST) return null;
  const columns: Omit<TradeBatch, "kind"> = {
    scales: { price: price.scale, quantity: quantity.scale },
    time: BigInt64Array.of(time(row.time_ns)),
    price: BigInt64Array.of(price.mantissa),
    quantity: BigInt64Array.of(quantity.mantissa),
    side: Uint8Array.of(SIDES[String(row.side)] ?? 0),
    ids: idOf(String(row.event_id)),
  };
  return { kind, ...columns };
}

/** An event id of 32 hexadecimal digits. */
function idOf(text: string): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, at) =>
    Number.parseInt(text.slice(2 * at, 2 * at + 2), 16),
  );
}

function funding(row: Readonly<Record<string, unknown>>): FundingBatch {
  const given = ["mark_price", "index_price"].map((name) => row[name] ?? null);
  const digits = given.map((text) => (text === null ? 0 : mantissaOf(String(text)).scale));
  const rate = row.rate === null ? null : mantissaOf(String(row.rate));
  const scales: Scales = { price: Math.max(...digits), quantity: rate?.scale ?? 0 };
  const [mark = NONE, index = NONE] = given.map((text) => atScale(text, scales.price));
  return {
    kind: "funding",
    scales,
    time: time(row.time_ns),
    rate: rate?.mantissa ?? NONE,
    mark,
    index,
    next: time(row.next_funding_ns),
  };
}

/** Decimal text as a mantissa at a scale that has room for all its digits. */
export function atScale(text: unknown, scale: number): bigint {
  if (text === null) return NONE;
  const { mantissa, scale: own } = mantissaOf(String(text));
  return mantissa * 10n ** BigInt(scale - own);
}

/** JSON keeps 53 bits of a time: right to the microsecond, which is more than is shown. */
function time(value: unknown): bigint {
  return typeof value === "number" ? BigInt(value) : NONE;
}
