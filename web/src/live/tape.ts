/**
 * The newest events of a topic: those that came live, and below them stored ones, until enough have
 * come. The two are joined where an event is on both sides, so that none is shown twice.
 */
import { fromJson } from "./json-frames.ts";
import type { TradeBatch } from "./messages.ts";
import { EventRing, type RingRow } from "./ring.ts";

export interface StoredRow {
  readonly event_id: string;
  readonly price: string;
  readonly quantity: string;
  readonly side: string | null;
  readonly timestamp_ns: number | null;
}

interface Older {
  readonly id: string;
  readonly row: RingRow;
}

export class Tape {
  readonly shown: number;
  #ring: EventRing;
  /** The newest first. */
  #older: readonly Older[] = [];
  /** Of the first live events: one of them is in the store before long. */
  readonly #ids = new Set<string>();
  #isJoined = false;
  #version = 0;

  /** @param shown so many rows are looked at; @param kept so many live ones are kept. */
  constructor(shown: number, kept: number) {
    this.shown = shown;
    this.#ring = new EventRing(kept);
  }

  /** It is another number when there is something else to draw. */
  get version(): number {
    return this.#version;
  }

  /** Whether all rows that are looked at follow each other: nothing stored is needed any more. */
  get isWhole(): boolean {
    return this.#isJoined || this.#ring.size >= this.shown;
  }

  /** Which row has something between it and the newer one that nobody told yet; null when none. */
  get apart(): number | null {
    const isApart = !this.isWhole && this.#ring.size > 0 && this.#older.length > 0;
    return isApart ? this.#ring.size : null;
  }

  /** Take live events. */
  push(batch: Omit<TradeBatch, "kind">): void {
    if (!this.isWhole) this.#meet(batch.ids);
    this.#ring.push(batch);
    this.#version += 1;
  }

  /** Take the newest stored events, oldest first, in place of those that were offered before. */
  offer(rows: readonly StoredRow[]): void {
    if (this.isWhole) return;
    const told = rows.map((row) => ({ ...row, time_ns: row.timestamp_ns ?? 0 }));
    const batches = fromJson({ kind: "trades", channel: 0, rows: told }).flatMap((item) =>
      item.kind === "trades" ? [item] : [],
    );
    const first = batches.findIndex(({ ids }) => this.#ids.has(hexOf(ids, 0)));
    this.#isJoined = first >= 0;
    const before = this.#isJoined ? batches.slice(0, first) : batches;
    this.#older = before.slice(-this.shown).reverse().map(older);
    this.#version += 1;
  }

  /** Begin anew: something was missed. What is shown stays, until what is stored replaces it. */
  restart(): void {
    const rows = Array.from({ length: this.shown }, (_, age) => this.row(age));
    this.#older = rows.flatMap((row) => (row === null ? [] : [{ id: "", row }]));
    this.#ring = new EventRing(this.#ring.capacity);
    this.#ids.clear();
    this.#isJoined = false;
    this.#version += 1;
  }

  /** @param age 0 for the newest. */
  row(age: number): RingRow | null {
    if (age < this.#ring.size) return this.#ring.row(age);
    return this.#older[age - this.#ring.size]?.row ?? null;
  }

  #meet(ids: Uint8Array): void {
    for (let at = 0; at < ids.length / 16 && !this.#isJoined; at++) {
      const id = hexOf(ids, at);
      this.#ids.add(id);
      const place = this.#older.findIndex((each) => each.id === id);
      if (place < 0) continue;
      this.#older = this.#older.slice(place + 1);
      this.#isJoined = true;
    }
  }
}

function older(batch: TradeBatch): Older {
  const ring = new EventRing(1);
  ring.push(batch);
  const row = ring.row(0);
  if (row === null) throw new Error("a batch of one row has one row");
  return { id: hexOf(batch.ids, 0), row };
}

function hexOf(ids: Uint8Array, at: number): string {
  return Array.from(ids.subarray(16 * at, 16 * at + 16), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
