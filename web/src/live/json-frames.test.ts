import { expect, test } from "vitest";
import { controlOf } from "./control.ts";
import { fromJson, mantissaOf } from "./json-frames.ts";

test("decimal text is read exactly", () => {
  expect(mantissaOf("-0.00012345")).toEqual({ mantissa: -12345n, scale: 8 });
  expect(mantissaOf("61837")).toEqual({ mantissa: 61837n, scale: 0 });
});

test("a trade that came as text has the scale of its own numbers", () => {
  const row = { time_ns: 1764000000123456800, price: "61837.63", quantity: "0.5", side: "buy" };
  expect(fromJson({ kind: "trades", channel: 1, rows: [row] })).toMatchObject([
    {
      scales: { price: 2, quantity: 1 },
      price: BigInt64Array.of(6183763n),
      side: Uint8Array.of(1),
    },
  ]);
});

test("a number beyond 64 bits is counted as skipped, never rounded", () => {
  const row = { time_ns: 1, price: "9223372036854775808", quantity: "1", side: "sell" };
  expect(fromJson({ kind: "trades", channel: 1, rows: [row] })).toEqual([
    { kind: "skipped", count: 1 },
  ]);
});

test("mark and index price get one scale", () => {
  const row = {
    time_ns: 1,
    rate: "0.0001",
    mark_price: "5.25",
    index_price: "5",
    next_funding_ns: 2,
  };
  expect(fromJson({ kind: "funding", channel: 1, rows: [row] })).toMatchObject([
    { scales: { price: 2, quantity: 4 }, rate: 1n, mark: 525n, index: 500n },
  ]);
});

test("messages of the server are checked before they are believed", () => {
  expect(controlOf('{"op":"subscribed","id":1,"channel":7,"schema":1}')).toEqual({
    op: "subscribed",
    id: 1,
    channel: 7,
  });
  expect(controlOf('{"op":"subscribed","id":"1"}')).toBeNull();
  expect(controlOf('{"op":"pong"}')).toBeNull();
  expect(controlOf('{"op":"status","status":"stale","reason":"bus"}')).toMatchObject({
    status: { phase: "stale" },
  });
});
