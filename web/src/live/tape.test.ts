import { expect, test } from "vitest";
import { fromJson } from "./json-frames.ts";
import { type StoredRow, Tape } from "./tape.ts";

function stored(number: number, more: Partial<StoredRow> = {}): StoredRow {
  return {
    event_id: number.toString(16).padStart(32, "0"),
    price: String(number),
    quantity: "0.5",
    side: "sell",
    timestamp_ns: 1_723_161_253_400_000_000,
    ...more,
  };
}

/** The same events as the live socket brings them. */
function live(tape: Tape, ...numbers: number[]): void {
  const rows = numbers.map((number) => ({ ...stored(number), time_ns: 1_723_161_253_400_000_000 }));
  for (const item of fromJson({ kind: "trades", channel: 1, rows })) {
    if (item.kind === "trades") tape.push(item);
  }
}

function shown(tape: Tape): (string | undefined)[] {
  return Array.from({ length: tape.shown }, (_, age) => tape.row(age)?.price);
}

test("live events that were quicker than the store have the stored ones below them", () => {
  const tape = new Tape(5, 8);
  live(tape, 4, 5);
  expect([tape.isWhole, tape.apart]).toEqual([false, null]);
  tape.offer([1, 2, 3, 4].map((number) => stored(number)));
  expect(shown(tape)).toEqual(["5", "4", "3", "2", "1"]);
  expect([tape.isWhole, tape.apart]).toEqual([true, null]);
});

test("what is stored and then comes live is there once", () => {
  const tape = new Tape(4, 8);
  tape.offer([1, 2, 3].map((number) => stored(number)));
  expect(shown(tape)).toEqual(["3", "2", "1", undefined]);
  live(tape, 2, 3, 4);
  expect(shown(tape)).toEqual(["4", "3", "2", "1"]);
  expect(tape.isWhole).toBe(true);
});

test("a hole between the stored and the live ones is said until the store tells it", () => {
  const tape = new Tape(5, 8);
  tape.offer([stored(1)]);
  live(tape, 4);
  expect([shown(tape).slice(0, 2), tape.apart]).toEqual([["4", "1"], 1]);
  tape.offer([1, 2, 3, 4].map((number) => stored(number)));
  expect([shown(tape).slice(0, 4), tape.apart]).toEqual([["4", "3", "2", "1"], null]);
});

test("when the line was lost, what was missed is taken from the store", () => {
  const tape = new Tape(4, 8);
  live(tape, 1, 2, 3, 4);
  expect(tape.isWhole).toBe(true);
  tape.restart();
  live(tape, 7);
  expect([shown(tape), tape.apart]).toEqual([["7", "4", "3", "2"], 1]);
  tape.offer([1, 2, 3, 4, 5, 6, 7].map((number) => stored(number)));
  expect([shown(tape), tape.apart]).toEqual([["7", "6", "5", "4"], null]);
});

test("once enough came live nothing that is stored is looked at", () => {
  const tape = new Tape(2, 8);
  live(tape, 5, 6);
  tape.offer([stored(9)]);
  expect(shown(tape)).toEqual(["6", "5"]);
});

test("a stored number beyond 64 bits is left out, never shown as another", () => {
  const tape = new Tape(3, 8);
  tape.offer([
    stored(1, { price: "61837.63" }),
    stored(2, { quantity: "1234.123456789012345678" }),
    stored(3, { side: null }),
  ]);
  expect([tape.row(1), tape.row(0), tape.row(2)]).toEqual([
    { time: "23:54:13.400", price: "61837.63", quantity: "0.5", side: "sell" },
    { time: "23:54:13.400", price: "3", quantity: "0.5", side: "" },
    null,
  ]);
});
