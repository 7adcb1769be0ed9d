import { expect, test } from "vitest";
import {
  clockText,
  dateText,
  decimalText,
  durationText,
  fraction,
  grouped,
  padded,
  trimmed,
} from "./exact.ts";

test.each([
  [6178999n, 2, "61789.99"],
  [-5n, 3, "-0.005"],
  [0n, 8, "0.00000000"],
  [5n, -3, "5000"],
  [0n, -3, "0"],
  [42n, 0, "42"],
  [9223372036854775807n, 18, "9.223372036854775807"],
  [-9223372036854775808n, 0, "-9223372036854775808"],
])("mantissa %d at scale %d is %s", (mantissa, scale, text) => {
  expect(decimalText(mantissa, scale)).toBe(text);
});

test("digits that a float would lose are kept", () => {
  expect(decimalText(9007199254740993n, 1)).toBe("900719925474099.3");
});

test("groups mark the whole part alone", () => {
  expect(grouped("1234567.1234567")).toBe("1,234,567.1234567");
  expect(grouped("-1234")).toBe("-1,234");
  expect(grouped("123")).toBe("123");
});

test("zeros that say nothing go, others stay", () => {
  expect(trimmed("0.50000000")).toBe("0.5");
  expect(trimmed("100.000")).toBe("100");
  expect(trimmed("100")).toBe("100");
});

test("numbers of a column get their points in line, and other texts stay", () => {
  expect(["83,995", "83,995.1", "-0.5"].map(fraction)).toEqual([0, 1, 1]);
  expect(padded("83,995", 1)).toBe("83,995.0");
  expect(padded("0.37", 3)).toBe("0.370");
  expect(padded("0.371", 2)).toBe("0.371");
  expect(["", "–", "sell"].map((text) => padded(text, 2))).toEqual(["", "–", "sell"]);
});

test("times are UTC", () => {
  expect(clockText(1723161253400999999n)).toBe("23:54:13.400");
  expect(dateText(1723161253400999999n)).toBe("2024-08-08 23:54:13");
});

test("a duration has the unit that suits it", () => {
  expect(durationText(1_500_000n)).toBe("1.5 ms");
  expect(durationText(90_000_000_000n)).toBe("90.0 s");
  expect(durationText(7_200_000_000_000n)).toBe("2.0 h");
});
