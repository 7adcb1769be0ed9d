import { expect, test } from "vitest";
import { countsText, figureText, floatText, numberText, spanText, timeText } from "./texts.ts";

test("what is not known is a dash", () => {
  expect([timeText(null), spanText(undefined), floatText(null)]).toEqual(["–", "–", "–"]);
});

test("the most frequent comes first", () => {
  expect(countsText({ late: 1, price_jump: 1200 })).toBe("price_jump 1,200, late 1");
});

test("one is not many", () => {
  expect([numberText(0, "hole"), numberText(1, "hole"), numberText(1200, "id")]).toEqual([
    "0 holes",
    "1 hole",
    "1,200 ids",
  ]);
});

test("times are to the second, spans in their unit", () => {
  expect(timeText(1723161253400000000)).toBe("2024-08-08 23:54:13");
  expect(spanText(4_000_000)).toBe("4.0 ms");
});

test("a figure in nanoseconds is a span", () => {
  expect(figureText("elapsed_ns", 3_452_400e9)).toEqual(["elapsed", "40.0 d"]);
  expect(figureText("sharpe", 0.5)).toEqual(["sharpe", "0.5"]);
  expect(figureText("drawdown_ns", null)).toEqual(["drawdown", "–"]);
});

test("a figure that is a part of a whole is in percent", () => {
  expect(figureText("hit_rate", 0.52631)).toEqual(["hit rate", "52.63%"]);
  expect(figureText("total_return", -0.0004812)).toEqual(["total return", "-0.05%"]);
});
