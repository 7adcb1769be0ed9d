/** Rows that REST gives, as what the live socket would have brought. */
import { fromJson } from "./json-frames.ts";
import type { EventRing } from "./ring.ts";

interface Row {
  readonly price: string;
  readonly quantity: string;
  readonly side: string | null;
  readonly timestamp_ns: number | null;
}

/** Put stored rows into a ring; one with a number beyond 64 bits is left out, as of live ones. */
export function seed(ring: EventRing, rows: readonly Row[]): void {
  const told = rows.map((row) => ({ ...row, time_ns: row.timestamp_ns ?? 0 }));
  for (const item of fromJson({ kind: "trades", channel: 0, rows: told })) {
    if (item.kind === "trades") ring.push(item);
  }
}
