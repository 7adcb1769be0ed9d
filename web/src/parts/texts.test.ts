import { expect, test } from "vitest";
import { countsText, figureText, floatText, spanText, timeText } from "./texts.ts";

test("what is not known is a dash", () => {
  expect([timeText(null), spanText(undefined), floatText(null)]).toEqual(["–", "–", "–"]);
});

test("the most frequent comes first", () => {
  expect(countsText({ late: 1, price_jump: 1200 })).toBe("price_jump 1,200, late 1");
});

test("times are to the second, spans in their unit", () => {
  expect(timeText(1723161253400000000)).toBe("2024-08-08 23:54:13");
  expect(spanText(4_000_000)).toBe("4.0 ms");
});

test("a figure in nanoseconds is a span", () => {
  expect(figureText("elapsed_ns", 3_452_400e9)).toEqual(["elapsed", "40.0 d"]);
  expect(figureText("hit_rate", 0.5)).toEqual(["hit rate", "0.5"]);
  expect(figureText("drawdown_ns", null)).toEqual(["drawdown", "–"]);
});
