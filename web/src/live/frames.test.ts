import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { decimalText, trimmed } from "./exact.ts";
import { decode, type Frame, FrameError, NONE } from "./frames.ts";

interface Vector {
  readonly name: string;
  readonly hex: string;
  readonly header: Readonly<Record<string, string | number>>;
  readonly head: Readonly<Record<string, string | null>>;
  readonly columns: Readonly<Record<string, readonly (string | null)[]>>;
}

interface Vectors {
  readonly frames: readonly Vector[];
  readonly messages: readonly { name: string; hex: string; frames: readonly string[] }[];
  readonly errors: readonly { name: string; hex: string; error: string }[];
}

const path = new URL("../../../tests/vectors/live_frames.json", import.meta.url);
const vectors: Vectors = JSON.parse(readFileSync(path, "utf8"));

const SIDES = [null, "buy", "sell"];
const BOOK_SIDES = [null, "bid", "ask"];
const GRADES = [null, "perfect", "repaired", "suspicious"];

function bytesOf(hex: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(hex, "hex")).buffer;
}

/** Write a number as the vectors do: times and ids whole, the rest at its scale. */
function numberText(frame: Frame, name: string, value: bigint): string | null {
  if (value === NONE) return null;
  if (name.endsWith("_ns") || name.endsWith("_id")) return value.toString();
  const { priceScale, quantityScale } = frame.header;
  const scale = name.endsWith("price") ? priceScale : quantityScale;
  return trimmed(decimalText(value, scale));
}

function byteTexts(name: string, bytes: Uint8Array): (string | null)[] {
  const hex = Buffer.from(bytes).toString("hex");
  if (name === "event_id") return hex.match(/.{32}/g) ?? [];
  const words = name === "quality" ? GRADES : name === "book_side" ? BOOK_SIDES : SIDES;
  return [...bytes].map((byte) => words[byte] ?? null);
}

function described(frame: Frame) {
  const { kind, isLive, length, channel, sequence, rows, priceScale, quantityScale, asOf } =
    frame.header;
  const numbers = Object.entries(frame.numbers).map(([name, values]) => [
    name,
    [...values].map((value) => numberText(frame, name, value)),
  ]);
  const bytes = Object.entries(frame.bytes).map(([name, values]) => [
    name,
    byteTexts(name, values),
  ]);
  return {
    header: {
      kind,
      flags: isLive ? 0 : 1,
      length,
      channel,
      sequence,
      rows,
      price_scale: priceScale,
      quantity_scale: quantityScale,
      as_of_ns: asOf.toString(),
    },
    head: Object.fromEntries(
      Object.entries(frame.head).map(([name, value]) => [name, numberText(frame, name, value)]),
    ),
    columns: Object.fromEntries([...numbers, ...bytes]),
  };
}

test.each(vectors.frames)("frame $name", ({ hex, header, head, columns }) => {
  const [frame, ...others] = decode(bytesOf(hex));
  expect(others).toEqual([]);
  expect(frame && described(frame)).toEqual({ header, head, columns });
});

test.each(vectors.messages)("message $name holds its frames in order", ({ hex, frames }) => {
  const wanted = frames.map((name) => vectors.frames.find((frame) => frame.name === name));
  const found = decode(bytesOf(hex)).map(described);
  expect(found).toEqual(
    wanted.map(
      (frame) => frame && { header: frame.header, head: frame.head, columns: frame.columns },
    ),
  );
});

test.each(vectors.errors)("$name is refused: $error", ({ hex, error }) => {
  let fault: string | null = null;
  try {
    decode(bytesOf(hex));
  } catch (caught) {
    if (!(caught instanceof FrameError)) throw caught;
    fault = caught.fault;
  }
  expect(fault).toBe(error);
});

test("there are vectors of every sort", () => {
  const kinds = new Set(vectors.frames.map((frame) => frame.header.kind));
  expect(kinds).toEqual(
    new Set(["trades", "book_snapshot", "book_update", "bbo", "funding", "liquidation"]),
  );
  expect(vectors.errors.length).toBeGreaterThan(4);
});
